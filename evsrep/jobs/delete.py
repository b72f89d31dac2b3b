"""Deleting a pair, whatever the network does.

A delete whose answer is lost is not sent again before the pair was looked at: what is there
tells whether the request took effect.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evsrep.clock import Clock
from evsrep.cloud.models import Pair
from evsrep.errors import (
    AuthError,
    ConfigError,
    EvsrepError,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from evsrep.jobs.create import SURE_AFTER_SECONDS
from evsrep.jobs.find import find_pair
from evsrep.jobs.wait import GOALS, raise_if_hopeless

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

DELETABLE = frozenset({"available", "error"})
_GOING = frozenset({"deleting", "error_deleting"})
_PAUSES_SECONDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0)
_LOOK_SECONDS = 10.0

Tell = Callable[[str], None]


NOT_RUN, DELETING, DELETED = "not_run", "deleting", "deleted"
MISSING, FAILED, UNKNOWN = "missing", "failed", "unknown"


@dataclass(slots=True)
class Case:
    """A pair that is to go, and what has become of that."""

    word: str  # as the user named it
    pair: Pair | None = None
    result: str = NOT_RUN
    error: EvsrepError | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is yet to be asked for."""
        return self.result == NOT_RUN

    def end(self, error: EvsrepError) -> None:
        """Keep what went wrong."""
        self.error = error
        self.result = UNKNOWN if isinstance(error, OutcomeUnknown) else FAILED


def look_up(cloud: "Cloud", words: Iterable[str], *, takes_missing: bool) -> list[Case]:
    """See each pair before anything is sent; what can't be deleted has failed already.

    With `takes_missing` a pair that is gone, or goes already, is as it should be. Raises what
    would befall every one of them alike.
    """
    cases: dict[str, Case] = {}
    for word in dict.fromkeys(words):
        case = Case(word)
        try:
            case.pair = find_pair(cloud, word)
            if takes_missing and case.pair.status == "deleting":
                case.result = DELETING
            else:
                raise_if_kept(case.pair)
        except (AuthError, ConfigError, NotOffered):
            raise
        except NotFound as error:
            case.end(error)
            if takes_missing:
                case.result, case.error = MISSING, None
        except EvsrepError as error:
            case.end(error)
        cases.setdefault(case.pair.id if case.pair else word, case)
    return list(cases.values())


def send_all(cloud: "Cloud", cases: Iterable[Case], *, clock: Clock, tell: Tell) -> None:
    """Ask for each deletion; what goes wrong is kept with it, and does not stop the others.

    Refused credentials do: it would be the same for the others, and lock the key.
    """
    refused: AuthError | None = None
    for case in cases:
        if not case.is_open:
            continue
        if refused is not None:
            case.error = refused
            continue
        _send(cloud, case, clock=clock, tell=tell)
        if isinstance(case.error, AuthError) and not case.error.is_forbidden:
            refused = case.error


def _send(cloud: "Cloud", case: Case, *, clock: Clock, tell: Tell) -> None:
    """Ask for the deletion of one; what goes wrong is kept with it."""
    assert case.pair is not None  # noqa: S101 -- for the type checker
    try:
        is_gone = remove(cloud, case.pair.id, clock=clock, tell=tell)
    except KeyboardInterrupt:
        case.result = UNKNOWN
        raise
    except EvsrepError as error:
        case.end(error)
    else:
        case.result = DELETED if is_gone else DELETING


def raise_if_kept(pair: Pair) -> None:
    """Raise Refused where the pair can't be deleted as it is now, with the reason."""
    if pair.group_id:
        raise Refused(
            f"pair {pair.id} is in consistency group {pair.group_id}",
            hint="take it out of the group first; nothing was sent for this pair",
        )
    if pair.status not in DELETABLE:
        raise Refused(
            f"pair {pair.id} is '{pair.status}'; it is to be available or error to be deleted",
            hint=_HINTS.get(pair.status, f"wait for it with 'evsrep wait {pair.id}'"),
        )


_HINTS = {
    "deleting": "it goes already; --ignore-missing takes that for success",
    "error_deleting": "its deletion has failed: contact the cloud's support",
}


def remove(cloud: "Cloud", pair_id: str, *, clock: Clock, tell: Tell) -> bool:
    """Have a pair deleted that was just seen; whether it is gone already.

    Raises OutcomeUnknown where it can't be found out whether the request took effect, Unavailable
    where it surely did not and the retries are used up, Failed where the pair can't be got rid of,
    and what the cloud refuses.
    """
    resends = cloud.retries
    for attempt in range(resends + 1):
        try:
            cloud.delete_pair(pair_id)
            return False
        except OutcomeUnknown as lost:
            tell(f"the answer to the delete was lost ({lost.message}); looking at the pair")
            pair = _look_at(cloud, pair_id, clock, lost)
            if _is_on_its_way(pair):
                return pair is None
            failure: EvsrepError = lost
        except NotFound:
            return True  # it was there just now: it has gone, by our request or another's
        except Refused:
            # an earlier request may have come through late, and this one met what it did
            if not attempt or not _goes_after_all(cloud, pair_id):
                raise
            return False
        if attempt < resends:
            tell(f"the pair is still there; sending again ({attempt + 1} of {resends})")
    raise Unavailable(
        f"the delete got no answer, and took no effect: pair {pair_id} is still there",
        hint="try again later",
        service_error=failure.service_error,
    )


def _look_at(cloud: "Cloud", pair_id: str, clock: Clock, lost: OutcomeUnknown) -> Pair | None:
    """The pair, for as long as it takes to be sure that it stays; None once it is gone.

    Raises OutcomeUnknown where that can't be found out.
    """
    started, stays_in_a_row = clock.now(), 0
    for pause in _PAUSES_SECONDS:
        clock.sleep(pause)
        try:
            pair = cloud.once(_LOOK_SECONDS).pair(pair_id)
        except NotFound:
            return None
        except EvsrepError:
            stays_in_a_row = 0
            continue
        if pair.status in _GOING:
            return pair
        stays_in_a_row += 1
        if stays_in_a_row >= 2 and clock.now() - started >= SURE_AFTER_SECONDS:
            return pair
    raise OutcomeUnknown(
        f"pair {pair_id} may be deleted: the answer was lost, and the cloud can't be asked now",
        hint="the command below finds out, and deletes the pair if it is still there",
        service_error=lost.service_error,
    ) from lost


def _is_on_its_way(pair: Pair | None) -> bool:
    """Whether a pair is gone or goes; raises Failed where it tried to and could not."""
    if pair is not None:
        raise_if_hopeless(pair, GOALS["deleted"])
    return pair is None or pair.status == "deleting"


def _goes_after_all(cloud: "Cloud", pair_id: str) -> bool:
    try:
        return _is_on_its_way(cloud.once(_LOOK_SECONDS).pair(pair_id))
    except NotFound:
        return True
    except Unavailable:
        return False
