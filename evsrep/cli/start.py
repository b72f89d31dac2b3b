"""The entry of the program: hears a request to stop while all the rest is still being imported."""

import sys

from evsrep.cli.signals import be_deaf, listen, was_interrupt

_INTERRUPTED = 130


def run() -> None:
    """Be the program, and end the process."""
    listen()
    try:
        from evsrep.cli.root import run as run_command

        run_command()
    except BaseException as error:
        if isinstance(error, SystemExit) or not was_interrupt(error):
            raise
        be_deaf()
        sys.stderr.write("error: interrupted\n")
        sys.exit(_INTERRUPTED)
