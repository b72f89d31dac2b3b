"""`evsrep list`."""

import itertools
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from evsrep.cloud.models import Disk
from evsrep.cloud.paging import Page, walk
from evsrep.errors import ExitCode, Unavailable
from tests.cli.conftest import SandboxFile, Serve, WriteProfiles, requests_in
from tests.conftest import DR, PRODUCTION, FakeClock, Run

DB = ("33f6d2a1-7b6b-49e7-93c8-ed05a19492de", "5ac231a6-77fb-49e0-898a-3ba330912e4d")
COLUMN = ("-o", "value", "-c", "name")

ListOf = Callable[..., list[str]]
CompleteWords = Callable[[str], list[str]]


@pytest.fixture
def pairs(sandbox: Run, clock: FakeClock) -> list[str]:
    """Two pairs, 'b' older than 'a'; their IDs, newest first."""
    ids: list[str] = []
    for name, (production, dr) in {"b": (PRODUCTION, DR), "a": DB}.items():
        words = ("--production-disk", production, "--dr-disk", dr, "--name", name)
        done = sandbox("create", *words, "-o", "value", "-c", "id")
        ids.insert(0, done.stdout.strip())
        clock.sleep(100)
    return ids


class ManyPairs:
    """A cloud with so many pairs: pages by marker, and refuses one that is gone."""

    def __init__(self, count: int, *, knows_markers: bool = True) -> None:
        self.ids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(count)]
        self.queries: list[Mapping[str, str]] = []
        self.before_page: Callable[[int], None] = lambda number: None
        self.is_marker: Callable[[str], bool] = lambda marker: marker in self.ids
        self._knows_markers = knows_markers

    def __call__(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        query = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
        self.queries.append(query)
        self.before_page(len(self.queries))
        status, body = self._answer(query)
        raw = json.dumps(body).encode()
        start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(raw)))])
        return [raw]

    def _answer(self, query: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        first, marker = int(query.get("offset", 0)), query.get("marker")
        if marker and self._knows_markers:
            if not self.is_marker(marker):
                return "400 Bad Request", {
                    "badRequest": {"code": 400, "message": "marker not found"}
                }
            first = self.ids.index(marker) + 1
        page = self.ids[first : first + int(query["limit"])]
        return "200 OK", {"replications": [self._pair(pair_id) for pair_id in page]}

    @staticmethod
    def _pair(pair_id: str) -> dict[str, Any]:
        return {"id": pair_id, "name": "x", "status": "available", "volume_ids": "a,b"}


@pytest.fixture
def list_of(run: Run, serve: Serve, write_profiles: WriteProfiles) -> ListOf:
    """The IDs that `list` prints of a cloud of our own."""

    def list_of(cloud: ManyPairs, *words: str) -> list[str]:
        url = serve(lambda app: cloud)
        write_profiles(endpoint=url, project_id="p", token="t0ken")
        done = run("list", "-p", "served", "-o", "value", "-c", "id", *words)
        assert done.exit_code == ExitCode.DONE, done.stderr
        return done.stdout.split()

    return list_of


def test_list_shows_each_pair_with_what_a_person_wants_to_know(
    sandbox: Run, pairs: list[str]
) -> None:
    done = sandbox("list")
    heading, first, second = done.stdout.splitlines()
    assert heading.split() == [
        "id", "name", "status", "replication_status", "progress", "priority_station", "volume_ids",
    ]  # fmt: skip
    assert first.startswith(pairs[0])
    assert second.startswith(pairs[1])


def test_json_has_all_fields_in_an_array(sandbox: Run, pairs: list[str]) -> None:
    done = sandbox("list", "-o", "json")
    assert [pair["id"] for pair in done.json] == pairs
    assert done.json[0]["record_metadata"] == {
        "volume_size": 100, "volume_type": "ssd", "multiattach": False,
    }  # fmt: skip


def test_jsonl_has_a_line_each(sandbox: Run, pairs: list[str]) -> None:
    lines = sandbox("list", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == pairs


@pytest.mark.parametrize(("form", "text"), [("json", "[]\n"), ("jsonl", ""), ("value", "")])
def test_no_pairs_are_an_empty_list(sandbox: Run, form: str, text: str) -> None:
    assert sandbox("list", "-o", form).stdout == text


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
def test_on_a_terminal_a_pair_is_a_line_and_the_sum_is_on_stderr(
    sandbox: Run, pairs: list[str], width: int
) -> None:
    done = sandbox("list", terminal=True, width=width)
    assert done.stderr == "2 pairs: 2 active\n"
    screen = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    heading, *rows = screen.splitlines()
    assert max(map(len, screen.splitlines())) <= width
    assert heading.split()[0] == "NAME"
    if width >= 80:
        assert [row.split()[-1] for row in rows] == pairs
        assert [row.split()[0] for row in rows] == ["a", "b"]
    if width >= 140:
        assert "db-01-data" in rows[0]
        assert rows[1].split()[3:5] == ["example-production", "example-dr"]


def test_the_sum_is_for_people_who_want_it(sandbox: Run, pairs: list[str]) -> None:
    assert sandbox("list").stderr == "2 pairs: 2 active\n"
    for words in (["-q"], ["-o", "json"], ["-o", "jsonl"], ["-o", "value"]):
        assert sandbox("list", *words).stderr == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_an_empty_list_says_what_was_looked_for_where_and_what_helps(
    sandbox: Run, pairs: list[str], terminal: bool
) -> None:
    words = ("--status", "error", "--name", "two words")
    done = sandbox("list", *words, terminal=terminal)
    assert done.exit_code == ExitCode.DONE
    assert done.stderr == (
        "no pair with --name 'two words' --status error in project sandbox (profile sandbox); "
        "all of them: evsrep list -p sandbox\n"
    )
    sandbox("sandbox", "reset")
    done = sandbox("list", terminal=terminal)
    assert done.stderr == (
        "no pairs in project sandbox (profile sandbox); "
        "make one: evsrep create --production-disk DISK --dr-disk DISK -p sandbox\n"
    )
    done = sandbox("group", "list", terminal=terminal)
    assert done.stderr.startswith("no groups in project sandbox (profile sandbox); make one: ")
    assert sandbox("list", "-q").stderr == ""


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--name", "a"], "a"),
        (["--name", "A"], ""),
        (["--status", "available"], "a b"),
        (["--disk", PRODUCTION], "b"),
        (["--disk", PRODUCTION.upper()], "b"),
        (["--disk", "db-01-data-dr"], "a"),
        (["--priority-station", "az1.dc1"], "a"),
        (["--group", "00000000-0000-4000-8000-000000000000"], ""),
        (["--sort", "name"], "a b"),
        (["--sort", "name:desc"], "b a"),
        (["--sort", "created_at:asc"], "b a"),
        (["--limit", "1"], "a"),
        (["--limit", "5"], "a b"),
        (["--changed-since", "2023-11-14T22:14:00"], "a"),
        (["--changed-since", "2023-11-14T23:14:00+01:00"], "a"),
        (["--changed-since", "2030-01-01"], ""),
        (["--changed-since", "1d"], "a b"),
        (["--changed-since", "2m30s"], "a"),
    ],
)
def test_filters_order_and_limit(
    sandbox: Run, pairs: list[str], words: list[str], names: str
) -> None:
    done = sandbox("list", *words, *COLUMN)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.stdout.split() == names.split()


def test_what_can_be_filtered_there_is_asked_for(sandbox: Run, pairs: list[str]) -> None:
    words = ("--status", "available", "--sort", "name", "--changed-since", "2023-01-01T00:00:00Z")
    done = sandbox("list", *words, "--debug")
    [asked] = [request for request in requests_in(done.stderr) if "replications" in request]
    query = parse_qs(asked.partition("?")[2])
    assert query["sort_key"] == ["name"]
    assert query["sort_dir"] == ["asc"]
    assert query["status"] == ["available"]
    assert query["changes-since"] == ["2023-01-01T00:00:00"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sort", "nme"], "did you mean 'name'?"),
        (["--sort", "name:up"], "no direction 'up'"),
        (["--sort", ""], "no field to sort by ''"),
        (["--changed-since", "yesterday"], "'yesterday' is no time"),
        (["--limit", "0"], "0 is not in the range"),
        (["--group", "", "--disk", ""], "--group and --disk: empty"),
        (["-c", "nope"], "no such column of a pair: nope"),
    ],
)
def test_what_can_not_be_asked_is_told_before_anything_is_sent(
    sandbox: Run, sandbox_file: SandboxFile, words: list[str], said: str
) -> None:
    done = sandbox("list", *words)
    assert done.exit_code == ExitCode.USAGE
    assert said in done.stderr
    assert not sandbox_file.was_asked


def test_all_pages_are_walked_by_marker(list_of: ListOf) -> None:
    cloud = ManyPairs(2500)
    assert list_of(cloud) == cloud.ids
    assert [query.get("marker") for query in cloud.queries] == [
        None, cloud.ids[999], cloud.ids[1999],
    ]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 999, 1000, 1001, 2500, 9999])
def test_the_limit_bounds_the_whole(list_of: ListOf, limit: int) -> None:
    cloud = ManyPairs(2500)
    assert list_of(cloud, "--limit", str(limit)) == cloud.ids[:limit]
    assert len(cloud.queries) <= (limit - 1) // 1000 + 1


@pytest.mark.parametrize("gone", [1, 3, 40, 1000, 1500])
def test_pairs_that_vanish_with_the_marker_lose_no_others(list_of: ListOf, gone: int) -> None:
    cloud = ManyPairs(3000)
    before = list(cloud.ids)

    def vanish(number: int) -> None:
        if number == 3:  # the marker is the last of the second page
            del cloud.ids[2000 - gone : 2000]

    cloud.before_page = vanish
    assert list_of(cloud) == before


def test_pairs_that_appear_meanwhile_double_no_others(list_of: ListOf) -> None:
    cloud = ManyPairs(2500)
    before = list(cloud.ids)

    def appear(number: int) -> None:
        cloud.ids.insert(0, f"11111111-0000-4000-8000-{number:012d}")

    cloud.before_page = appear
    assert [pair_id for pair_id in list_of(cloud) if pair_id in before] == before


def test_a_server_that_knows_no_markers_is_paged_by_offset(list_of: ListOf) -> None:
    cloud = ManyPairs(2500, knows_markers=False)
    assert list_of(cloud) == cloud.ids


def test_a_server_that_refuses_every_marker_is_an_error(
    run: Run, serve: Serve, write_profiles: WriteProfiles
) -> None:
    cloud = ManyPairs(1500)
    cloud.is_marker = lambda marker: False
    write_profiles(endpoint=serve(lambda app: cloud), project_id="p", token="t0ken")
    done = run("list", "-p", "served", "-o", "value", "-c", "id")
    assert done.exit_code == ExitCode.REFUSED
    assert "marker not found" in done.stderr
    assert len(cloud.queries) < 60


@pytest.mark.parametrize("page", [1, 1000])
def test_a_list_without_end_is_told(page: int) -> None:
    asked = itertools.count()

    def ask(_query: str) -> Page[Disk]:
        first = next(asked) * page
        return Page([disk._replace(id=str(first + n)) for n in range(page)], has_more=True)

    disk = Disk("", "", "", None, "", "", (), {})
    with pytest.raises(Unavailable, match="the list has no end"):
        deque(walk(ask, {}), maxlen=0)
    assert next(asked) < 2500


def test_the_names_are_kept_for_tab(
    sandbox: Run, pairs: list[str], home: Path, complete_words: CompleteWords
) -> None:
    sandbox("list")
    assert complete_words("evsrep show -p sandbox ") == ["a", "b"]
    assert complete_words("evsrep delete -p sandbox b ") == ["a"]
    assert complete_words("evsrep list -p sandbox --priority-station az1") == ["az1.dc1"]
    assert complete_words("evsrep list -p sandbox --sort prio") == [
        "priority_station", "priority_station:asc", "priority_station:desc",
    ]  # fmt: skip
    assert complete_words("evsrep list --status err") == ["error", "error_deleting"]


def test_tab_knows_what_can_be_explained(complete_words: CompleteWords) -> None:
    assert complete_words("evsrep explain 3710017") == ["37100177", "37100178"]
    assert complete_words("evsrep explain failov") == ["failovering", "failovered"]


def test_a_part_of_the_list_adds_to_the_names(
    sandbox: Run, pairs: list[str], complete_words: CompleteWords
) -> None:
    sandbox("list", "--name", "a")
    sandbox("list", "--name", "b")
    assert set(complete_words("evsrep show -p sandbox ")) == {"a", "b"}


def test_a_broken_cache_is_none(
    sandbox: Run, pairs: list[str], home: Path, complete_words: CompleteWords
) -> None:
    sandbox("list")
    [kept] = (home / ".cache/evsrep/names").iterdir()
    for content in (
        b"",
        b"[]",
        b"\xff",
        b'{"pairs": 1, "zones": 2}',
        b'{"pairs": {}, "zones": []}',
    ):
        kept.write_bytes(content)
        assert complete_words("evsrep show -p sandbox ") == []


@pytest.fixture
def complete_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> CompleteWords:
    """What Tab offers at the end of a line."""
    from click.shell_completion import ShellComplete

    from evsrep.cli.app import App, Environment
    from evsrep.cli.root import cli

    def complete_words(line: str) -> list[str]:
        *args, incomplete = line.split(" ")[1:]
        found = ShellComplete(cli, {"obj": App(Environment())}, "evsrep", "_EVSREP_COMPLETE")
        return [str(item.value) for item in found.get_completions(args, incomplete)]

    return complete_words
