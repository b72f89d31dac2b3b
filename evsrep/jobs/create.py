"""Creating a pair once, whatever the network does.

A create whose answer is lost is never blindly repeated: a disk is in one pair at most, so the two
disks name the pair, and asking for it tells whether the request took effect.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from evsrep.clock import Clock
from evsrep.cloud.models import Pair, PairOrder
from evsrep.errors import EvsrepError, NotFound, OutcomeUnknown, Refused, Unavailable
from evsrep.jobs.check import pair_of

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

SURE_AFTER_SECONDS = 10.0
"""How long a pair must not show before its request is taken for lost: one empty listing proves
nothing, since a request whose connection broke may still be under way."""

_PAUSES_SECONDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0)
_LOOK_SECONDS = 10.0

Tell = Callable[[str], None]


class Placed(NamedTuple):
    """A pair that was created, and whether it had to be found because the answer was lost."""

    pair: Pair
    was_lost: bool


def place(cloud: "Cloud", order: PairOrder, *, clock: Clock, tell: Tell) -> Placed:
    """Create the pair, and return it as far as it is known.

    Raises OutcomeUnknown where it can't be found out whether the request took effect, Unavailable
    where it surely did not and the retries are used up, and what the cloud refuses.
    """
    resends = cloud.retries
    for attempt in range(resends + 1):
        try:
            return Placed(cloud.create_pair(order), was_lost=False)
        except OutcomeUnknown as lost:
            tell(f"{lost.message}; looking for the pair by its two disks")
            found = _look_for(cloud, order, clock, lost)
            if found is not None:
                return Placed(found, was_lost=True)
            failure: EvsrepError = lost
        except (Refused, NotFound):
            # an earlier request may have come through late, and this one met its pair
            found = _late_one(cloud, order) if attempt else None
            if found is None:
                raise
            return Placed(found, was_lost=True)
        if attempt < resends:
            tell(f"the pair is surely not there; sending again ({attempt + 1} of {resends})")
    raise Unavailable(
        "the create got no answer, and took no effect: its pair is not there",
        hint="try again later",
        service_error=failure.service_error,
    )


def check_is_as_asked(pair: Pair, order: PairOrder) -> None:
    """Raise Refused where a pair that was there already is not what was asked for."""
    differing = [
        f"its {word} is {is_}, not {asked}"
        for word, is_, asked in (
            ("priority_station", pair.priority_station, order.priority_station),
            ("replication_model", pair.replication_model, order.replication_model),
        )
        if is_ and is_ != asked
    ]
    if pair.status == "deleting":
        differing.append("it is being deleted")
    if differing:
        raise Refused(
            f"the pair of these disks, {pair.id}, is not as asked for: {'; '.join(differing)}",
            hint="see it with 'evsrep show'; a pair can't be changed, only deleted and made anew",
        )


def _look_for(cloud: "Cloud", order: PairOrder, clock: Clock, lost: OutcomeUnknown) -> Pair | None:
    """The pair of the order's disks; None where it surely is not there.

    Raises OutcomeUnknown where that can't be found out.
    """
    started, empty_in_a_row = clock.now(), 0
    for pause in _PAUSES_SECONDS:
        clock.sleep(pause)
        try:
            found = _pair_of(cloud, order)
        except EvsrepError:
            empty_in_a_row = 0
            continue
        if found is not None:
            return found
        empty_in_a_row += 1
        if empty_in_a_row >= 2 and clock.now() - started >= SURE_AFTER_SECONDS:
            return None
    raise OutcomeUnknown(
        "the create may have taken effect: its answer was lost, and the cloud can't be asked now",
        hint="find out before you create again: the command below prints the pair if it is there",
        service_error=lost.service_error,
    ) from lost


def _late_one(cloud: "Cloud", order: PairOrder) -> Pair | None:
    try:
        return _pair_of(cloud, order)
    except EvsrepError:
        return None


def _pair_of(cloud: "Cloud", order: PairOrder) -> Pair | None:
    """The pair of exactly the order's disks; asked once, since who asks asks again anyway."""
    pairs = cloud.once(_LOOK_SECONDS).pairs(volume_id=order.disks[0])
    return pair_of(pairs, order.disks)
