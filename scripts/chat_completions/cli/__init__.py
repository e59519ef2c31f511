"""The command line: the only modules that print, read what the user names, and exit."""

from chat_completions.cli.app import main

__all__ = ["main"]
