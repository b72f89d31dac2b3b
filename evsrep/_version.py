"""The version, alone: what is built and what is sent names it."""

__version__ = "0.1.0"
