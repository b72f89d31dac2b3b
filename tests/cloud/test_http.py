"""One request, sent well: how deep that is, what is refused, what a redirect and a 401 lead to."""

import gzip
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings, strategies as st

import evsrep
from evsrep.cloud import calls, identity, wire
from evsrep.cloud.calls import Call, Limits, read_nothing
from evsrep.cloud.client import Cloud
from evsrep.cloud.credentials import TokenSignIn
from evsrep.cloud.endpoints import Places, quoted
from evsrep.cloud.guard import ChangeGuard
from evsrep.cloud.http import Http, new_client
from evsrep.cloud.identity import Password
from evsrep.cloud.models import Defaults, Endpoint, GroupChange, GroupOrder, PairOrder
from evsrep.cloud.reading import Unreadable
from evsrep.cloud.signin import PasswordSignIn
from evsrep.errors import ConfigError, NotFound, OutcomeUnknown, Refused, Unavailable, UsageFault
from evsrep.secrets import Secrets
from evsrep.settings.journal import Journal, read_journal
from tests.cloud.odd_urls import ODD_URLS
from tests.conftest import DR, PRODUCTION, FakeClock

ROOM = str(Path(evsrep.__file__).parent)
HOST = "https://evs.example.com"
ORDER = PairOrder((PRODUCTION, DR), "az2.dc2", "hypermetro", name="x")
PAIR = {"id": "p1", "name": "x", "status": "creating", "volume_ids": [PRODUCTION, DR]}
GROUP = {"id": "g1", "name": "g", "status": "available"}
Answer = Callable[[httpx.Request], httpx.Response]

CHANGES: dict[str, Callable[[Cloud], object]] = {
    "create": lambda cloud: cloud.create_pair(ORDER),
    "delete": lambda cloud: cloud.delete_pair("p1"),
    "create group": lambda cloud: cloud.create_group(GroupOrder(("p1",), "az2.dc2", "hypermetro")),
    "update group": lambda cloud: cloud.update_group("g1", GroupChange(name="y")),
    "delete group": lambda cloud: cloud.delete_group("g1"),
    "failover": lambda cloud: cloud.act("g1", "os-failover", "failover"),
    "expand": lambda cloud: cloud.expand("g1", "p1", 20),
}


class Reporter:
    """Keeps what is reported."""

    def __init__(self) -> None:
        self.is_debugging = True
        self.secrets = Secrets()
        self.lines: list[str] = []

    def verbose(self, text: str) -> None:
        self.lines.append(text)

    step = verbose

    def debug(self, *lines: str) -> None:
        self.lines.extend(lines)


class Transport(httpx.BaseTransport):
    """Answers by a function, and keeps the requests and who was on the stack at each."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[httpx.Request] = []
        self.stacks: list[list[str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.stacks.append([name for path, name in _frames() if path.startswith(ROOM)])
        return self._answer(request)


def _frames() -> Iterator[tuple[str, str]]:
    frame = sys._getframe(2)
    while frame.f_back:
        yield frame.f_code.co_filename, frame.f_code.co_qualname
        frame = frame.f_back


def good(request: httpx.Request) -> httpx.Response:
    """Answer whatever is asked with success."""
    body = {"replication": PAIR, "replication_consistency_group": GROUP, "replications": [PAIR]}
    return httpx.Response(202 if request.method != "GET" else 200, json=body)


def http_of(answer: Answer, **more: Any) -> tuple[Http, Transport]:
    """A client of a cloud that answers so, on a clock that does not run."""
    transport = Transport(answer)
    settings = {"clock": FakeClock(), "reporter": Reporter(), "limits": Limits(5.0, 2), **more}
    return Http(new_client(transport), **settings), transport


def cloud_of(answer: Answer, endpoint: str = HOST, **more: Any) -> tuple[Cloud, Transport]:
    """A cloud with a ready token, an endpoint and a project."""
    http, transport = http_of(answer, **more)
    sign_in = TokenSignIn("", lambda: "a-token", Password())
    return Cloud(http, sign_in, Places(endpoint=endpoint), project_id="p"), transport


@pytest.mark.parametrize("change", CHANGES)
def test_a_changing_request_is_four_functions_deep(change: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", profile="p", command="c", warn=print, verbose=print)
    cloud, transport = cloud_of(good, journal=journal)
    CHANGES[change](cloud)
    (stack,) = transport.stacks
    # and the transport itself
    assert stack[0:2] == ["Http._send_single_request", "Http.send"]
    assert stack[2].startswith("Cloud.")
    assert len(stack) == 3
    assert [change.outcome for change in read_journal(tmp_path / "journal")] == ["done"]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_named", [False, True])
def test_a_read_only_client_sends_no_change_whatever_was_said(change: str, is_named: bool) -> None:
    guard = ChangeGuard("ro", is_read_only=True, is_named=is_named)
    cloud, transport = cloud_of(good, guard=guard)
    with pytest.raises(Refused, match="profile 'ro' is read_only") as caught:
        CHANGES[change](cloud)
    assert caught.value.hint == "'evsrep profile set ro read_only=false' lifts that"
    with pytest.raises(Refused, match="read_only"):
        cloud.for_change(yes=True)
    assert transport.requests == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_protected_client_sends_changes_only_if_it_was_named_and_meant(change: str) -> None:
    cloud, transport = cloud_of(good, guard=ChangeGuard("prod", is_protected=True, is_named=True))
    asks: list[Callable[[], object]] = [
        *(lambda: CHANGES[change](cloud), lambda: cloud.for_change(yes=False)),
    ]
    for refused in asks:
        with pytest.raises(Refused, match="profile 'prod' is protected") as caught:
            refused()
        assert "-p prod and --yes" in caught.value.hint
    assert transport.requests == []
    CHANGES[change](cloud.for_change(yes=True))
    assert len(transport.requests) == 1
    unnamed, transport = cloud_of(good, guard=ChangeGuard("prod", is_protected=True))
    with pytest.raises(Refused, match="protected"):
        unnamed.for_change(yes=True)
    assert transport.requests == []


def test_a_guarded_client_still_looks_and_says_what_it_would_send() -> None:
    cloud, transport = cloud_of(good, guard=ChangeGuard("ro", is_read_only=True))
    assert [pair.id for pair in cloud.pairs()] == ["p1"]
    assert cloud.create_request(ORDER)["method"] == "POST"
    assert [request.method for request in transport.requests] == ["GET"]


def test_a_copy_that_may_change_is_the_same_cloud_in_all_else() -> None:
    http, _ = http_of(good)
    sign_in = TokenSignIn("", lambda: "t", Password())
    defaults = Defaults("az1.dc1", "hypermetro")
    cloud = Cloud(http, sign_in, Places(endpoint=HOST), project_id="p", defaults=defaults)
    assert cloud.for_change(yes=False).endpoint == cloud.endpoint
    assert cloud.for_change(yes=False).defaults == cloud.defaults == defaults
    assert cloud.once(1.0).retries == 0


@pytest.mark.parametrize("ask", [*CHANGES.values(), lambda cloud: list(cloud.pairs()), Cloud.probe])
def test_use_after_close_is_an_error_of_ours_and_nothing_is_noted(
    ask: Callable[[Cloud], object], tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "journal", profile="p", command="c", warn=print, verbose=print)
    http, transport = http_of(good, journal=journal)
    sign_in = TokenSignIn("", lambda: "t", Password())
    cloud = Cloud(http, sign_in, Places(endpoint=HOST), project_id="p")
    copies = [cloud, cloud.once(1.0), cloud.for_change(yes=True)]
    http.close()
    for copy in copies:
        with pytest.raises(UsageFault, match="this cloud is closed") as caught:
            ask(copy)
        assert "evsrep.connect" in caught.value.hint
    assert transport.requests == []
    assert list(read_journal(tmp_path / "journal")) == []


def test_a_try_that_would_come_after_the_close_is_not_sent() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        http.close()
        return httpx.Response(503)

    http, transport = http_of(answer)
    with pytest.raises(UsageFault, match="closed"):
        http.send(Call("GET", HOST, "it"), read_nothing)
    assert len(transport.requests) == 1


def test_a_closed_journal_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, profile="p", command="c", warn=pytest.fail, verbose=pytest.fail)
    key = journal.begin(0.0, "POST", "/x")
    journal.close()
    content = path.read_bytes()
    other = (tmp_path / "other").open("wb")  # is given the number of the file that was closed
    journal.end(key, outcome="done")
    journal.begin(0.0, "POST", "/y")
    other.close()
    assert path.read_bytes() == content
    assert (tmp_path / "other").read_bytes() == b""


@pytest.mark.parametrize("answers", [[401, 200], [401, 401, 200]])
def test_a_refused_token_is_renewed_once_by_who_knows_which_it_was(answers: list[int]) -> None:
    left = list(answers)
    tokens = iter(["old", "new"])

    class SignIn:
        def __init__(self) -> None:
            self.token = next(tokens)
            self.refused: list[str] = []

        def authorize(self, request: httpx.Request, _http: Http) -> None:
            request.headers["X-Auth-Token"] = self.token

        def renew(self, refused: str, _http: Http, /) -> bool:
            self.refused.append(refused)
            self.token = next(tokens)
            return True

    http, transport = http_of(lambda _: httpx.Response(left.pop(0)), reporter=Reporter())
    sign_in = SignIn()
    call = Call("POST", HOST, "the create", body={})
    if len(answers) == 2:
        http.send(call, read_nothing, sign_in)
    else:
        with pytest.raises(evsrep.AuthError):
            http.send(call, read_nothing, sign_in)
    assert sign_in.refused == ["old"]
    assert [r.headers["X-Auth-Token"] for r in transport.requests] == ["old", "new"]


def test_what_a_url_has_before_its_at_sign_does_not_replace_the_credentials() -> None:
    cloud, transport = cloud_of(good, endpoint="https://somebody:secret@evs.example.com")
    cloud.pair("p1")
    assert "Authorization" not in transport.requests[0].headers
    assert transport.requests[0].headers["X-Auth-Token"] == "a-token"


def test_reports_star_out_the_token() -> None:
    reporter = Reporter()
    cloud, _ = cloud_of(lambda _: httpx.Response(403, text="no: a-token"), reporter=reporter)
    with pytest.raises(evsrep.AuthError) as caught:
        cloud.pair("p1")
    told = "\n".join([*reporter.lines, caught.value.full_message, str(caught.value.service_error)])
    assert "a-token" not in told
    assert "> x-auth-token: ***" in told


# Redirects


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(
    "location", [None, "", "http://[", "https://evs.example.com:x/", "//ü..x/"]
)
def test_a_redirect_without_a_place_to_go_is_not_followed(
    status: int, location: str | None
) -> None:
    headers = {} if location is None else {b"Location": location.encode()}
    cloud, transport = cloud_of(lambda _: httpx.Response(status, headers=headers))
    with pytest.raises(Unavailable, match="elsewhere"):
        cloud.create_pair(ORDER)
    assert len(transport.requests) == 1


def test_a_redirect_within_the_origin_is_followed_with_all_that_was_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/moved":
            return good(request)
        return httpx.Response(308, headers={"Location": "/moved"})

    cloud, transport = cloud_of(answer)
    assert cloud.create_pair(ORDER).id == "p1"
    first, second = transport.requests
    assert (second.method, second.content) == (first.method, first.content)
    assert second.headers["X-Auth-Token"] == "a-token"


@given(location=ODD_URLS)
def test_whatever_a_redirect_says_no_other_host_is_asked(location: str) -> None:
    headers = {b"Location": location.encode(errors="surrogatepass")}
    cloud, transport = cloud_of(lambda _: httpx.Response(307, headers=headers))
    with pytest.raises(Unavailable, match="elsewhere"):
        cloud.pair("p1")
    assert {request.url.host for request in transport.requests} == {"evs.example.com"}


def test_a_change_is_not_sent_to_the_same_place_again_and_again() -> None:
    headers = {"Location": "/there"}
    cloud, transport = cloud_of(lambda _: httpx.Response(307, headers=headers))
    with pytest.raises(Unavailable, match="elsewhere"):
        cloud.create_pair(ORDER)
    paths = [request.url.path for request in transport.requests]
    assert paths[1:] == ["/there"]


@pytest.mark.parametrize("location", ["/there", "http://["])
def test_a_change_whose_result_is_elsewhere_may_have_taken_effect(location: str) -> None:
    cloud, transport = cloud_of(lambda _: httpx.Response(303, headers={"Location": location}))
    with pytest.raises(OutcomeUnknown, match="may have taken effect"):
        cloud.create_pair(ORDER)
    assert len(transport.requests) == 1


def test_one_time_out_is_for_all_hops_together() -> None:
    clock = FakeClock()

    def answer(_: httpx.Request) -> httpx.Response:
        clock.moment += 2.0
        return httpx.Response(307, headers={"Location": f"/{clock.moment}"})

    cloud, transport = cloud_of(answer, clock=clock)
    with pytest.raises(Unavailable, match="elsewhere"):
        cloud.create_pair(ORDER)
    assert [r.extensions["timeout"]["read"] for r in transport.requests] == [5.0, 3.0, 1.0]


# Bounds


def test_what_is_compressed_unasked_is_not_inflated() -> None:
    bomb = gzip.compress(gzip.compress(bytes(200 * 1024 * 1024), 1))
    headers = {"Content-Encoding": "gzip, gzip"}
    cloud, _ = cloud_of(lambda r: httpx.Response(200, headers=headers, stream=OneAnswer(bomb)))
    tracemalloc.start()
    try:
        with pytest.raises(Unavailable, match="can't be read"):
            cloud.pair("p1")
        with pytest.raises(OutcomeUnknown, match="can't be read"):
            cloud.create_pair(ORDER)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


class OneAnswer(httpx.SyncByteStream):
    """A body as it comes over the wire."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body


@pytest.mark.parametrize("is_once", [True, False])
def test_a_deadline_is_for_sign_in_renewal_and_tries_together(is_once: bool) -> None:
    clock = FakeClock()

    def answer(request: httpx.Request) -> httpx.Response:
        clock.moment += request.extensions["timeout"]["read"] / 2
        status = 503 if request.url.host == "iam.example.com" else 401
        return httpx.Response(status)

    http, transport = http_of(answer, clock=clock, limits=Limits(60.0, 3))
    who = Password(username="u", user_domain_name="d", project_id="p")
    sign_in = PasswordSignIn("https://iam.example.com", who, password=str, passcode=str)
    sign_in._session = evsrep.Session("over", "", "", "", "p", "", ())
    cloud = Cloud(http, sign_in, Places(endpoint=HOST), project_id="p")
    began, cloud = clock.moment, cloud.within(6.0)
    with pytest.raises(Unavailable):
        (cloud.once(6.0) if is_once else cloud).pair("p1")
    assert clock.moment - began <= 6.0
    assert transport.requests[0].extensions["timeout"]["read"] == 6.0
    assert transport.requests[1].url.host == "iam.example.com"
    assert transport.requests[1].extensions["timeout"]["read"] == 3.0


def test_a_rate_limit_is_not_waited_for_beyond_the_deadline() -> None:
    clock = FakeClock()
    limited = httpx.Response(429, headers={"Retry-After": "30"})
    cloud, transport = cloud_of(lambda _: limited, clock=clock)
    with pytest.raises(Unavailable, match="too many"):
        cloud.within(20.0).pair("p1")
    assert clock.slept == []
    with pytest.raises(Unavailable, match="too many"):
        cloud.pair("p1")
    assert clock.slept == [30.0, 30.0]
    assert len(transport.requests) == 4


# What the cloud and the caller put into URLs


class CatalogSignIn:
    """A sign-in that leads to a catalog with these addresses."""

    def __init__(self, project_id: str = "p", **addresses: str) -> None:
        self.catalog = tuple(
            Endpoint(service, "public", "", url) for service, url in addresses.items()
        )
        self.project_id = project_id

    def authorize(self, request: httpx.Request, _http: Http) -> None:
        pass

    def renew(self, _refused: str, _http: Http, /) -> bool:
        return False

    def session(self, _http: Http) -> evsrep.Session:
        return evsrep.Session("t", "", "", "", self.project_id, "", self.catalog)

    def forget(self, _http: Http) -> bool:
        return False


@given(url=ODD_URLS)
def test_whatever_a_catalog_says_is_asked_or_told_with_its_place(url: str) -> None:
    http, _ = http_of(good)
    sign_in = CatalogSignIn(volumev2=url, compute=url)
    cloud = Cloud(http, sign_in, Places("https://iam.example.com/v3"))
    told = [message_of(lambda: cloud.pair("p1")), message_of(cloud.check_servers)]
    if "plain HTTP" in str(told):
        assert httpx.URL(url).scheme == "http"
        return
    place = "the catalog's address of service '{}' is no URL"
    assert told == ["", ""] or all(
        message.startswith(place.format(service))
        for service, message in zip(("volumev2", "compute"), told, strict=True)
    )


def message_of(ask: Callable[[], object]) -> str:
    """Say what went wrong, if that is one of the two errors that may; nothing where all is well."""
    try:
        ask()
    except (Unavailable, ConfigError) as error:
        return error.message
    return ""


ODD_IDS = ["..", ".", "a/b", "?x", "#", "%2F", "\udcff", "\ud800", "ü", "\\1", " ", "\\g<0>"]


@pytest.mark.parametrize("odd_id", ODD_IDS)
def test_an_id_is_one_segment_of_the_path_whatever_is_in_it(odd_id: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"itemNotFound": {"message": "none", "code": 404}})

    cloud, transport = cloud_of(answer)
    asks: list[Callable[[str], object]] = [
        *(cloud.pair, cloud.group, cloud.disk, cloud.delete_pair, cloud.delete_group),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask(odd_id)
    assert {request.url.raw_path.count(b"/") for request in transport.requests} == {4}
    assert not any(request.url.query for request in transport.requests)


@pytest.mark.parametrize("odd_id", ODD_IDS)
@pytest.mark.parametrize(
    "template", [HOST, f"{HOST}/v2/$(tenant_id)s", f"{HOST}/v2/%(project_id)s"]
)
def test_a_project_is_one_segment_of_the_path_whatever_is_in_it(odd_id: str, template: str) -> None:
    http, transport = http_of(good)
    cloud = Cloud(http, CatalogSignIn(odd_id, volumev2=template), Places())
    cloud.pair("p1")
    assert transport.requests[0].url.raw_path.count(b"/") == 4


def test_a_token_that_no_header_can_hold_is_told() -> None:
    http, transport = http_of(good)
    sign_in = TokenSignIn("", lambda: "\udcff", Password())
    cloud = Cloud(http, sign_in, Places(endpoint=HOST), project_id="p")
    with pytest.raises(ConfigError, match="can't be asked for"):
        cloud.pair("p1")
    assert transport.requests == []


@settings(max_examples=40)
@given(known_id=st.text(min_size=1) | st.sampled_from([*ODD_IDS, "...", "../../etc", "p?x=1"]))
def test_an_id_of_the_clouds_can_not_be_read_or_is_one_segment(known_id: str) -> None:
    """A token's project, too: it is put into the path of all that is asked."""
    for key, read in READERS.items():
        content = json.dumps({key: {"id": known_id, "project": {"id": known_id}}})
        try:
            read(calls.Answer(200, {"x-subject-token": "token"}, content.encode()))
        except Unreadable:
            continue
        assert httpx.URL(f"{HOST}/{quoted(known_id)}").raw_path.count(b"/") == 1
        assert not {"/", "?", "#", "%"}.intersection(known_id)
        assert known_id.strip(".")


READERS: Mapping[str, Callable[[calls.Answer], object]] = {
    "replication": wire.read_pair,
    "replication_consistency_group": wire.read_group,
    "volume": wire.read_disk,
    "server": wire.read_server,
    "token": identity.read_session,
}
