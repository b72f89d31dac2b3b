"""httpx, without what evsrep does not need of it. Import it from here, and only from here.

httpx also imports its own command line, and with it rich and pygments: a third of its start-up. It
does so under `except ImportError`, and None in `sys.modules` is how Python spells an import that
fails. Should a later httpx import it elsewhere, nothing breaks; only the time is not saved.
"""

import sys

_COMMAND_LINE = "httpx._main"
_is_first = _COMMAND_LINE not in sys.modules
if _is_first:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
try:
    import httpx
finally:
    if _is_first:
        del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
