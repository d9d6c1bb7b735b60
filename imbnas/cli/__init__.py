"""The command line ``imbnas-bench``; nothing heavy is imported before a command needs it."""

from imbnas.cli.main import main

__all__ = ["main"]
