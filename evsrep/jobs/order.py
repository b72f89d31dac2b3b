"""What a user asks for, before anything is looked up, and what is wrong with it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from evsrep.jobs.find import is_same_id

MODELS = ("hypermetro",)
MOST_BYTES = 255  # of a name or description, counted as UTF-8


class Wish(NamedTuple):
    """A pair as the user words it. Disks are IDs or names; empty text is what was not given.

    Either `production_disk` and `dr_disk`, or `volume_ids`: the API's own words, order kept.
    """

    production_disk: str = ""
    dr_disk: str = ""
    volume_ids: tuple[str, ...] = ()
    priority_station: str | None = None
    replication_model: str = MODELS[0]
    name: str | None = None
    description: str | None = None

    @property
    def disks(self) -> tuple[str, str]:
        """The two disks in the order in which they are sent."""
        if self.volume_ids:
            return self.volume_ids[0], self.volume_ids[1]
        return self.production_disk, self.dr_disk

    @property
    def tells_roles(self) -> bool:
        """Whether the words themselves say which disk is production."""
        return not self.volume_ids


Spell = Callable[[str], str]
"""How the user writes one of the words of a wish."""


def as_flag(word: str) -> str:
    """A word of a wish as an option of `create`."""
    return "--volume-id" if word == "volume_ids" else "--" + word.replace("_", "-")


def faults_of(wish: Wish, spell: Spell = as_flag) -> list[str]:
    """Everything that is wrong with the wish, each a sentence without its full stop."""
    return [*_disk_faults(wish, spell), *_station_faults(wish, spell), *_text_faults(wish, spell)]


def _disk_faults(wish: Wish, spell: Spell) -> Iterator[str]:
    ids, production, dr = map(spell, ("volume_ids", "production_disk", "dr_disk"))
    if wish.volume_ids and (wish.production_disk or wish.dr_disk):
        yield f"{ids} does not go with {production} and {dr}: use one or the other"
        return
    if wish.volume_ids:
        if len(wish.volume_ids) != 2:
            yield f"{ids} is wanted twice, and given {_times(len(wish.volume_ids))}"
            return
        if not all(each.strip() for each in wish.volume_ids):
            yield f"{ids} is empty"
    else:
        if not wish.production_disk.strip():
            yield f"{production} is missing or empty"
        if not wish.dr_disk.strip():
            yield f"{dr} is missing or empty"
    first, second = wish.disks
    if first.strip() and is_same_id(first, second):
        yield f"the two disks must be different, and both are {first}"


def _station_faults(wish: Wish, spell: Spell) -> Iterator[str]:
    station = spell("priority_station")
    if wish.priority_station is not None and not wish.priority_station.strip():
        yield f"{station} is empty"
    elif wish.priority_station is None and not wish.tells_roles:
        yield f"{spell('volume_ids')} wants {station}: it tells which disk is production"


def _text_faults(wish: Wish, spell: Spell) -> Iterator[str]:
    if wish.replication_model not in MODELS:
        model = spell("replication_model")
        yield f"{model} '{wish.replication_model}' is not known: {', '.join(MODELS)}"
    yield from text_faults((spell("name"), wish.name), (spell("description"), wish.description))


def text_faults(*texts: tuple[str, str | None]) -> Iterator[str]:
    """What is wrong with texts that the service keeps, each after how the user writes its word."""
    for flag, text in texts:
        try:
            size = len((text or "").encode())
        except UnicodeEncodeError:
            yield f"{flag} is not UTF-8 text"
            continue
        if size > MOST_BYTES:
            yield f"{flag} has {size} bytes as UTF-8, and at most {MOST_BYTES} are allowed"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
