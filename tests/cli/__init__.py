"""Commands, typed; the screen, read."""
