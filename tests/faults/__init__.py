"""Commands, typed at a real server that misbehaves."""
