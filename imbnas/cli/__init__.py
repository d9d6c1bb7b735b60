"""The command line `imbnas-bench`; nothing heavy is imported before a command needs it."""
