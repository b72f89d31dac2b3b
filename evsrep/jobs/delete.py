"""Deleting pairs, whatever the network does.

A delete whose answer is lost is not sent again before the pair was looked at: what is there tells
whether the request took effect.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Pair
from evsrep.errors import COMMON_FAILURES, AuthError, EvsrepError, Failed, NotFound, Refused
from evsrep.jobs.find import find_pair
from evsrep.jobs.ids import is_id
from evsrep.jobs.once import LOOK_SECONDS, Change, run_once
from evsrep.jobs.options import JOBS, WAIT_SECONDS, ManyOptions, timeout_words
from evsrep.jobs.pool import WorkerPool
from evsrep.jobs.report import (
    Outcome,
    Reporter,
    Words,
    ask,
    check_can_ask,
    failure_of,
    say_stopping,
)
from evsrep.jobs.verb import verb
from evsrep.jobs.wait import PAIR_GOALS, Absence, raise_if_hopeless
from evsrep.jobs.watch import Watch

NOT_RUN, DELETING, DELETED = "not_run", "deleting", "deleted"
MISSING, FAILED, UNKNOWN = "missing", "failed", "unknown"
RESULTS = (DELETED, DELETING, MISSING, FAILED, UNKNOWN, NOT_RUN)

_DELETABLE = frozenset({"available", "error"})
_GONE = PAIR_GOALS["deleted"]


@dataclass(frozen=True)
class DeleteOptions(ManyOptions):
    """What `evsrep delete` takes."""

    pairs: Sequence[str]
    ignore_missing: bool = False


@dataclass(kw_only=True)
class Deletion(Outcome):
    """A pair that is to go, and what has become of that."""

    name_or_id: str  # as the user named it
    pair: Pair | None = None

    @property
    def id(self) -> str:
        """The pair's ID; as long as that is not known, what the user named it by."""
        return self.pair.id if self.pair else self.name_or_id

    @property
    def label(self) -> str:
        """The pair as a question names it."""
        if self.pair is None:
            return self.name_or_id
        name = f"'{self.pair.name}' " if self.pair.name else ""
        disks = " and ".join(self.pair.disks)
        return f"pair {name}{self.pair.id}, {self.pair.status}, of disks {disks}"

    @property
    def fields(self) -> Mapping[str, Any]:
        """The result, and what is known of the pair."""
        if self.pair is None:
            key = "id" if is_id(self.name_or_id) else "name"
            return {"result": self.result, key: self.name_or_id}
        known = {"result": self.result, **self.pair.fields}
        # the pair was looked at before
        is_news = self.result in (DELETED, DELETING)
        return {**known, "status": self.result} if is_news else known


@verb(DeleteOptions)
def delete_pairs(cloud: Cloud, options: DeleteOptions, reporter: Reporter) -> list[Deletion]:
    """Delete pairs, each by ID or exact name; one that fails does not stop the others.

    Raises UsageFault where a question is not answered, Interrupted where the answer is no; Refused
    where the profile, the state of all or their groups forbid it, the error of all where they
    failed alike, else Partial.
    """
    options.validate()
    for warning in options.warnings:
        reporter.warn(warning)
    check_can_ask(reporter, yes=options.yes)
    cloud = cloud.for_change(yes=options.yes)
    deletions = _look_up(cloud, options)
    todo = [deletion for deletion in deletions if deletion.result == NOT_RUN]
    if todo:
        ask(reporter, _question(todo), (each.label for each in todo), yes=options.yes)
    reporter.sending({}, ())
    try:
        _send_all(cloud, todo, options.jobs, reporter)
        if options.wait:
            _wait(cloud, deletions, options.wait_timeout, reporter)
    finally:
        reporter.resume_with(_resume(deletions, options))
        for deletion in deletions:
            reporter.row(deletion)
    errors = [deletion.error for deletion in deletions if deletion.error]
    failure = failure_of(errors, len(deletions), done="deleted")
    if failure is not None:
        raise failure
    if len(deletions) > 1:
        reporter.sum_up(_summary(deletions))
    return deletions


def delete_pair(
    cloud: Cloud,
    pair: str,
    *,
    yes: bool = False,
    ignore_missing: bool = False,
    wait: bool = False,
    wait_timeout: float = WAIT_SECONDS,
) -> Deletion:
    """Delete one pair, by ID or exact name, as `delete_pairs` does; raises what that raises."""
    options = DeleteOptions((pair,), ignore_missing, yes=yes, wait=wait, wait_timeout=wait_timeout)
    return delete_pairs(cloud, options)[0]


def raise_if_kept(pair: Pair) -> None:
    """Raise Refused where the pair can't be deleted as it is now, with the reason."""
    if pair.group_id:
        raise Refused(
            f"pair {pair.id} is in consistency group {pair.group_id}",
            hint="take it out of the group first; nothing was sent for this pair",
        )
    if pair.status not in _DELETABLE:
        raise Refused(
            f"pair {pair.id} is '{pair.status}'; it is to be available or error to be deleted",
            hint=_HINTS.get(pair.status, f"wait for it with 'evsrep wait {pair.id}'"),
        )


_HINTS = {
    "deleting": "it goes already; --ignore-missing takes that for success",
    "error_deleting": "its deletion has failed: contact the cloud's support",
}


def _look_up(cloud: Cloud, options: DeleteOptions) -> list[Deletion]:
    """See each pair before anything is sent; what can't be deleted has failed already.

    Side by side, but the first alone: refused signatures in a row lock the key. With
    `ignore_missing` a pair that is gone, or goes already, is as it should be. Raises what would
    befall every one of them alike.
    """
    named = [Deletion(name_or_id=each) for each in dict.fromkeys(options.pairs)]
    look = partial(_look_up_one, cloud, ignore_missing=options.ignore_missing)
    for deletion in named[:1]:
        look(deletion)
    for _ in WorkerPool(look, options.jobs).results(named[1:]):
        pass
    deletions: dict[str, Deletion] = {}
    for deletion in named:
        deletions.setdefault(deletion.id, deletion)
    return list(deletions.values())


def _look_up_one(cloud: Cloud, deletion: Deletion, *, ignore_missing: bool) -> Deletion:
    try:
        deletion.pair = find_pair(cloud, deletion.name_or_id)
        if ignore_missing and deletion.pair.status == "deleting":
            deletion.result = DELETING
        else:
            raise_if_kept(deletion.pair)
    except COMMON_FAILURES:
        raise
    except NotFound as error:
        deletion.end(error)
        if ignore_missing:
            deletion.result, deletion.error = MISSING, None
    except EvsrepError as error:
        deletion.end(error)
    return deletion


def _summary(deletions: Iterable[Deletion]) -> str:
    """Return how many ended how, in a line."""
    counts = Counter(deletion.result for deletion in deletions)
    return ", ".join(f"{counts[result]} {result}" for result in RESULTS if counts[result])


def _question(todo: Sequence[Deletion]) -> str:
    return "Delete it?" if len(todo) == 1 else f"Delete these {len(todo)} pairs?"


def _send_all(cloud: Cloud, todo: Sequence[Deletion], jobs: int, reporter: Reporter) -> None:
    """Ask for each deletion; what goes wrong is kept with it, and does not stop the others.

    Refused credentials do, and the first goes alone: it would be the same for the others, and lock
    the key. Raises KeyboardInterrupt on Ctrl-C: when what is in flight is done, or at once on a
    second one.
    """
    for deletion in todo[:1]:
        _send(cloud, deletion, reporter)
    if todo[1:] and not any(map(_is_refused, todo)):
        _send_rest(cloud, todo[1:], jobs, reporter)
    refused = next(filter(_is_refused, todo), None)
    for deletion in todo:
        if deletion.result == NOT_RUN and refused is not None:
            deletion.error = refused.error


def _send_rest(cloud: Cloud, todo: Sequence[Deletion], jobs: int, reporter: Reporter) -> None:
    pool = WorkerPool(
        partial(_sent, cloud, reporter=reporter),
        min(jobs, len(todo)),
        stopping=lambda: say_stopping(reporter) if interrupt.count else None,
    )
    interrupt = _Interrupt(pool)
    with reporter.bar(len(todo) + 1) as update, reporter.on_interrupt(interrupt):
        for number, deletion in enumerate(pool.results(todo), start=2):
            update(number, "")
            if _is_refused(deletion):
                pool.stop()
    if interrupt.count:
        raise KeyboardInterrupt


def _is_refused(deletion: Deletion) -> bool:
    return isinstance(deletion.error, AuthError) and not deletion.error.is_forbidden


class _Interrupt:
    """What a request to stop does: no new work; the second time what is in flight is left."""

    def __init__(self, pool: WorkerPool[Deletion, Deletion]) -> None:
        self.count = 0
        self._pool = pool

    def __call__(self) -> None:
        self.count += 1
        if self.count > 1:
            self._pool.break_off()
        else:
            self._pool.stop()


def _sent(cloud: Cloud, deletion: Deletion, *, reporter: Reporter) -> Deletion:
    _send(cloud, deletion, reporter)
    return deletion


def _send(cloud: Cloud, deletion: Deletion, reporter: Reporter) -> None:
    """Ask for the deletion of one; what goes wrong is kept with it."""
    deletion.result = UNKNOWN  # should this be broken off
    try:
        change = _removal(cloud, deletion.id)
        deletion.result = run_once(change, cloud.clock, reporter).value
    except EvsrepError as error:
        deletion.end(error)


def _removal(cloud: Cloud, pair_id: str) -> Change[str]:
    """Return the change that deletes a pair that was just seen; it leads to a result."""

    absence = Absence(cloud.clock)

    def send() -> str:
        cloud.delete_pair(pair_id)
        return DELETING

    def look() -> str | None:
        try:
            pair = cloud.once(LOOK_SECONDS).pair(pair_id)
        except NotFound:
            return DELETED if absence.counts(_GONE, was_seen=True) else None
        absence.ends()
        raise_if_hopeless(pair, _GONE)
        return DELETING if pair.status == "deleting" else None

    return Change(
        f"the delete of pair {pair_id}",
        send,
        look,
        resends=cloud.retries,
        removes=True,
        hint="the command below finds out, and deletes the pair if it is still there",
    )


def _wait(cloud: Cloud, deletions: Iterable[Deletion], seconds: float, reporter: Reporter) -> None:
    going = {each.id: each for each in deletions if each.pair and each.result == DELETING}
    watch = Watch(cloud, _GONE, seconds=seconds)
    for pair_id in going:
        watch.add(pair_id)
    with reporter.progress() as update:
        if going:
            update(f"{len(going)} to go", None, None)
        for settled in watch.rest(lambda state: update(state, None, None)):
            deletion = going.pop(settled.pair_id)
            deletion.error = settled.error
            if not settled.error:
                deletion.result = DELETED
            elif isinstance(settled.error, Failed):
                deletion.result = FAILED  # of whatever else the deletion goes on


def _resume(deletions: Iterable[Deletion], options: DeleteOptions) -> Words:
    """Return the command that goes on with what is unfinished; nothing where all is at an end."""
    unfinished = {NOT_RUN, UNKNOWN, *([DELETING] if options.wait else [])}
    ids = [deletion.id for deletion in deletions if deletion.result in unfinished]
    more = ["--wait", *timeout_words(options.wait_timeout)] if options.wait else []
    more += ["--jobs", str(options.jobs)] if options.jobs != JOBS else []
    return ("delete", *ids, "--yes", "--ignore-missing", *more) if ids else ()
