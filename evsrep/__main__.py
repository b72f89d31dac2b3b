"""`python -P -m evsrep` is the program `evsrep`; so it is without `-P`."""

import os
import sys

if __name__ == "__main__":
    # Without -P Python looks for modules in the current folder first, where any json.py may lie, or
    # a pathlib.py: nothing that is not there already is imported before that is over.
    room = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    if not sys.flags.safe_path and sys.path[0] != room:
        del sys.path[0]
    from evsrep.cli.start import run

    run()
