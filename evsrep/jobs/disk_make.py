"""Making a DR disk, once, and telling of it whatever follows: it is there, and costs money.

A disk that was made carries a key in its metadata, a digest of project, production disk and zone:
by it a run after a lost answer finds the disk. It is never asked for twice where the first request
may have taken effect, and never deleted.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk
from evsrep.errors import (
    EvsrepError,
    Failed,
    Interrupted,
    NotFound,
    OutcomeUnknown,
    Refused,
    Unavailable,
    WaitTimeout,
)
from evsrep.jobs.dr_disk import DrDisk, first_made
from evsrep.jobs.looks import looks
from evsrep.jobs.once import LOOK_SECONDS, Change, run_once
from evsrep.jobs.report import Reporter, Words
from evsrep.jobs.wait import PAIR_GOALS, Absence

_READY = frozenset({"available", "in-use"})
_BUSY = frozenset({"creating", "downloading", ""})


def make_disk(
    cloud: Cloud, dr: DrDisk, reporter: Reporter, asked: Collection[frozenset[str]]
) -> Disk:
    """Ask for the DR disk as it is planned, and return it; it is not there at once.

    `asked` is what runs before have asked for lately. Raises OutcomeUnknown where it can't be found
    out whether it is made, and what the cloud refuses.
    """
    order = dr.order
    assert order is not None  # noqa: S101 -- for the type checker: else there is a disk

    def look() -> Disk | None:
        disks = cloud.once(LOOK_SECONDS).disks(availability_zone=order.zone)
        return first_made(disks, order.key, order.zone)

    change = Change(
        "the create of the disk",
        partial(cloud.create_disk, order),
        look,
        was_asked=frozenset((order.key,)) in asked,
        is_provable=False,  # disks, unlike pairs, may be made twice of the same words
        hint="run the command below: it finds the disk if it is there, and makes it if it is not",
    )
    result = run_once(change, cloud.clock, reporter)
    if result.was_lost:
        reporter.note(f"disk {result.value.id} was found by its key: it had been asked for before")
    return result.value


def wait_for_disk(
    cloud: Cloud, disk: Disk, seconds: float, reporter: Reporter, again: Words
) -> Disk:
    """Return a disk that was made once it can be paired; `again` is the command that goes on.

    Raises Failed where the disk ended in error, WaitTimeout when so many seconds are up, NotFound,
    and what keeps it from being looked at.
    """
    reporter.keep(again)
    try:
        return _wait_until_ready(cloud, disk, seconds, reporter)
    except KeyboardInterrupt:
        reporter.warn(f"{_in_words(disk)} is being made, and in no pair")
        raise
    except Failed:
        reporter.keep(("disks", "--zone", disk.availability_zone))
        raise
    except EvsrepError as error:
        error.message += f"; {_in_words(disk)} is asked for, and in no pair"
        raise


@contextmanager
def telling_of(disk: Disk, reporter: Reporter, resume: Words) -> Iterator[None]:
    """Add to whatever keeps a disk from being paired that it is there, and the two ways on.

    Raises what the block raises: OutcomeUnknown, Failed, WaitTimeout, Interrupted and any other.
    """
    reporter.keep(resume)
    try:
        yield
    except KeyboardInterrupt:
        reporter.warn(f"{_in_words(disk)} was made; the pair may be there or not")
        raise
    except WaitTimeout:
        raise  # the pair is there
    except Failed as error:
        error.hint = f"{error.hint}; {_in_words(disk)} stays, and costs money"
        raise
    except (OutcomeUnknown, Interrupted) as error:
        error.message += f"; {_in_words(disk)} is made"
        raise
    except EvsrepError as error:
        error.message += f"; {_in_words(disk)} is made, and in no pair"
        again = "by the command below" if resume else "with the same file"
        ways = f"pair it {again}, or delete it in the cloud's console: it costs money"
        error.hint = "; ".join(filter(None, (error.hint, ways)))
        raise


def _wait_until_ready(cloud: Cloud, disk: Disk, seconds: float, reporter: Reporter) -> Disk:
    """Return the disk when it is available; a look that fails is a missed look."""
    absence = Absence(cloud.clock)
    with reporter.progress() as update:
        for left in looks(cloud.clock, seconds):
            try:
                disk = cloud.within(max(left, 1.0)).once().disk(disk.id)
                absence.ends()
            except NotFound:  # what was just made may show late
                if absence.counts(PAIR_GOALS["available"], was_seen=False):
                    raise
                continue
            except (Refused, Unavailable) as error:
                update(f"disk {disk.name or disk.id}: {error.message}", None, None)
                continue
            if disk.status in _READY:
                return disk
            if disk.status not in _BUSY:
                raise _failed(disk)
            update(f"disk {disk.name or disk.id}: {disk.status}", None, None)
    raise WaitTimeout(
        f"disk {disk.label} is still '{disk.status}' after {seconds:g} s",
        hint="it goes on without us; wait longer with --wait-timeout",
    )


def _failed(disk: Disk) -> Failed:
    return Failed(
        f"{_in_words(disk)} is '{disk.status}', and in no pair",
        hint=f"the zone may lack the type {disk.type}, or room for it; evsrep never deletes a disk:"
        " do so in the cloud's console, then run the same command again",
    )


def _in_words(disk: Disk) -> str:
    size = f", {disk.size_gb} GB" if disk.size_gb is not None else ""
    zone = f", in {disk.availability_zone}" if disk.availability_zone else ""
    return f"disk {disk.label}{size}{zone}"
