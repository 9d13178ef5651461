"""The command line: thin commands that parse arguments, call one function and print."""
