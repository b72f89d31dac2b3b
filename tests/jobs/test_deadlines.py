"""One deadline for all that a wait does, with a cloud that lets each request hang."""

from collections.abc import Callable

import httpx
import pytest

import evsrep
from evsrep.cloud.client import Cloud
from evsrep.cloud.endpoints import Places
from evsrep.cloud.identity import Password
from evsrep.cloud.models import Session
from evsrep.cloud.signin import PasswordSignIn
from evsrep.errors import EvsrepError, WaitTimeout
from evsrep.jobs.wait import PAIR_GOALS
from evsrep.jobs.watch import Watch
from tests.cloud.test_http import HOST, http_of
from tests.conftest import DR, FakeClock

PAIR_ID = DR
WAITS: dict[str, Callable[[Cloud], object]] = {
    "wait": lambda cloud: evsrep.wait_for_pair(cloud, PAIR_ID, wait_timeout=6),
    "wait NAME": lambda cloud: evsrep.wait_for_pair(cloud, "data", wait_timeout=6),
    "group wait": lambda cloud: evsrep.wait_for_group(cloud, PAIR_ID, wait_timeout=6),
    "group wait NAME": lambda cloud: evsrep.wait_for_group(cloud, "shop", wait_timeout=6),
}


def hanging_cloud(clock: FakeClock, hangs: Callable[[httpx.Request], bool]) -> Cloud:
    """A cloud whose token is over, and where what hangs takes all the time that it is given."""

    def answer(request: httpx.Request) -> httpx.Response:
        if not hangs(request):
            return httpx.Response(401)
        clock.moment += request.extensions["timeout"]["read"]
        raise httpx.ReadTimeout("nothing came")

    http, _ = http_of(answer, clock=clock)
    who = Password(username="u", user_domain_name="d", project_id="p")
    sign_in = PasswordSignIn("https://iam.example.com", who, password=str, passcode=str)
    sign_in._session = Session("over", "", "", "", "p", "", ())
    return Cloud(http, sign_in, Places(endpoint=HOST), project_id="p")


@pytest.mark.parametrize("hanging", ["iam.example.com", "evs.example.com"])
@pytest.mark.parametrize("wait", WAITS)
def test_a_wait_ends_in_its_time_whatever_hangs(wait: str, hanging: str) -> None:
    clock = FakeClock()
    cloud = hanging_cloud(clock, lambda request: request.url.host == hanging)
    began = clock.moment
    with pytest.raises(EvsrepError) as caught:
        WAITS[wait](cloud)
    assert clock.moment - began <= 7.5
    assert "NAME" in wait or isinstance(caught.value, WaitTimeout)


@pytest.mark.parametrize("hanging", ["iam.example.com", "evs.example.com"])
def test_many_are_waited_for_within_the_same_time(hanging: str) -> None:
    clock = FakeClock()
    cloud = hanging_cloud(clock, lambda request: request.url.host == hanging)
    watch, began = Watch(cloud, PAIR_GOALS["deleted"], seconds=5), clock.moment
    for number in range(3):
        watch.add(f"p{number}")
    assert [type(settled.error) for settled in watch.rest(print)] == [WaitTimeout] * 3
    assert clock.moment - began <= 6.5
