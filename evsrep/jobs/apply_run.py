"""A manifest on its way into the cloud: workers, waiting, and what an interrupt leaves over."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Pair
from evsrep.cloud.wire import order_fields
from evsrep.errors import (
    COMMON_FAILURES,
    EvsrepError,
    Failed,
    InternalError,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from evsrep.jobs.apply_rows import (
    CONFLICT,
    CREATED,
    EXISTS,
    FAILED,
    NOT_RUN,
    UNKNOWN,
    RowResult,
    not_run,
    requested,
)
from evsrep.jobs.checks import disks_are_free, raise_if_broken
from evsrep.jobs.create import check_is_as_asked, creation, difference_of, is_as_sent, order_of
from evsrep.jobs.disk_look import DiskFindings
from evsrep.jobs.inventory import Inventory
from evsrep.jobs.manifest import Manifest, Row
from evsrep.jobs.once import LAG_SECONDS, run_once
from evsrep.jobs.pool import WorkerPool
from evsrep.jobs.preflight import Preflight, preflight_of
from evsrep.jobs.report import Reporter, say_stopping
from evsrep.jobs.wait import PAIR_GOALS, raise_if_hopeless
from evsrep.jobs.watch import Settled, Watch

if TYPE_CHECKING:
    from evsrep.jobs.apply import ApplyOptions

T = TypeVar("T")

_NEVER = 1_000_000
_MOST_WARNINGS = 20
_AVAILABLE = PAIR_GOALS["available"]


class ApplyRun:
    """A manifest on its way into the cloud."""

    def __init__(
        self,
        cloud: Cloud,
        manifest: Manifest,
        inventory: Inventory,
        options: "ApplyOptions",
        reporter: Reporter,
    ) -> None:
        self.warnings: list[str] = []  # the first of what could not be looked up, or differs
        self._interrupts = 0
        self._cloud = cloud
        self._asked_lately = cloud.asked_lately(LAG_SECONDS)  # by runs before this one
        self._inventory = inventory
        self._options = options
        self._reporter = reporter
        self._rows = iter(manifest)
        self._pool: WorkerPool[Row, RowResult] = WorkerPool(
            self._work, options.jobs, stopping=self._say_stopping
        )
        self._watch: Watch | None = None
        if options.wait and not options.dry_run:
            self._watch = Watch(cloud, _AVAILABLE, seconds=options.wait_timeout)
        self._pending: dict[str, RowResult] = {}  # by their pairs' IDs: waited for
        self._enough = _NEVER  # interrupts to end the look that is being made

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody asked to stop."""
        return self._interrupts > 0

    def interrupt(self) -> None:
        """Hand out no new work; the second time, or where nothing is in flight, stop at once.

        To be called in the main thread, from a signal handler: it breaks off looks alone, by which
        no row is lost, and has the pool end by itself.
        """
        self._interrupts += 1
        if self._interrupts > 1:
            self._pool.break_off()
        else:
            self._pool.stop()
        if self._interrupts >= self._enough:
            raise KeyboardInterrupt

    def _say_stopping(self) -> None:
        if self._interrupts:
            say_stopping(self._reporter)

    def stop(self) -> None:
        """Hand out no new work, and wait for nothing but what is in flight."""
        self._pool.stop()
        self._watch = None

    def rows(self, tell: Callable[[str], None]) -> Iterator[RowResult]:
        """Yield the result for each pair as soon as it is done, and at last those that were not.

        `tell` gets what is waited for. Raises UsageFault once the cloud is closed.
        """
        try:
            yield from self._done(tell)
        except KeyboardInterrupt:
            self._interrupts += 1  # of a program, which has no handler that counts
        except Exception:  # a bug, or the like of a full memory: the rows are told all the same
            self._pool.stop()
            yield from self._pool.results(())
            yield from self._left_over()
            raise
        yield from self._left_over()

    def _done(self, tell: Callable[[str], None]) -> Iterator[RowResult]:
        results = self._pool.results(self._rows)
        for row in results:
            if isinstance(row.error, COMMON_FAILURES):
                self._pool.stop()
            if self._watch is not None and row.is_as_asked:
                self._watch.add(row.pair["id"])
                self._pending[row.pair["id"]] = row
            else:
                yield row
            if self._watch is not None and not self._interrupts:
                yield from map(self._settled, self._blocked(self._watch.look, until=2))
        if self._watch is not None and not self._interrupts:
            rest = self._watch.rest(tell)
            while (settled := self._blocked(lambda: next(rest, None), until=1)) is not None:
                yield self._settled(settled)
                if self._watch is None:
                    return

    def _blocked(self, step: Callable[[], T], *, until: int) -> T:
        """Take a step that may take long; it is ended by so many interrupts."""
        self._enough = until
        try:
            if self._interrupts >= until:
                raise KeyboardInterrupt
            return step()
        finally:
            self._enough = _NEVER

    def _left_over(self) -> Iterator[RowResult]:
        yield from self._pending.values()
        for row, was_begun in self._pool.left():
            result = UNKNOWN if was_begun else NOT_RUN
            yield RowResult(row.line, result, requested(row.request))
        yield from map(not_run, self._rows)

    def _settled(self, settled: Settled) -> RowResult:
        row = self._pending.pop(settled.pair_id)
        pair = settled.pair.fields if settled.pair else row.pair
        is_lost = isinstance(settled.error, Failed | NotFound)
        result = FAILED if is_lost else row.result
        return row._replace(pair=pair, result=result, error=settled.error)

    # In the workers' threads

    def _work(self, row: Row) -> RowResult:
        try:
            return self._made(row)
        except Exception as error:  # a bug: nobody knows how far it came
            return RowResult(
                row.line, UNKNOWN, requested(row.request), InternalError.unforeseen(error)
            )

    def _made(self, row: Row) -> RowResult:
        check = self._options.check
        try:
            findings = [self._inventory.findings(disk, check=check) for disk in row.request.disks]
            is_there = _are_paired(findings)
            preflight = preflight_of(
                self._cloud, row.request, findings, check=check and not is_there
            )
        except EvsrepError as error:
            return RowResult(row.line, FAILED, requested(row.request), error)
        for warning in preflight.warnings:
            self._warn(f"line {row.line}: {warning}")
        if preflight.existing is not None:
            return self._there(row.line, preflight, preflight.existing)
        return self._create(row.line, preflight)

    def _there(self, line: int, preflight: Preflight, pair: Pair) -> RowResult:
        row = _existing(line, preflight, pair)
        if row.difference:
            self._warn(f"line {line}: pair {pair.id} is there, but {row.difference}")
        return row

    def _create(self, line: int, preflight: Preflight) -> RowResult:
        fields = order_fields(order_of(preflight))
        try:
            _raise_if_taken(preflight)
        except Refused as error:
            return RowResult(line, CONFLICT, fields, error)
        try:
            raise_if_broken(preflight, check=self._options.check)
            if self._options.dry_run:
                return RowResult(line, CREATED, fields)
            return self._created(line, preflight)
        except OutcomeUnknown as error:
            return RowResult(line, UNKNOWN, fields, error)
        except EvsrepError as error:
            return RowResult(line, FAILED, fields, error)

    def _created(self, line: int, preflight: Preflight) -> RowResult:
        order = order_of(preflight)
        was_asked = frozenset(order.disks) in self._asked_lately
        change = creation(self._cloud, order, self._reporter, was_asked=was_asked)
        pair, was_lost = run_once(change, self._cloud.clock, self._reporter)
        if not was_lost:
            return RowResult(line, CREATED, pair.fields)
        self._reporter.verbose(f"line {line}: the answer had been lost; found pair {pair.id}")
        row = _existing(line, preflight, pair)
        is_ours = not was_asked and is_as_sent(pair, order)
        return row._replace(result=CREATED) if row.result == EXISTS and is_ours else row

    def _warn(self, text: str) -> None:
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(text)
        elif len(self.warnings) == _MOST_WARNINGS:
            self.warnings.append("and more of the like")


def _are_paired(findings: list[DiskFindings]) -> bool:
    """Whether a pair holds both: then nothing is created, and the servers need not be asked."""
    ids = {pair.id for pair in findings[0].pairs} & {pair.id for pair in findings[1].pairs}
    return bool(ids)


def _existing(line: int, preflight: Preflight, pair: Pair) -> RowResult:
    try:
        check_is_as_asked(pair, order_of(preflight))
        _check_same_way(preflight, pair)
    except Refused as error:
        return RowResult(line, CONFLICT, pair.fields, error)
    try:
        raise_if_hopeless(pair, _AVAILABLE)
    except EvsrepError as error:
        return RowResult(line, FAILED, pair.fields, error)
    difference = difference_of(pair, order_of(preflight))
    return RowResult(line, EXISTS, pair.fields, difference=difference)


def _check_same_way(preflight: Preflight, pair: Pair) -> None:
    """Raise Refused where the pair's production disk is the file's DR disk."""
    production = preflight.production
    if not preflight.request.names_roles or production is None or not pair.priority_station:
        return
    if production.availability_zone not in ("", pair.priority_station):
        raise Refused(
            f"pair {pair.id} goes the other way: its primary zone is {pair.priority_station}, "
            f"and the production disk asked for is in {production.availability_zone}",
            hint="swap the two disks in the file, or delete the pair first",
        )


def _raise_if_taken(preflight: Preflight) -> None:
    faults = disks_are_free(preflight).faults
    if faults:
        hint = "name a free disk, or delete that pair first"
        raise Refused.of(faults, "both disks are in other pairs", hint=hint)
