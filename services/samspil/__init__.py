"""Samspil: public needs meet the suppliers who can answer them, and the other bodies that share them."""

__version__ = "0.1.0"
