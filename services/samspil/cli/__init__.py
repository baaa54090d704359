"""The command line of Samspil."""

from samspil.cli.app import main

__all__ = ["main"]
