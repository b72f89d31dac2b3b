"""Colours: which words have one. Each is told from white and from black alike."""

import re
from collections.abc import Callable

Paint = Callable[[str, str], str]
"""Takes a text and where it stands: the field or heading that it belongs to."""

GOOD, UNDER_WAY, BAD, LESS = "38;5;28", "38;5;31", "1;38;5;196", "38;5;130"
"""Numbers of the 256 colours: what a theme makes of the first 16 nobody knows."""

STRONG = "1"
_PLAIN = "\x1b[0m"
_BY_WORD = {
    GOOD: "available active protected created done ok true deleted exists expanded",
    UNDER_WAY: "creating copying deleting updating reversing failovering",
    LESS: "degraded paused stopped active-stopped inactive failovered conflict unknown not_run "
    "missing warning",
    BAD: "critical error error_deleting error_reversing error_failovering failed false link disk",
}
_STYLES = {word: style for style, words in _BY_WORD.items() for word in words.split()}
_STYLED = frozenset(
    (
        *("state", "status", "replication_status", "fault_level", "health"),
        *("result", "outcome", "ok", "check"),
    )
)


def styled(text: str, style: str) -> str:
    """Return the text in a style."""
    return f"\x1b[{style}m{text}{_PLAIN}" if text and style else text


def painted(text: str, place: str) -> str:
    """Return the text in the colour of its first word, where its place is one of states."""
    if place == "heading":
        return styled(text, STRONG)
    if place.lower() not in _STYLED:
        return text
    word = re.split(r"[ ,:]", text, maxsplit=1)[0]
    return styled(text, _STYLES.get(word, ""))


def unpainted(text: str, place: str) -> str:
    """Return the text as it is."""
    del place
    return text
