"""The table of actions, and a change that is done once."""

import pytest

from evsrep.cloud.meanings import GROUP_REPLICATION_STATUSES, GROUP_STATUSES
from evsrep.cloud.models import Group
from evsrep.cloud.wire import group_from_wire
from evsrep.errors import Failed, OutcomeUnknown, Refused
from evsrep.jobs import actions
from evsrep.jobs.actions import (
    ACTIONS,
    FAILOVER,
    GROUP_GOALS,
    REHEARSED,
    REPROTECT,
    SWITCHOVER,
    SYNC,
    Action,
    goal_of,
    is_done_already,
    took_effect,
)
from evsrep.jobs.once import Change, run_once
from evsrep.jobs.readiness import checks_of, raise_if_forbidden
from evsrep.jobs.report import Reporter
from evsrep.jobs.wait import is_reached, raise_if_hopeless
from tests.conftest import FakeClock

ALL = [*ACTIONS.values(), actions.UPDATE, actions.RENAME, actions.DELETE, actions.EXPAND]
CALM = group_from_wire(
    {
        "id": "13b582e6-092e-4f7a-9260-8eb7a4ad860e",
        "name": "shop",
        "status": "available",
        "replication_status": "active",
        "priority_staion": "az2.dc2",
        "replication_ids": ["6690b30a-b40c-4a50-bd4a-7e5c1e28b821"],
        "fault_level": "0",
        "later": 1,
    }
)
PAUSED = CALM._replace(replication_status="active-stopped")
FAILED_OVER = PAUSED._replace(status="failovered")
LOST = CALM._replace(replication_status="inactive", fault_level="2")
SWITCHED = CALM._replace(priority_station="az1.dc1")


def is_allowed(action: Action, group: Group) -> bool:
    return all(check.is_ok for check in checks_of(action, group))


def test_the_documented_misspelling_is_read_and_not_shown() -> None:
    assert CALM.priority_station == CALM.fields["priority_station"] == "az2.dc2"
    assert "priority_staion" not in CALM.fields
    assert CALM.fields["later"] == 1


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.name)
def test_a_row_speaks_of_what_a_group_can_be(action: Action) -> None:
    known = {
        "status": set(GROUP_STATUSES),
        "replication_status": {*GROUP_REPLICATION_STATUSES, ""},
        "fault_level": {"0", "2", "5"},
        "replication_ids": {"none", ""},
    }
    assert action.under_way | action.done <= known[action.watch]
    assert action.failed | action.statuses | action.passing <= known["status"]
    for rule in action.rules:
        assert rule.allows | rule.allows_at_fault <= known[rule.field]


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.name)
def test_what_is_forbidden_says_what_to_do_first(action: Action) -> None:
    for status in (*GROUP_STATUSES, "unheard-of"):
        for replication in (*GROUP_REPLICATION_STATUSES, "unheard-of"):
            group = CALM._replace(status=status, replication_status=replication)
            for check in checks_of(action, group):
                assert check.is_ok or (check.value and check.hint)
                assert "{" not in check.hint


@pytest.mark.parametrize(
    ("action", "group", "allowed"),
    [
        (FAILOVER, CALM, True),
        (FAILOVER, LOST, True),
        (FAILOVER, PAUSED, False),
        (FAILOVER, FAILED_OVER, False),
        (FAILOVER, LOST._replace(fault_level="5"), False),
        (FAILOVER, LOST._replace(replication_status="copying"), False),
        (SWITCHOVER, CALM, True),
        (SWITCHOVER, LOST, False),
        (SWITCHOVER, PAUSED, False),
        (REPROTECT, FAILED_OVER, True),
        (REPROTECT, PAUSED, True),  # the user guide wants it available
        (REPROTECT, CALM, False),
        (REPROTECT, FAILED_OVER._replace(fault_level="2"), False),
        (actions.UPDATE, PAUSED, True),
        (actions.UPDATE, CALM, False),
        (actions.RENAME, CALM, True),
        (actions.DELETE, PAUSED, False),
        (actions.DELETE, PAUSED._replace(pair_ids=()), True),
        (actions.EXPAND, CALM, True),
        (actions.EXPAND, CALM._replace(replication_status="error"), False),
        (SYNC, CALM._replace(status="updating"), False),
    ],
)
def test_the_state_allows_or_forbids(action: Action, group: Group, allowed: bool) -> None:
    assert is_allowed(action, group) is allowed
    if not allowed:
        with pytest.raises(Refused, match=f"no {action.name} of group 'shop'"):
            raise_if_forbidden(action, group, checks_of(action, group))


def test_only_switchover_is_a_toggle_and_never_done_already() -> None:
    assert [action.name for action in ALL if action.is_toggle] == ["switchover"]
    assert not is_done_already(SWITCHOVER, CALM)
    assert is_done_already(SYNC, CALM)
    assert not is_done_already(SYNC, CALM._replace(status="reversing"))


@pytest.mark.parametrize(
    ("action", "before", "now", "began"),
    [
        (SWITCHOVER, CALM, CALM, False),
        (SWITCHOVER, CALM, SWITCHED, True),
        (SWITCHOVER, CALM, CALM._replace(status="reversing"), True),
        (SWITCHOVER, CALM, CALM._replace(status="error_reversing"), True),
        (SWITCHOVER, CALM, CALM._replace(priority_station=""), False),
        (FAILOVER, LOST, LOST, False),
        (FAILOVER, LOST, LOST._replace(status="failovering"), True),
        (FAILOVER, LOST, FAILED_OVER, True),
        (SYNC, PAUSED, CALM._replace(replication_status="copying"), True),
        (SYNC, PAUSED, PAUSED, False),
    ],
)
def test_the_groups_own_state_tells_of_a_lost_action(
    action: Action, before: Group, now: Group, began: bool
) -> None:
    assert took_effect(action, before, now) is began


def test_a_switchover_is_over_when_the_primary_is_another() -> None:
    goal = goal_of(SWITCHOVER, CALM)
    assert not is_reached(CALM, goal)
    assert not is_reached(SWITCHED._replace(status="reversing"), goal)
    assert is_reached(SWITCHED, goal)


def test_an_error_that_was_there_before_does_not_end_the_wait() -> None:
    broken = LOST._replace(status="error_failovering")
    raise_if_hopeless(broken, goal_of(FAILOVER, broken))
    with pytest.raises(Failed):
        raise_if_hopeless(broken, goal_of(FAILOVER, LOST))


def test_active_while_it_switches_is_not_active_yet() -> None:
    assert not is_reached(CALM._replace(status="reversing"), GROUP_GOALS["active"])
    assert is_reached(CALM, GROUP_GOALS["active"])


def test_what_is_rehearsed_are_the_words_of_the_command() -> None:
    words = ["failover", "switchover", "reprotect", "update", "delete", "expand"]
    assert list(REHEARSED) == words


class Sent:
    """A change whose answer is always lost; it shows after so many looks, None for never."""

    def __init__(self, shows_after: int | None) -> None:
        self.times = 0
        self.looks = 0
        self._shows_after = shows_after

    def send(self) -> str:
        self.times += 1
        raise OutcomeUnknown("lost")

    def look(self) -> str | None:
        self.looks += 1
        is_shown = self._shows_after is not None and self.looks > self._shows_after
        return "done" if is_shown else None

    def done(self, clock: FakeClock, *, is_provable: bool) -> str:
        change = Change("the change", self.send, self.look, resends=2, is_provable=is_provable)
        return run_once(change, clock, Reporter()).value


@pytest.mark.parametrize("is_provable", [True, False])
@pytest.mark.parametrize("looks", [0, 1, 3])
def test_what_shows_is_not_sent_again(clock: FakeClock, looks: int, is_provable: bool) -> None:
    sent = Sent(looks)
    assert sent.done(clock, is_provable=is_provable) == "done"
    assert sent.times == 1


def test_what_can_not_be_proved_and_does_not_show_is_unknown_and_never_sent_twice(
    clock: FakeClock,
) -> None:
    sent = Sent(None)
    with pytest.raises(OutcomeUnknown, match="may have taken effect"):
        sent.done(clock, is_provable=False)
    assert sent.times == 1
    assert sent.looks >= 5
    assert sum(clock.slept) >= 30


def test_another_that_does_not_show_is_sent_again_and_settled_in_half_a_minute(
    clock: FakeClock,
) -> None:
    sent = Sent(None)
    with pytest.raises(OutcomeUnknown, match="may have taken effect"):
        sent.done(clock, is_provable=True)
    assert sent.times == 3
    assert sum(clock.slept) <= 30


@pytest.mark.parametrize("shows", [True, False])
def test_one_that_comes_late_is_met_by_the_next(clock: FakeClock, shows: bool) -> None:
    times: list[int] = []

    def send() -> str:
        times.append(1)
        if len(times) == 1:
            raise OutcomeUnknown("lost")
        raise Refused("it is there")

    def look() -> str | None:
        return "done" if shows and len(times) == 2 else None

    change = Change("the change", send, look, resends=2)
    if shows:
        assert run_once(change, clock, Reporter()).value == "done"
    else:
        with pytest.raises(OutcomeUnknown, match="may have taken effect"):
            run_once(change, clock, Reporter())
    assert len(times) == 2


def test_a_status_or_fault_that_forbids_comes_before_what_is_said_of_the_flow() -> None:
    with pytest.raises(Refused) as refused:
        raise_if_forbidden(FAILOVER, FAILED_OVER, checks_of(FAILOVER, FAILED_OVER))
    assert refused.value.hint == "reprotect it first: evsrep group reprotect shop"
    cut_off = LOST._replace(fault_level="5")
    with pytest.raises(Refused) as refused:
        raise_if_forbidden(FAILOVER, cut_off, checks_of(FAILOVER, cut_off))
    assert refused.value.hint == "the link is down: contact the cloud's support"


def test_an_expansion_wants_no_more_than_that_the_replication_is_not_broken() -> None:
    assert is_allowed(actions.EXPAND, CALM._replace(replication_status="unheard-of"))
