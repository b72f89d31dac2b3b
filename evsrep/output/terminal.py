"""What the terminal can show, as the environment says."""

from collections.abc import Mapping
from typing import NamedTuple

_OFF = ("", "0", "false")


class Terminal(NamedTuple):
    """What may be sent to a terminal, and to what is none where colour is forced."""

    allows_color: bool = True
    forces_color: bool = False
    can_redraw: bool = True
    has_unicode: bool = True

    @property
    def ellipsis(self) -> str:
        """What stands for what is left out."""
        return "…" if self.has_unicode else "..."


TERMINAL = Terminal()
"""One that can show everything."""


def terminal_of(environ: Mapping[str, str], *, no_color: bool) -> Terminal:
    """Return what the variables say: NO_COLOR beats FORCE_COLOR, and both beat TERM=dumb."""
    is_dumb = environ.get("TERM") == "dumb"
    forces = any(_is_on(environ, name) for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    is_unwanted = no_color or bool(environ.get("NO_COLOR"))
    return Terminal(
        allows_color=not is_unwanted and (forces or not is_dumb),
        forces_color=not is_unwanted and forces,
        can_redraw=not is_dumb,
        has_unicode=_has_unicode(environ),
    )


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() not in _OFF


def _has_unicode(environ: Mapping[str, str]) -> bool:
    """Return whether the locale has more than ASCII.

    Python itself sets LC_CTYPE to C.UTF-8 where the locale is C (PEP 538): that says nothing.
    """
    category = environ.get("LC_CTYPE", "")
    named = environ.get("LC_ALL") or ("" if category == "C.UTF-8" else category)
    locale = named or environ.get("LANG") or ""
    return "utf" in locale.lower()
