"""A proxy that fails is blamed for it, and named, never with its password."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import WriteProfiles
from tests.conftest import Run

AWAY = "https://iam.cloud.test/v3"  # known to no resolver: only the proxy may be asked for it
SECRET = "geheim-geheim"


@contextmanager
def proxy_that_answers(answer: bytes) -> Iterator[int]:
    """A proxy on loopback that answers every CONNECT so; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(params=["profile", "variable"])
def behind(
    request: pytest.FixtureRequest, write_profiles: WriteProfiles, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Have a cloud behind a proxy: `behind("127.0.0.1:3128")` returns how it is to be named."""

    def behind(place: str) -> str:
        url = f"http://alice:{SECRET}@{place}"
        keys = ready_profile(AWAY) | {"auth_url": AWAY}
        if request.param == "profile":
            write_profiles(**keys, proxy=url)
            return f"the proxy {place} (proxy in the profile)"
        write_profiles(**keys)
        monkeypatch.setenv("HTTPS_PROXY", url)
        return f"the proxy {place} (HTTPS_PROXY)"

    return behind


def test_a_dead_proxy_is_to_blame_and_not_the_cloud(run: Run, behind: Any) -> None:
    named = behind("127.0.0.1:1")
    done = run("list", "-p", "served", "--retries", "0", "-v")
    assert done.exit_code == ExitCode.UNAVAILABLE
    assert f"error: no connection to {named}: Connection refused" in done.stderr
    assert f"iam.cloud.test is asked through {named}" in done.stderr
    assert "no connection to iam.cloud.test" not in done.stderr
    for words in (("list", "--debug"), ("doctor",), ("auth", "check", "-o", "json")):
        told = run(*words, "-p", "served", "--retries", "0")
        assert SECRET not in told.stdout + told.stderr
        assert named in told.stdout + told.stderr


def test_doctor_looks_up_the_proxy(run: Run, behind: Any) -> None:
    named = behind("127.0.0.1:1")
    rows = {row["check"]: row for row in run("doctor", "-p", "served", "-o", "json").json}
    assert rows["host name"]["result"] == "ok"
    assert rows["host name"]["detail"] == (
        f"iam.cloud.test is asked through {named}, which is 127.0.0.1"
    )
    assert rows["connection"]["result"] == "failed"
    assert rows["connection"]["detail"].startswith(f"no connection to {named}: ")


def test_a_proxy_that_has_no_address_is_told_as_that(run: Run, behind: Any) -> None:
    named = behind("proxy.invalid:3128")
    rows = {row["check"]: row for row in run("doctor", "-p", "served", "-o", "json").json}
    assert rows["host name"]["result"] == "failed"
    assert rows["host name"]["detail"].startswith(f"{named}: the name proxy.invalid does not")
    done = run("list", "-p", "served", "--retries", "0")
    assert done.exit_code == ExitCode.UNAVAILABLE
    assert f"no connection to {named}: the name proxy.invalid does not resolve" in done.stderr


@pytest.mark.parametrize(
    ("answer", "exit_code", "said"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", ExitCode.UNAVAILABLE, "failed: 502 Bad Gateway"),
        (b"HTTP/1.1 407 No\r\n\r\n", ExitCode.AUTH, "refused the credentials"),
    ],
)
def test_what_a_proxy_answers_is_told_as_its_own(
    run: Run, behind: Any, answer: bytes, exit_code: ExitCode, said: str
) -> None:
    with proxy_that_answers(answer) as port:
        named = behind(f"127.0.0.1:{port}")
        done = run("list", "-p", "served", "--retries", "0")
    assert done.exit_code == exit_code
    assert f"error: {named} {said}" in done.stderr
