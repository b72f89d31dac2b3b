"""What programs rely on whatever is done: equality by ID, errors that are ours, no secret told."""

import json
import logging
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import evsrep
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import Serve, WriteProfiles
from tests.conftest import EXAMPLE, Run

PASSWORD = "canary-pa55word"
TOKEN = "canary-t0ken"


@pytest.fixture
def paired(run: Run) -> str:
    """An active group 'shop' of one pair 'data', made on the clock of the tests; the pair's ID."""
    words = ("create", "-p", "sandbox", *EXAMPLE, "--name", "data", "--wait", "-o", "json")
    pair_id: str = run(*words).json["id"]
    run("group", "create", "-p", "sandbox", "--name", "shop", "--pair", "data", "--wait")
    return pair_id


def test_things_are_equal_and_hash_by_their_id(paired: str) -> None:
    with evsrep.connect("sandbox") as cloud:
        for look in (cloud.pairs, cloud.groups, cloud.disks):
            first, second = list(look()), list(look())
            assert first == second
            assert set(first) == set(second)
            assert len(set(first)) == len({thing.id for thing in first}) > 0
            assert len({*first, *second}) == len(first)


def test_a_thing_is_the_same_when_it_has_changed(run: Run, home: Path) -> None:
    run("create", "-p", "sandbox", *EXAMPLE, "--name", "data", "--wait")
    with evsrep.connect("sandbox") as cloud:
        before = evsrep.find_pair(cloud, "data")
        evsrep.delete_pair(cloud, "data")
        [after] = cloud.pairs()
        disk = evsrep.find_disk(cloud, "example-production")
    assert (before.status, after.status) == ("available", "deleting")
    assert before == after
    assert {before: "known"}[after] == "known"
    assert before != disk
    assert before != before.id


def test_use_after_the_end_is_an_error_of_ours(paired: str) -> None:
    with evsrep.connect("sandbox") as cloud:
        assert list(cloud.pairs())
    for use in (
        lambda: list(cloud.pairs()),
        lambda: evsrep.find_group(cloud, "shop"),
        lambda: evsrep.delete_pair(cloud, paired),
    ):
        with pytest.raises(evsrep.EvsrepError):
            use()


FORKED = """
import os, sys, threading, evsrep

def told(use):
    try:
        use()
    except evsrep.UsageFault as fault:
        return fault.message
    return "nothing"

with evsrep.connect(sys.argv[1]) as cloud:
    ids = {pair.id for pair in cloud.pairs()}
    child = os.fork()
    if not child:
        print(told(lambda: list(cloud.pairs())), told(cloud.session), sep="; ", flush=True)
        with evsrep.connect(sys.argv[1]) as own:
            print(ids == {pair.id for pair in own.pairs()}, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print(ids == {pair.id for pair in cloud.pairs()})
"""


@pytest.mark.parametrize("profile", ["sandbox", "served"])
def test_a_fork_asks_by_a_cloud_of_its_own(paired: str, served: str, profile: str) -> None:
    words = [sys.executable, "-c", FORKED, profile]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    first, *others = done.stdout.splitlines()
    assert first.count("opened in another process") == 2
    assert others == ["True", "True"]


@pytest.mark.parametrize("bug", [RuntimeError("a bug"), MemoryError(), KeyboardInterrupt()])
def test_the_journal_knows_of_a_change_whatever_ended_it(
    paired: str, home: Path, monkeypatch: pytest.MonkeyPatch, bug: BaseException
) -> None:
    def broken(*_words: object) -> None:
        raise bug

    with evsrep.connect("sandbox") as cloud:
        _ = cloud.session()
        monkeypatch.setattr("evsrep.cloud.http.Http._read_whole", broken)
        with pytest.raises(type(bug)):
            cloud.delete_pair(paired)
    journal = home / ".local/state/evsrep/journal.jsonl"
    assert json.loads(journal.read_text().splitlines()[-1])["outcome"] == "unknown"


def test_importing_it_brings_no_library() -> None:
    code = (
        "import sys; import evsrep; print({'click', 'rich', 'httpx', 'httpcore'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_using_it_brings_no_shell(paired: str) -> None:
    code = (
        "import sys, evsrep\n"
        "with evsrep.connect('sandbox') as cloud: list(cloud.pairs())\n"
        "print(*sorted(name for name in sys.modules if name.startswith('evsrep.cli')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_no_secret_is_in_a_repr_or_the_log(
    serve: Serve, write_profiles: WriteProfiles, caplog: pytest.LogCaptureFixture
) -> None:
    keys = ready_profile(serve())
    write_profiles(**keys)
    with caplog.at_level(logging.DEBUG, "evsrep"), evsrep.connect("served") as cloud:
        session = cloud.session()
        pairs = list(cloud.pairs())
        shown = f"{cloud!r} {cloud} {session!r} {session} {pairs} {vars(cloud)}"
    assert session.token
    assert caplog.messages
    for secret in (session.token, keys["password"]):
        assert secret not in shown
        assert secret not in caplog.text


@pytest.mark.parametrize("keys", [{"password": PASSWORD}, {"password": "", "token": TOKEN}])
def test_no_secret_is_in_an_error(
    serve: Serve, write_profiles: WriteProfiles, caplog: pytest.LogCaptureFixture,
    keys: dict[str, str],
) -> None:  # fmt: skip
    every = {**ready_profile(serve()), **keys}
    write_profiles(**{key: value for key, value in every.items() if value})
    with (
        caplog.at_level(logging.DEBUG, "evsrep"),
        pytest.raises(evsrep.AuthError) as caught,
        evsrep.connect("served") as cloud,
    ):
        list(cloud.pairs())
    error = caught.value
    told = f"{error} {error!r} {vars(error)} {''.join(traceback.format_exception(error))}"
    assert error.message in told
    for secret in (PASSWORD, TOKEN):
        assert secret not in told + caplog.text
