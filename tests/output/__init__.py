"""What a terminal, a pipe and a program get to see."""
