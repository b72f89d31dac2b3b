"""Every command against a cloud that stops in the middle: it ends in its time, and says so."""

import re
import shlex
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from evsrep.cli.help import REQUESTS
from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.conftest import Done
from tests.faults.commands import (
    CHANGES,
    READS,
    SIGN_INS,
    Words,
    changes_of,
    is_sign_in,
    strike_changes,
    write_files,
)
from tests.faults.conftest import Weather, a_grouped_cloud, run_hurried
from tests.weather.faults import FAULTS, TLS_FAULTS, Fault, drip, slow
from tests.weather.server import ANY

SHORT_SECONDS = 0.4  # where no answer comes anyway
SECONDS = 1.5  # where there are some, which a busy machine is to have time for
LONGEST_SECONDS = 30.0  # ten looks that get no answer, a minute of pauses in a hurry, and busy
STALLS = {
    "no answer": FAULTS["stall"],
    "done, and no answer": FAULTS["process-then-stall"],
    "half a head": FAULTS["half-head-then-stall"],
    "half a body": FAULTS["half-body-then-stall"],
    "a byte now and then": drip(0.03),
    "blanks without end": FAULTS["endless-drip"],
    "100 Continue without end": FAULTS["endless-informational"],
    "too late": slow(30.0),
}


class Ended(NamedTuple):
    """A command that has ended, and after how long."""

    command: str
    done: Done
    seconds: float


def type_to(url: str, home: Path, limit: float, command: str, words: Sequence[str]) -> Ended:
    """Type a command to a cloud, with the profile file in this home."""
    if command == "profile init":
        secret = {"password_command": f"echo {ready_profile(url)['password']}"}
        keys = {k: v for k, v in (ready_profile(url) | secret).items() if k != "password"}.items()
        words = [*words, *(w for key, value in keys for w in (f"--{key}".replace("_", "-"), value))]
    words = [str(home / word) if word in ("pairs.csv", "openrc") else word for word in words]
    config = str(home / ".config/evsrep/config.toml")
    limits = ["--timeout", str(limit), "--retries", "0"]
    started = time.monotonic()
    done = run_hurried(*command.split(), *words, *limits, "--config", config, "-o", "json")
    return Ended(command, done, time.monotonic() - started)


def all_at_once(
    weather: Weather, home: Path, commands: Words, limit: float = SHORT_SECONDS
) -> Iterator[Ended]:
    """Type commands to one cloud, side by side."""
    url = weather.server.url
    write_files(url, home)
    with ThreadPoolExecutor(len(commands)) as pool:
        typed = [pool.submit(type_to, url, home, limit, *command) for command in commands.items()]
        yield from (future.result() for future in typed)


def code_of(ended: Ended) -> int:
    """The exit code of a command that ended in its time, and said what is wrong, if anything is."""
    command, done, seconds = ended
    assert "Traceback" not in done.stderr, command
    assert seconds < LONGEST_SECONDS, f"{command} took {seconds} s"
    if done.exit_code != ExitCode.DONE:
        assert done.error["exit_code"] == done.exit_code
        assert done.error["message"], command
    return done.exit_code


def test_no_command_is_left_out() -> None:
    asking = {verb for words, _ in REQUESTS for verb in verbs_of(words)}
    assert asking - {"export"} == {*CHANGES, *READS, "doctor"}


def verbs_of(words: str) -> list[str]:
    """The commands that a row of the help's table names: `group show, ready` are two."""
    verbs = words.removeprefix("group ")
    return [f"group {verb}" if verbs != words else verb for verb in verbs.split(", ")]


@pytest.mark.parametrize("stall", STALLS.values(), ids=STALLS.keys())
def test_nothing_comes_after_the_sign_in(grouped: Weather, home: Path, stall: Fault) -> None:
    assert grouped.run("auth", "check").exit_code == ExitCode.DONE  # the token is kept
    grouped.server.weather = lambda request: None if is_sign_in(request) else stall
    before = changes_of(grouped)
    for ended in all_at_once(grouped, home, {**READS, **CHANGES}):
        is_own = ended.command == "health"  # which has exit codes of its own: 3 is "not known"
        assert code_of(ended) == (ExitCode.CONFIG if is_own else ExitCode.UNAVAILABLE), ended
    assert changes_of(grouped) == before


@pytest.mark.parametrize("name", ["no answer", "half a head", "a byte now and then"])
def test_a_list_comes_and_nothing_of_a_single_thing(
    grouped: Weather, home: Path, name: str
) -> None:
    single = re.compile(r"/[0-9a-f-]{36}$")
    grouped.server.weather = lambda request: STALLS[name] if single.search(request.path) else None
    for ended in all_at_once(grouped, home, READS, SECONDS):
        # of a server that can't be seen nothing is known
        own = {"wait": ExitCode.WAIT_TIMEOUT, "plan": ExitCode.REFUSED}
        assert code_of(ended) == own.get(ended.command.split()[-1], ExitCode.DONE), ended


@pytest.mark.parametrize("name", ["no answer", "half a body", "a byte now and then"])
def test_nothing_comes_at_the_sign_in(grouped: Weather, home: Path, name: str) -> None:
    grouped.server.weather = lambda request: STALLS[name]
    for ended in all_at_once(grouped, home, SIGN_INS):
        was_asked = ended.command != "auth logout"  # no token is kept
        assert code_of(ended) == (ExitCode.UNAVAILABLE if was_asked else ExitCode.DONE), ended


@pytest.mark.parametrize("fault", TLS_FAULTS.values(), ids=TLS_FAULTS.keys())
def test_no_handshake_comes_to_its_end(tls_weather: Weather, home: Path, fault: Fault) -> None:
    tls_weather.play(ANY, "", fault, times=1000)
    for ended in all_at_once(tls_weather, home, {verb: SIGN_INS[verb] for verb in SIGN_IN_HERE}):
        assert code_of(ended) == ExitCode.UNAVAILABLE, ended
        assert re.search("TLS failed: |Connection reset by peer", ended.done.error["message"])


@pytest.mark.parametrize("name", ["no answer", "done, and no answer", "half a body", "too late"])
def test_a_change_gets_no_answer(home: Path, seeded: Path, prefilled: Path, name: str) -> None:
    processed = STALLS[name].processed
    for ended in one_cloud_each(home, seeded, prefilled, STALLS[name], for_good=False):
        own = IF_DONE if processed else IF_NOT_DONE
        usual = ExitCode.DONE if processed else ExitCode.UNKNOWN  # it may show late
        assert code_of(ended) == own.get(ended.command, usual), ended


def test_no_answer_comes_from_a_change_on(home: Path, seeded: Path, prefilled: Path) -> None:
    for ended in one_cloud_each(home, seeded, prefilled, STALLS["no answer"], for_good=True):
        is_apply = ended.command == "apply"
        assert code_of(ended) == (ExitCode.PARTIAL if is_apply else ExitCode.UNKNOWN), ended
        resume = shlex.split(ended.done.error["resume"])
        assert resume[0] == "evsrep"
        assert ended.done.stdout


IF_DONE = {"group delete": ExitCode.UNKNOWN}  # it was refused, since it is not empty
IF_NOT_DONE = {
    "apply": ExitCode.PARTIAL,
    "group expand": ExitCode.UNKNOWN,  # nothing proves that the disks do not grow
    "group switchover": ExitCode.UNKNOWN,  # nothing proves that it does not begin yet
    "group sync": ExitCode.DONE,  # it was active already
    "group reprotect": ExitCode.DONE,
}
SIGN_IN_HERE = ("auth check", "auth token", "doctor")


def one_cloud_each(
    home: Path, seeded: Path, prefilled: Path, stall: Fault, *, for_good: bool
) -> Iterator[Ended]:
    """Type each command that changes something to a cloud of its own, side by side."""
    with ExitStack() as stack, ThreadPoolExecutor(len(CHANGES)) as pool:
        typed = []
        for command, words in CHANGES.items():
            folder = home / command
            folder.mkdir()
            cloud = stack.enter_context(a_grouped_cloud(folder, seeded, prefilled))
            url = cloud.server.url
            write_files(url, folder)
            strike_changes(cloud, stall, for_good=for_good)
            typed.append(pool.submit(type_to, url, folder, SECONDS, command, words))
        for future in typed:
            yield future.result()
