"""The command line: one command per file; parsing, output and exit codes, and no decisions."""
