"""What the user has decided, and where it is kept."""
