"""What writes the man pages, the completions, the README's tables and its pictures from the code.

A tool of whoever works on evsrep, so it stays out of the wheel. What it writes depends on the code
alone: not on the day, the terminal or the home it runs in.
"""
