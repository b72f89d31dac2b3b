"""The rules for a pair, each held against what was seen of its two disks, and what mends it.

Source of the rules: the create section of the public API references.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from evsrep.cloud.models import Disk, Pair
from evsrep.errors import NotFound, Refused
from evsrep.jobs.disk_look import holds
from evsrep.jobs.preflight import Preflight, holds_exactly


class Check(NamedTuple):
    """One rule: what each disk has, whether it holds (None: not known), and what mends it.

    `faults` are the sentences for what breaks it.
    """

    rule: str
    production: str | None
    dr: str | None
    ok: bool | None
    hint: str = ""
    faults: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """The check as JSON has it."""
        return {
            "rule": self.rule,
            "production": self.production,
            "dr": self.dr,
            "ok": self.ok,
            "hint": self.hint or None,
        }


def checks_of(preflight: Preflight) -> list[Check]:
    """Return a check for each rule, in the order in which what is broken is to be mended."""
    return [rule(preflight) for rule in _RULES]


def raise_if_broken(preflight: Preflight, *, check: bool = True) -> None:
    """Raise for all that is wrong at once: NotFound where a disk is not there, else Refused.

    Without `check` the rules are left to the cloud. Raises NotOffered where there is none to ask.
    """
    broken = [found for found in (checks_of(preflight) if check else ()) if found.ok is False]
    rules = tuple(fault for found in broken if found.rule != "disk" for fault in found.faults)
    faults = (*preflight.missing, *rules)
    if preflight.not_offered is not None:
        preflight.not_offered.faults = faults
        raise preflight.not_offered
    if faults:
        kind = NotFound if preflight.missing else Refused
        hints = dict.fromkeys(found.hint for found in broken)
        hint = "; ".join(hints) or _LOOK_FOR_DISKS
        error = kind.of(faults, "{n} things stand against this pair", hint=hint)
        error.checks = [found.fields for found in checks_of(preflight)] if check else []
        raise error


def disks_are_free(preflight: Preflight) -> Check:
    """Return the check of whether either disk is in a pair."""
    faults = tuple(_pair_faults(preflight))
    ok = False if faults else True if preflight.knows_pairs else None
    return _check(preflight, "pair", _pairs_by_disk(preflight), ok, _pair_hint(preflight), faults)


_LOOK_FOR_DISKS = "check the IDs, and the project with 'evsrep auth check'"


def _are_there(preflight: Preflight) -> Check:
    labels = {
        disk_id: (disk.name or disk.id) if disk else disk_id
        for disk_id, disk in zip(preflight.ids, preflight.disks, strict=True)
    }
    ok = False if preflight.missing else None if None in preflight.disks else True
    return _check(preflight, "disk", labels, ok, _LOOK_FOR_DISKS, preflight.missing)


def _zones_differ(preflight: Preflight) -> Check:
    zones = _values(preflight, lambda disk: disk.availability_zone)
    same = _same(zones)
    zone = next(iter(zones.values())) if same else ""
    fault = f"both disks are in {zone}; a pair spans two availability zones"
    hint = f"take a DR disk in another zone than {zone}"
    ok = None if same is None else not same
    return _check(preflight, "zone", zones, ok, hint, (fault,))


def _types_match(preflight: Preflight) -> Check:
    types = _values(preflight, lambda disk: disk.type)
    same = _same({key: (value or "").casefold() or None for key, value in types.items()})
    fault = f"the disks' types differ: {_listed(preflight, 'is', types)}"
    wanted = types.get(_production_id(preflight)) or "the same type"
    return _check(preflight, "type", types, same, f"take a DR disk of type {wanted}", (fault,))


def _sizes_match(preflight: Preflight) -> Check:
    sizes = _values(preflight, lambda disk: None if disk.size_gb is None else f"{disk.size_gb} GB")
    fault = f"the disks' sizes differ: {_listed(preflight, 'has', sizes)}"
    return _check(preflight, "size", sizes, _same(sizes), _size_hint(preflight), (fault,))


def _size_hint(preflight: Preflight) -> str:
    known = [disk for disk in preflight.disks if disk is not None and disk.size_gb is not None]
    if len(known) != 2:
        return ""
    small, large = sorted(known, key=lambda disk: disk.size_gb or 0)
    production = preflight.production or large
    grow = f"grow {small.name or small.id} to {large.size_gb} GB"
    return f"{grow}, or take a DR disk of {production.size_gb} GB"


def _primary_is_productions(preflight: Preflight) -> Check:
    zone, production = preflight.zone, preflight.production
    if preflight.request.names_roles:
        own = production.availability_zone if production else ""
        ok = own == zone if own else None
        fault = f"the primary zone is to be the production disk's own, {own}, and {zone} was given"
        hint = f"give {own} as the primary zone, or none"
        values = {preflight.ids[0]: own or None}
        return _check(preflight, "primary zone", values, ok, hint, (fault,))
    is_known = None not in preflight.disks
    ok = True if production else False if is_known else None
    zones = [disk.availability_zone for disk in preflight.disks if disk]
    fault = f"neither disk is in the primary zone {zone}: they are in {' and '.join(zones)}"
    hint = f"give the production disk's zone: {' or '.join(dict.fromkeys(zones))}"
    values = {production.id: zone} if production else {}
    return _check(preflight, "primary zone", values, ok, hint, (fault,))


def _servers_are_stopped(preflight: Preflight) -> Check:
    dr = preflight.dr
    running = [server for server in preflight.servers if not server.is_stopped]
    faults = tuple(
        f"the DR disk is attached to server {server.label}, which is not stopped"
        for server in running
    )
    states = [
        f"{server.name or server.id}, {'stopped' if server.is_stopped else 'not stopped'}"
        for server in preflight.servers
    ]
    is_known = dr is not None and len(preflight.servers) == len(dr.servers)
    ok = False if running else True if is_known else None
    names = " and ".join(server.name or server.id for server in running)
    values = {dr.id: " and ".join(states) or None} if dr else {}
    return _check(preflight, "server", values, ok, f"stop server {names}", faults)


def _pair_faults(preflight: Preflight) -> Iterator[str]:
    """Yield a sentence for each pair that holds one of the disks."""
    for pair in preflight.pairs:
        if holds_exactly(pair, preflight.ids):
            yield f"the two disks are a pair already: {pair.id} ({pair.status})"
            continue
        for disk_id in preflight.ids:
            if holds(pair, disk_id):
                yield f"disk {disk_id} is in another pair: {pair.id} ({pair.status})"


def _pairs_by_disk(preflight: Preflight) -> dict[str, str | None]:
    return {
        disk_id: " and ".join(
            f"{_named(pair)}, {pair.status}" for pair in preflight.pairs if holds(pair, disk_id)
        )
        or None
        for disk_id in preflight.ids
    }


def _named(pair: Pair) -> str:
    return pair.name or pair.id


def _pair_hint(preflight: Preflight) -> str:
    failed = [pair.id for pair in preflight.pairs if pair.status == "error"]
    if failed and len(failed) == len(preflight.pairs):
        ids = " ".join(failed)
        return f"a pair that failed keeps its disks until it is deleted: 'evsrep delete {ids}'"
    if preflight.existing is not None:
        return "with --if-not-exists that pair is success, if it is what was asked for"
    return "take a disk that is in no pair"


_RULES: tuple[Callable[[Preflight], Check], ...] = (
    _are_there,
    _zones_differ,
    _types_match,
    _sizes_match,
    _primary_is_productions,
    disks_are_free,
    _servers_are_stopped,
)


def _check(
    preflight: Preflight,
    rule: str,
    values: Mapping[str, str | None],
    ok: bool | None,
    hint: str,
    faults: tuple[str, ...],
) -> Check:
    """Return a check, its values by the disks' IDs put where they belong."""
    production, dr = (
        values.get(disk_id) for disk_id in (_production_id(preflight), _dr_id(preflight))
    )
    is_broken = ok is False
    return Check(rule, production, dr, ok, hint if is_broken else "", faults if is_broken else ())


def _production_id(preflight: Preflight) -> str:
    """Return the ID of the production disk; where that is not known, of the first."""
    production, dr = preflight.production, preflight.dr
    if production is not None:
        return production.id
    return next((each for each in preflight.ids if dr is None or each != dr.id), "")


def _dr_id(preflight: Preflight) -> str:
    production_id = _production_id(preflight)
    return next((each for each in preflight.ids if each != production_id), "")


def _values(preflight: Preflight, value: Callable[[Disk], str | None]) -> dict[str, str | None]:
    """Return what each disk has, by its ID; None where that was not seen."""
    return {
        disk_id: (value(disk) or None) if disk else None
        for disk_id, disk in zip(preflight.ids, preflight.disks, strict=True)
    }


def _same(values: Mapping[str, str | None]) -> bool | None:
    """Whether both are alike; None where one is not known."""
    return None if None in values.values() else len(set(values.values())) == 1


def _listed(preflight: Preflight, verb: str, values: Mapping[str, str | None]) -> str:
    return ", ".join(
        f"{disk.label} {verb} {values[disk_id]}"
        for disk_id, disk in zip(preflight.ids, preflight.disks, strict=True)
        if disk
    )
