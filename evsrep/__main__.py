"""`python -m evsrep` is the program `evsrep`."""

from evsrep.cli.root import run

if __name__ == "__main__":
    run()
