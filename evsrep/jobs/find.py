"""From the word that a user typed to the one thing it means."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from evsrep.cloud.models import Disk, Group, Pair
from evsrep.errors import NotFound, UsageFault

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

T = TypeVar("T", Disk, Group, Pair)

_ID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.IGNORECASE)
_MOST_CANDIDATES = 10


def is_id(word: str) -> bool:
    """Whether a word is an ID (a UUID) rather than a name."""
    return _ID.fullmatch(word) is not None


def is_same_id(one: str, other: str) -> bool:
    """Whether two IDs are the same, however they are written."""
    return one.casefold() == other.casefold()


def find_pair(cloud: "Cloud", word: str) -> Pair:
    """The pair of that ID or exact name."""
    _check_word("pair", word)
    if is_id(word):
        return cloud.pair(word)
    return _only("pair", word, cloud.pairs(name=word))


def find_group(cloud: "Cloud", word: str) -> Group:
    """The consistency group of that ID or exact name."""
    _check_word("group", word)
    if is_id(word):
        return cloud.group(word)
    return _only("group", word, cloud.groups(name=word))


def find_disk(cloud: "Cloud", word: str) -> Disk:
    """The disk of that ID or exact name."""
    if is_id(word):
        return cloud.disk(word)
    return _only("disk", word, cloud.disks(name=word))


def _check_word(noun: str, word: str) -> None:
    """Raise UsageFault where no word is given: what has no name is not meant by an empty one."""
    if not word.strip():
        raise UsageFault(f"the {noun} is empty", hint="give an ID or exact name")


def _only(noun: str, name: str, found: Iterable[T]) -> T:
    """The one with exactly that name: the cloud may match loosely, or not filter at all."""
    exact = [each for each in found if each.name == name]
    if not exact:
        raise NotFound(
            f"no {noun} is called '{name}'",
            hint="give the ID or exact name; 'evsrep auth check' tells the project searched",
        )
    if len(exact) > 1:
        ids = ", ".join(each.id for each in exact[:_MOST_CANDIDATES])
        more = f" and {len(exact) - _MOST_CANDIDATES} more" if len(exact) > _MOST_CANDIDATES else ""
        raise UsageFault(
            f"{len(exact)} {noun}s are called '{name}': {ids}{more}",
            hint="give the ID of the one you mean",
        )
    return exact[0]
