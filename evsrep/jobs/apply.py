"""Making the pairs of a file exist, many at once. The cloud is the journal.

What is there is seen by one listing, so that the same file applied again finishes what an
interrupted run began. Each pair that is not there is placed as `create` places it: never twice.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from evsrep.clock import Clock
from evsrep.cloud.models import Pair
from evsrep.cloud.wire import order_fields
from evsrep.errors import (
    AuthError,
    ConfigError,
    EvsrepError,
    Failed,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    Refused,
)
from evsrep.jobs.check import Seen, Survey, disks_are_free, put_together, raise_if_broken
from evsrep.jobs.create import check_is_as_asked, place
from evsrep.jobs.order import Wish
from evsrep.jobs.sheet import Entry, Sheet
from evsrep.jobs.stock import Stock
from evsrep.jobs.together import WorkerPool
from evsrep.jobs.wait import GOALS, Settled, Watch, raise_if_hopeless

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

CREATED, EXISTS, CONFLICT = "created", "exists", "conflict"
FAILED, UNKNOWN, NOT_RUN = "failed", "unknown", "not_run"
RESULTS = (CREATED, EXISTS, CONFLICT, FAILED, UNKNOWN, NOT_RUN)

_NEVER = 1_000_000
_MOST_WARNINGS = 20

T = TypeVar("T")
Tell = Callable[[str], None]


class Row(NamedTuple):
    """What has become of one pair of the file. `fields` are the pair's, as far as it is known."""

    line: int
    result: str
    fields: Mapping[str, Any]
    error: EvsrepError | None = None

    @property
    def is_as_asked(self) -> bool:
        """Whether the pair is there, and as it was asked for."""
        return self.result in (CREATED, EXISTS) and self.error is None


@dataclass(frozen=True, slots=True)
class Plan:
    """How to go about it. `wait_seconds` is None where nothing is waited for."""

    jobs: int
    checks: bool
    is_dry_run: bool
    wait_seconds: float | None


class Applying:
    """A file on its way into the cloud."""

    def __init__(
        self, cloud: "Cloud", sheet: Sheet, stock: Stock, plan: Plan, *, clock: Clock, tell: Tell
    ) -> None:
        self.interrupts = 0
        self.warnings: list[str] = []  # the first of what could not be looked up
        self._cloud = cloud
        self._stock = stock
        self._plan = plan
        self._clock = clock
        self._tell = tell
        self._entries = iter(sheet)
        self._pool: WorkerPool[Entry, Row] = WorkerPool(self._work, plan.jobs)
        self._watch: Watch | None = None
        if plan.wait_seconds is not None and not plan.is_dry_run:
            goal, seconds = GOALS["available"], plan.wait_seconds
            self._watch = Watch(cloud, goal, clock=clock, seconds=seconds)
        self._pending: dict[str, Row] = {}  # by their pairs' IDs: waited for
        self._enough = _NEVER  # interrupts to end what is being done just now

    def interrupt(self) -> None:
        """Hand out no new work; the second time, or where nothing is in flight, stop at once.

        To be called in the main thread, from a signal handler.
        """
        self.interrupts += 1
        self._pool.stop()
        if self.interrupts >= self._enough or self.interrupts > 2:
            raise KeyboardInterrupt

    def rows(self) -> Iterator[Row]:
        """Yield a row for each pair as soon as it is done, and at last those that were not."""
        with suppress(KeyboardInterrupt):
            yield from self._done()
        yield from self._left_over()

    def _done(self) -> Iterator[Row]:
        results = self._pool.results(self._entries)
        while (row := self._blocked(lambda: next(results, None), until=2)) is not None:
            if isinstance(row.error, _FOR_ALL):
                self._pool.stop()
            if self._watch is not None and row.is_as_asked:
                self._watch.add(row.fields["id"])
                self._pending[row.fields["id"]] = row
            else:
                yield row
            if self._watch is not None and not self.interrupts:
                yield from map(self._settled, self._blocked(self._watch.look, until=2))
        if self._watch is not None and not self.interrupts:
            rest = self._watch.rest()
            while (settled := self._blocked(lambda: next(rest, None), until=1)) is not None:
                yield self._settled(settled)

    def _blocked(self, step: Callable[[], T], *, until: int) -> T:
        """Take a step that may take long; it is ended by so many interrupts."""
        self._enough = until
        try:
            if self.interrupts >= until:
                raise KeyboardInterrupt
            return step()
        finally:
            self._enough = _NEVER

    def _left_over(self) -> Iterator[Row]:
        yield from self._pending.values()
        for entry, was_begun in self._pool.left():
            yield Row(entry.line, UNKNOWN if was_begun else NOT_RUN, _wished(entry.wish))
        yield from map(not_run, self._entries)

    def _settled(self, settled: Settled) -> Row:
        row = self._pending.pop(settled.pair_id)
        fields = settled.pair.fields if settled.pair else row.fields
        is_lost = isinstance(settled.error, Failed | NotFound)
        result = FAILED if is_lost else row.result
        return row._replace(fields=fields, result=result, error=settled.error)

    # In the workers' threads

    def _work(self, entry: Entry) -> Row:
        line, wish, checks = entry.line, entry.wish, self._plan.checks
        try:
            seen = [self._stock.seen(word, checks=checks) for word in wish.disks]
            found = put_together(self._cloud, wish, seen, checks=checks and not _is_there(seen))
        except EvsrepError as error:
            return Row(line, FAILED, _wished(wish), error)
        for warning in found.warnings:
            self._warn(f"line {line}: {warning}")
        if found.existing is not None:
            return _existing_row(line, found, found.existing)
        fields = order_fields(found.order)
        try:
            _raise_if_taken(found)
        except Refused as error:
            return Row(line, CONFLICT, fields, error)
        try:
            raise_if_broken(found, checks=checks)
            return Row(line, CREATED, fields) if self._plan.is_dry_run else self._place(line, found)
        except OutcomeUnknown as error:
            return Row(line, UNKNOWN, fields, error)
        except EvsrepError as error:
            return Row(line, FAILED, fields, error)

    def _warn(self, text: str) -> None:
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(text)
        elif len(self.warnings) == _MOST_WARNINGS:
            self.warnings.append("more could not be checked, for the like reasons")

    def _place(self, line: int, found: Survey) -> Row:
        placed = place(self._cloud, found.order, clock=self._clock, tell=self._tell)
        if placed.was_lost:
            self._tell(f"line {line}: the answer had been lost; found pair {placed.pair.id}")
            row = _existing_row(line, found, placed.pair)
            return row._replace(result=CREATED) if row.result == EXISTS else row
        return Row(line, CREATED, placed.pair.fields)


_FOR_ALL = (AuthError, ConfigError, NotOffered)
"""What befalls one befalls all; and refused signatures in a row lock the key."""


def _existing_row(line: int, found: Survey, pair: Pair) -> Row:
    try:
        check_is_as_asked(pair, found.order)
        _check_same_way(found, pair)
    except Refused as error:
        return Row(line, CONFLICT, pair.fields, error)
    try:
        raise_if_hopeless(pair, GOALS["available"])
    except EvsrepError as error:
        return Row(line, FAILED, pair.fields, error)
    return Row(line, EXISTS, pair.fields)


def _check_same_way(found: Survey, pair: Pair) -> None:
    """Raise Refused where the pair's production disk is the file's DR disk."""
    production = found.production
    if not found.tells_roles or production is None or not pair.priority_station:
        return
    if production.availability_zone not in ("", pair.priority_station):
        raise Refused(
            f"pair {pair.id} goes the other way: its primary zone is {pair.priority_station}, "
            f"and the production disk asked for is in {production.availability_zone}",
            hint="swap the two disks in the file, or delete the pair first",
        )


def _raise_if_taken(found: Survey) -> None:
    faults = tuple(disks_are_free(found))
    if faults:
        raise Refused(
            faults[0] if len(faults) == 1 else "both disks are in other pairs",
            hint="name a free disk, or delete that pair first",
            faults=faults if len(faults) > 1 else (),
        )


def _is_there(seen: list[Seen]) -> bool:
    """Whether a pair holds both: then nothing is created, and the servers need not be asked."""
    ids = {pair.id for pair in seen[0].pairs} & {pair.id for pair in seen[1].pairs}
    return bool(ids)


def not_run(entry: Entry) -> Row:
    """The row of a pair that nothing was sent for."""
    return Row(entry.line, NOT_RUN, _wished(entry.wish))


def _wished(wish: Wish) -> Mapping[str, Any]:
    """What is known of a pair that was not looked for: what was asked for."""
    fields = {
        "name": wish.name,
        "description": wish.description,
        "volume_ids": list(wish.disks),
        "priority_station": wish.priority_station,
        "replication_model": wish.replication_model,
    }
    return {key: value for key, value in fields.items() if value is not None}
