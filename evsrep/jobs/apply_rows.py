"""What has become of the pairs of a manifest: a row for each, and what they come to."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from evsrep.errors import EvsrepError, Interrupted, Partial, WaitTimeout
from evsrep.jobs.manifest import Row
from evsrep.jobs.pair_request import PairRequest

CREATED, EXISTS, CONFLICT = "created", "exists", "conflict"
FAILED, UNKNOWN, NOT_RUN = "failed", "unknown", "not_run"
RESULTS = (CREATED, EXISTS, CONFLICT, FAILED, UNKNOWN, NOT_RUN)

_MOST_FAULTS = 20


class RowResult(NamedTuple):
    """What has become of one pair of the file. `pair` is its object, as far as it is known."""

    line: int
    result: str
    pair: Mapping[str, Any]
    error: EvsrepError | None = None
    difference: str = ""  # in name or description, of a pair that exists

    @property
    def fields(self) -> Mapping[str, Any]:
        """The line, the result, and the fields of the pair."""
        differs = {"difference": self.difference} if self.difference else {}
        return {"line": self.line, "result": self.result, **self.pair, **differs}

    @property
    def is_as_asked(self) -> bool:
        """Whether the pair is there, and as it was asked for."""
        return self.result in (CREATED, EXISTS) and self.error is None


def not_run(row: Row) -> RowResult:
    """Return the result of a pair that nothing was sent for."""
    return RowResult(row.line, NOT_RUN, requested(row.request))


def requested(request: PairRequest) -> Mapping[str, Any]:
    """Return what is known of a pair that was not looked for: what was asked for."""
    fields = {
        "name": request.name,
        "description": request.description,
        "volume_ids": list(request.named_disks),
        "dr_zone": request.dr_zone,
        "priority_station": request.priority_station,
        "replication_model": request.replication_model,
    }
    return {key: value for key, value in fields.items() if value is not None}


class Tally:
    """How many ended how, and what that comes to."""

    def __init__(self, is_dry_run: bool) -> None:
        self.results: Counter[str] = Counter()
        self.is_interrupted = False
        self._is_dry_run = is_dry_run
        self._failures = 0
        self._late: WaitTimeout | None = None
        self._faults: list[tuple[int, str]] = []  # lines, and what is wrong with them

    def add(self, row: RowResult) -> RowResult:
        """Count a row, and pass it on."""
        self.results[row.result] += 1
        if isinstance(row.error, WaitTimeout):
            self._late = row.error
        elif not row.is_as_asked:
            self._failures += 1
            if row.error is not None and len(self._faults) < _MOST_FAULTS:
                self._faults.append((row.line, row.error.full_message))
        return row

    @property
    def summary(self) -> str:
        """The results in a line, in their own order."""
        counts = [f"{self.results[result]} {result}" for result in RESULTS if self.results[result]]
        return ("dry run, nothing was sent: " if self._is_dry_run else "") + ", ".join(counts)

    @property
    def is_unfinished(self) -> bool:
        """Whether applying the same file again goes on with it."""
        is_open = self.results[NOT_RUN] or self.results[UNKNOWN] or self._late
        return bool(self.is_interrupted or is_open)

    def failure(self) -> EvsrepError | None:
        """Return what the rows come to; None where every pair is as asked."""
        if self.is_interrupted:
            return Interrupted("interrupted; the rows say what was done")
        if not self._failures:
            return self._late
        more = self._failures - len(self._faults)
        faults = [f"line {line}: {fault}" for line, fault in sorted(self._faults)]
        return Partial(
            f"{self._failures} of {self.results.total()} pairs are not as asked",
            hint="the rows say which; the same file can be applied again",
            faults=(*faults, *([f"and {more} more"] if more else [])),
        )
