"""A manifest on its way into the cloud: workers, waiting, and what an interrupt leaves over."""

from collections.abc import Callable, Iterator, Sequence
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
from evsrep.jobs.apply_dr import DrDisks, ask_before_making
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
from evsrep.jobs.as_asked import check_is_as_asked, difference_of, is_as_sent
from evsrep.jobs.checks import disks_are_free, raise_if_broken
from evsrep.jobs.create import creation, order_of
from evsrep.jobs.disk_look import DiskFindings
from evsrep.jobs.disk_make import telling_of
from evsrep.jobs.dr_disk import DrDisk
from evsrep.jobs.inventory import Inventory
from evsrep.jobs.manifest import Manifest, Row
from evsrep.jobs.once import LAG_SECONDS, run_once
from evsrep.jobs.pair_request import PairRequest
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
    """A manifest on its way into the cloud. Raises UsageFault once the cloud is closed."""

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
        # by runs before this one
        self._asked_lately = frozenset() if options.dry_run else cloud.asked_lately(LAG_SECONDS)
        self._inventory = inventory
        self._options = options
        self.reporter = reporter
        self._dr_disks = DrDisks(
            cloud,
            inventory,
            self._asked_lately,
            zones=manifest.makes_disks and options.check,
            seconds=options.wait_timeout,
        )
        self._rows = iter(manifest)
        self._pool: WorkerPool[Row, RowResult] = WorkerPool(
            self._work, options.jobs, stopping=self._say_stopping
        )
        self._watch: Watch | None = None
        if options.wait and not options.dry_run:
            self._watch = Watch(cloud, _AVAILABLE, seconds=options.wait_timeout)
        self._pending: dict[str, RowResult] = {}  # by their pairs' IDs: waited for
        self._enough = _NEVER  # interrupts to end the look that is being made

    def ask(self, manifest: Manifest) -> None:
        """Ask before disks are made, if any are to be.

        Raises Interrupted where the answer is no, UsageFault once the cloud is closed.
        """
        if not self._options.dry_run:
            ask_before_making(self._dr_disks, manifest, self.reporter, yes=self._options.yes)

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
            say_stopping(self.reporter)

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
        try:
            dr, preflight = self._seen(row.request)
        except EvsrepError as error:
            return RowResult(row.line, FAILED, requested(row.request), error)
        for warning in preflight.warnings:
            self._warn(f"line {row.line}: {warning}")
        if preflight.existing is not None:
            return self._there(row.line, preflight, preflight.existing)
        return self._create(row, dr, preflight)

    def _seen(self, request: PairRequest) -> tuple[DrDisk | None, Preflight]:
        check = self._options.check
        if request.dr_zone is not None:
            dr = self._dr_disks.plan(request)
            is_there = _are_paired((dr.production, dr.dr))
            return dr, dr.preflight(self._cloud, request, check=check and not is_there)
        findings = self._inventory.findings_of(request, check=check)
        is_there = _are_paired(findings)
        return None, preflight_of(self._cloud, request, findings, check=check and not is_there)

    def _there(self, line: int, preflight: Preflight, pair: Pair) -> RowResult:
        row = _existing(line, preflight, pair)
        if row.difference:
            self._warn(f"line {line}: pair {pair.id} is there, but {row.difference}")
        return row

    def _create(self, row: Row, dr: DrDisk | None, preflight: Preflight) -> RowResult:
        line, fields = row.line, order_fields(order_of(preflight))
        if dr is not None and dr.order is not None:
            fields |= {"volume_ids": [dr.production.id], "dr_zone": row.request.dr_zone}
        try:
            _raise_if_taken(preflight)
        except Refused as error:
            return RowResult(line, CONFLICT, fields, error)
        try:
            raise_if_broken(preflight, check=self._options.check)
            if self._options.dry_run:
                return RowResult(line, CREATED, fields)
            if dr is None:
                return self._created(line, preflight)
            disk = self._dr_disks.make(dr)
            fields["volume_ids"] = [dr.production.id, disk.id]
            disk = self._dr_disks.wait_for(disk)
            with telling_of(disk, Reporter(self._cloud.secrets), ()):
                return self._created(line, dr.made(disk, preflight))
        except OutcomeUnknown as error:
            return RowResult(line, UNKNOWN, fields, error)
        except EvsrepError as error:
            return RowResult(line, FAILED, fields, error)

    def _created(self, line: int, preflight: Preflight) -> RowResult:
        order = order_of(preflight)
        was_asked = frozenset(order.disks) in self._asked_lately
        change = creation(self._cloud, order, self.reporter, was_asked=was_asked)
        pair, was_lost = run_once(change, self._cloud.clock, self.reporter)
        if not was_lost:
            return RowResult(line, CREATED, pair.fields)
        self.reporter.verbose(f"line {line}: the answer had been lost; found pair {pair.id}")
        row = _existing(line, preflight, pair)
        is_ours = not was_asked and is_as_sent(pair, order)
        return row._replace(result=CREATED) if row.result == EXISTS and is_ours else row

    def _warn(self, text: str) -> None:
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(text)
        elif len(self.warnings) == _MOST_WARNINGS:
            self.warnings.append("and more of the like")


def _are_paired(findings: Sequence[DiskFindings]) -> bool:
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
