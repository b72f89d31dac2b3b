"""What must stay true of the house itself: layers, start-up, help, errors, generated files."""
