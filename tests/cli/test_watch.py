"""`list --watch` and `health --watch`."""

import json
import re

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import Serve, WriteProfiles, Wsgi
from tests.conftest import FakeClock, Run


class EndingClock(FakeClock):
    """A clock on which somebody presses Ctrl-C after so many waits."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self._left = waits

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("words", ["list", "health"])
def test_on_a_terminal_it_is_drawn_anew(sandbox: Run, pair_id: str, words: str) -> None:
    clock = EndingClock(3)
    done = sandbox(words, "--watch", "10s", terminal=True, clock=clock)
    assert done.exit_code == ExitCode.INTERRUPTED
    assert clock.slept == [10, 10, 10]
    screens = done.stdout.split("\x1b[H\x1b[2J")[1:]
    assert len(screens) == 3
    assert all("my replication" in screen for screen in screens)
    assert "Ctrl-C ends it" in done.stderr


def test_elsewhere_it_is_a_line_a_change(sandbox: Run, pair_id: str) -> None:
    done = sandbox("list", "--watch", "1s", clock=EndingClock(60))
    assert done.exit_code == ExitCode.INTERRUPTED
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    assert {line[1] for line in lines} == {pair_id}
    states = [line[2] for line in lines]
    assert (states[0], states[-1]) == ("creating", "active")
    assert len(states) == len(set(states))
    assert all(re.fullmatch(r"copying \d+ %", state) for state in states[1:-1])
    objects = sandbox("list", "--watch", "1s", "-o", "jsonl", clock=EndingClock(60)).stdout
    assert [json.loads(line)["id"] for line in objects.splitlines()] == [pair_id] * len(states)
    health = sandbox("health", "--watch", "5s", clock=EndingClock(6)).stdout
    assert [line.split("  ")[2] for line in health.splitlines()] == ["degraded", "protected"]


def test_what_goes_is_told(
    run: Run, serve: Serve, write_profiles: WriteProfiles, clock: FakeClock
) -> None:
    looks = iter(["[]", None, "[]"])

    def around(app: Wsgi) -> Wsgi:
        def answer(environ, start_response):  # type: ignore[no-untyped-def]
            if "os-vendor-replications" not in environ["PATH_INFO"]:
                return app(environ, start_response)
            thing = '{"id": "p1", "name": "a", "status": "available", "volume_ids": "a,b"}'
            kind = next(looks, "[]")
            body = f'{{"replications": {kind or f"[{thing}]"}}}'.encode()
            head = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
            start_response("200 OK", head)
            return [body]

        return answer

    write_profiles(**ready_profile(serve(around)))
    done = run("list", "--watch", "1s", "-p", "served", clock=EndingClock(4))
    assert [line.split("  ")[1:] for line in done.stdout.splitlines()] == [
        ["p1", "available", "a"], ["p1", "gone"],
    ]  # fmt: skip


def test_a_look_that_fails_is_a_missed_look(
    run: Run, serve: Serve, write_profiles: WriteProfiles
) -> None:
    answers = iter([True, False, True])

    def around(app: Wsgi) -> Wsgi:
        def answer(environ, start_response):  # type: ignore[no-untyped-def]
            if "os-vendor-replications" in environ["PATH_INFO"] and not next(answers, True):
                start_response("503 Busy", [("Content-Length", "0")])
                return [b""]
            return app(environ, start_response)

        return answer

    write_profiles(**ready_profile(serve(around)))
    words = ("list", "--watch", "7s", "-p", "served", "--retries", "0")
    done = run(*words, clock=EndingClock(3))
    assert done.exit_code == ExitCode.INTERRUPTED
    assert "looking again in 7 s" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--watch", "0"], "out of range"),
        (["list", "--watch", "soon"], "soon"),
        (["list", "--watch", "1s", "-o", "json"], "say -o jsonl"),
        (["health", "--watch", "1s", "-o", "json"], "say -o jsonl"),
    ],
)
def test_what_can_not_be_watched(sandbox: Run, words: list[str], said: str) -> None:
    done = sandbox(*words, clock=EndingClock(1))
    assert done.exit_code == ExitCode.USAGE
    assert said in done.stderr
