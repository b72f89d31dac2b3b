"""A pair as a user words it, before anything is looked up, and what is wrong with the words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evsrep.jobs.ids import is_id, is_same_id

MODELS = ("hypermetro",)
MOST_BYTES = 255  # of a name or description, counted as UTF-8

Spell = Callable[[str], str]
"""How the user writes the name of a field: as a flag, or as it stands in a file."""


@dataclass(frozen=True, kw_only=True)
class PairRequest:
    """A pair that is asked for. Disks are IDs or exact names; None is what was not given.

    Either `production_disk` and `dr_disk`, or `volume_ids`: the API's own words, order kept. With
    `dr_zone` in place of `dr_disk` the DR disk is to be made there.
    """

    production_disk: str = ""
    dr_disk: str = ""
    dr_zone: str | None = None
    dr_disk_name: str | None = None
    volume_ids: tuple[str, ...] = ()
    priority_station: str | None = None
    replication_model: str | None = None
    name: str | None = None
    description: str | None = None

    @property
    def disks(self) -> tuple[str, str]:
        """The two disks in the order in which they are sent."""
        if self.volume_ids:
            return self.volume_ids[0], self.volume_ids[1]
        return self.production_disk, self.dr_disk

    @property
    def named_disks(self) -> tuple[str, ...]:
        """The disks that are named: of a DR disk that is to be made there is no name yet."""
        return tuple(filter(None, self.disks))

    @property
    def names_roles(self) -> bool:
        """Whether the words themselves say which disk is production."""
        return not self.volume_ids

    def faults(self, spell: Spell = str, *, may_share_name: bool = False) -> list[str]:
        """Return everything that is wrong with it, each a sentence without its full stop.

        `may_share_name` is for who tells two disks of one name apart by their zones.
        """
        disk_faults = _disk_faults(self, spell, may_share_name=may_share_name)
        return [*disk_faults, *_zone_faults(self, spell), *_text_faults(self, spell)]


def _disk_faults(request: PairRequest, spell: Spell, *, may_share_name: bool) -> Iterator[str]:
    ids, production, dr = map(spell, ("volume_ids", "production_disk", "dr_disk"))
    if request.volume_ids and (request.production_disk or request.dr_disk):
        yield f"{ids} does not go with {production} and {dr}: use one or the other"
        return
    yield from _making_faults(request, spell)
    if request.volume_ids:
        if len(request.volume_ids) != 2:
            yield f"{ids} is wanted twice, and given {_times(len(request.volume_ids))}"
            return
        if not all(disk_id.strip() for disk_id in request.volume_ids):
            yield f"{ids} is empty"
    else:
        if not request.production_disk.strip():
            yield f"{production} is missing or empty"
        if not request.dr_disk.strip() and request.dr_zone is None:
            yield f"{dr} is missing or empty"
    first, second = request.disks
    is_name = request.names_roles and not is_id(first)
    if first.strip() and is_same_id(first, second) and not (may_share_name and is_name):
        station = spell("priority_station")
        way = f"; where two disks are called so, {station} tells them apart" if is_name else ""
        yield f"the two disks must be different, and both are {first}{way}"


def _making_faults(request: PairRequest, spell: Spell) -> Iterator[str]:
    """Yield what is wrong with the words for a DR disk that is to be made."""
    zone, name = spell("dr_zone"), request.dr_disk_name
    if request.dr_zone is None:
        if name is not None:
            yield f"{spell('dr_disk_name')} is for a disk that is to be made: it wants {zone}"
        return
    if request.volume_ids:
        yield f"{zone} does not go with {spell('volume_ids')}"
    elif request.dr_disk:
        yield f"{zone} does not go with {spell('dr_disk')}: use one or the other"
    if not request.dr_zone.strip():
        yield f"{zone} is empty"
    elif request.dr_zone == request.priority_station:
        station = spell("priority_station")
        yield f"{zone} is to be another zone than {station}, and both are {request.dr_zone}"
    if name is not None and not name.strip():
        yield f"{spell('dr_disk_name')} is empty"
    if name is not None:
        yield from text_faults(spell, dr_disk_name=name)


def _zone_faults(request: PairRequest, spell: Spell) -> Iterator[str]:
    flag = spell("priority_station")
    if request.priority_station is not None and not request.priority_station.strip():
        yield f"{flag} is empty"
    elif request.priority_station is None and not request.names_roles:
        yield f"{spell('volume_ids')} wants {flag}: it tells which disk is production"


def _text_faults(request: PairRequest, spell: Spell) -> Iterator[str]:
    model = request.replication_model
    if model is not None and model not in MODELS:
        yield f"{spell('replication_model')} '{model}' is not known: {', '.join(MODELS)}"
    yield from text_faults(spell, name=request.name, description=request.description)


def text_faults(spell: Spell, **texts: str | None) -> Iterator[str]:
    """Yield what is wrong with texts that the service keeps, by the names of their fields."""
    for field, text in texts.items():
        try:
            size = len((text or "").encode())
        except UnicodeEncodeError:
            yield f"{spell(field)} is not UTF-8 text"
            continue
        if size > MOST_BYTES:
            yield f"{spell(field)} has {size} bytes as UTF-8, and at most {MOST_BYTES} are allowed"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
