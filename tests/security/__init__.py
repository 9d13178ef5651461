"""What strangers' pages, archives, folders and visitors cannot do: docs/security.md names the test of each promise."""
