"""The keys of a manifest, and what is wrong with one: told by line, all at once."""

from collections.abc import Mapping
from typing import Any

from evsrep.errors import UsageFault

COLUMNS = (
    "production_disk",
    "dr_disk",
    "dr_zone",
    "volume_ids",
    "priority_station",
    "name",
    "description",
    "replication_model",
)
MOST_KEPT = 20
"""Faults that are told one by one; the rest is counted."""

_MOST_COUNTED = 1000


class Faults:
    """What is wrong with a file; the first of it is kept, the rest counted."""

    def __init__(self, noun: str) -> None:
        self.count = 0
        self.noun = noun
        self._kept: list[str] = []
        self._hint = ""  # of a fault that ends it all

    def add(self, line: int, fault: str) -> None:
        """Note a fault of a line; 0 is the file as a whole."""
        if self._hint:
            return
        self.count += 1
        if len(self._kept) < MOST_KEPT:
            self._kept.append(f"{self.noun} {line}: {fault}" if line else fault)

    def end(self, line: int, fault: str, hint: str) -> None:
        """Note why the file can't be read: what else is wrong with it is no use to anybody."""
        if self._hint:
            return
        self.count, self._hint = 1, hint
        self._kept = [f"line {line}: {fault}" if line else fault]

    @property
    def is_enough(self) -> bool:
        """Whether it is no use to read on."""
        return bool(self._hint) or self.count >= _MOST_COUNTED

    def raise_if_any(self) -> None:
        """Raise UsageFault for all of it, the first told by line."""
        if not self.count:
            return
        more = self.count - len(self._kept)
        rest = [f"and {more} more{' or so' if self.is_enough else ''}"] if more else []
        raise UsageFault.of(
            [*self._kept, *rest],
            f"{self.count} things are wrong in the file",
            hint=self._hint or f"nothing was sent; the keys are {', '.join(COLUMNS)}",
        )


def kind_of(value: Any) -> str:
    """Return what a value is, in words."""
    kinds: Mapping[type, str] = {bool: "true or false", int: "a number", float: "a number"}
    kinds = {**kinds, list: "a list", dict: "a table", str: "text"}
    return kinds.get(type(value), "a time")


def shortened(text: str) -> str:
    """Return a text that may be long, as an error repeats it."""
    return text if len(text) <= 60 else text[:60] + "…"
