"""What was probably meant by a word that nothing bears: told, never taken."""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

from evsrep.jobs.ids import spelled
from evsrep.settings.spelling import nearest

_MOST = 1000
_SHORTEST_START = 8


class Named(Protocol):
    """A pair, group, disk or server."""

    @property
    def id(self) -> str:
        """Its ID."""
        ...

    @property
    def name(self) -> str:
        """Its name; may be empty."""
        ...


def near_to(word: str, things: Iterable[Named]) -> str:
    """Return which of the first thousand things a word is near to, and how; empty for none."""
    some = list(islice(things, _MOST))
    if (found := _begun(word, some)) is not None:
        return f"it is the start of one ID: {found}"
    for name in dict.fromkeys(thing.name for thing in some if thing.name):
        if how := difference(word, name):
            return f"one is called '{spelled(name)}', {how}"
    near = nearest(word, [thing.name for thing in some if thing.name])
    return f"did you mean '{spelled(near)}'?" if near else ""


def difference(word: str, name: str) -> str:
    """Return how a word differs from a name that looks alike; empty where it looks otherwise."""
    if unicodedata.normalize("NFC", word) == unicodedata.normalize("NFC", name):
        kind = "composed" if unicodedata.is_normalized("NFC", name) else "decomposed"
        return f"written in its {kind} form: {ascii(name)[1:-1]}"
    if word.strip() == name.strip():
        return "with other blanks around it"
    return "in other letters, big or small" if folded(word) == folded(name) else ""


def folded(name: str) -> str:
    """Return what names have in common that look alike."""
    return unicodedata.normalize("NFC", name).casefold().strip()


def _begun(word: str, things: Sequence[Named]) -> str | None:
    """Return the only ID that begins so."""
    start = word.strip().casefold()
    if len(start) < _SHORTEST_START:
        return None
    begun = [thing.id for thing in things if thing.id.casefold().startswith(start)]
    return begun[0] if len(begun) == 1 else None
