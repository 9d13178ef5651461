"""Sites that fail as real ones do, and folders as real disks do: no bad day harms good data."""
