"""Where the process's environment is read, for both faces."""

import os
from collections.abc import Mapping


def environment() -> Mapping[str, str]:
    """Return the variables of this process, to be handed on to whatever wants them."""
    return os.environ
