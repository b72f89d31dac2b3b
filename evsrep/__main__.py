"""`python -m evsrep` is the program `evsrep`."""

from evsrep.cli.start import run

if __name__ == "__main__":
    run()
