"""The mistakes that people make: with words of other tools, and with names and IDs pasted."""

import unicodedata
from pathlib import Path

import pytest

import evsrep
from evsrep.errors import ExitCode
from tests.conftest import DR, EXAMPLE, PRODUCTION, Run

OTHER_WORDS = {
    "pair list": "did you mean 'list'?",
    "pair delete x": "did you mean 'delete'?",
    "pair rm x": "did you mean 'delete'?",
    "pairs": "did you mean 'list'?",
    "ls": "did you mean 'list'?",
    "group ls": "did you mean 'list'?",
    "rm x": "did you mean 'delete'?",
    "group rm x": "did you mean 'delete'?",
    "get x": "did you mean 'show'?",
    "describe x": "did you mean 'show'?",
    "status x": "did you mean 'show'?",
    "status": "did you mean 'health'?",
    "login": "did you mean 'auth check'?",
    "logout": "did you mean 'auth logout'?",
    "version": "did you mean '--version'?",
    "failover web": "did you mean 'group failover'?",
    "ready web": "did you mean 'group ready'?",
    "init": "did you mean 'profile init'?",
    "serve": "did you mean 'sandbox serve'?",
    "volumes": "did you mean 'disks'?",
    "--json list": "did you mean '-o json'?",
    "list --json": "did you mean '-o json'?",
    "list --format json": "did you mean '-o json'?",
    "show x --format json": "did you mean '-o json'?",
    "export --format yaml": "'yaml' is not one of 'csv', 'jsonl'",
    "list -o yaml": "'yaml' is not one of 'table', 'json', 'jsonl', 'value'",
    "list -o=json": "without the sign: -o json",
    "create --volume-ids a,b": "did you mean '--volume-id ID --volume-id ID'?",
    "create --az eu-de-01": "did you mean '--priority-station'?",
    "create --source a --target b": "did you mean '--production-disk'?",
    "create --wait=60": "for the time: --wait --wait-timeout 60",
    "list --limit": "see 'evsrep list --help'",
    "create --prod x": "did you mean '--production-disk'?",
    "wait x --wait=60": "did you mean '--wait-timeout'?",
    "delete x --force": "did you mean '--yes'?",
    "delete x -y": "did you mean '--yes'?",
    "show my pair": "a name of several words wants quotes: evsrep show 'my pair'",
    "group show my group": "a name of several words wants quotes: evsrep group show 'my group'",
    "show -x": "a name that begins with a dash goes behind '--': evsrep show -- -x",
    "list --status avail": "did you mean 'available'?",
}


@pytest.mark.parametrize("typed", OTHER_WORDS)
def test_a_word_of_another_tool_gets_the_right_one(run: Run, typed: str) -> None:
    done = run(*typed.split(), "-p", "sandbox")
    assert done.exit_code == ExitCode.USAGE
    assert done.stdout == ""
    error = done.stderr if done.stderr.startswith("error: ") else str(done.error)
    assert OTHER_WORDS[typed] in error


def test_what_is_behind_two_dashes_is_a_name(run: Run) -> None:
    assert run("create", *EXAMPLE, "--name=-x", "-p", "sandbox").exit_code == ExitCode.DONE
    words = ("show", "-p", "sandbox", "-o", "value", "-c", "name", "--", "-x")
    assert run(*words).stdout == "-x\n"


def test_two_dashes_before_what_begins_with_a_dash_is_told_of_names_alone(run: Run) -> None:
    assert "goes behind" not in run("list", "-x").stderr
    assert "wants quotes" not in run("list", "pairs").stderr
    assert "hunter2" not in run("auth", "token", "hunter2").stderr


PASTED = {
    "blanks": " {} ",
    "a comma": "{},",
    "quotes of a document": "\u201c{}\u201d",
    "quotes of JSON": '"{}",',
    "a no-break blank": "\u00a0{}\u00a0",
    "a blank that can't be seen": "\u200b{}\u200b",
    "a byte-order mark": "\ufeff{}",
    "a line end": "{}\r\n",
}


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED.keys())
def test_what_was_pasted_with_an_id_is_taken_off(sandbox: Run, pasted: str, tmp_path: Path) -> None:
    disks = ("--production-disk", pasted.format(PRODUCTION.upper()), "--dr-disk", pasted.format(DR))
    made = sandbox("create", *disks, "-o", "json")
    assert made.exit_code == ExitCode.DONE, made.stderr
    pair_id = pasted.format(made.json["id"])
    for words in (
        ("show", pair_id),
        ("wait", pair_id),
        ("wait", pair_id, pair_id.upper()),
        ("list", "--disk", pasted.format(DR)),
        ("delete", pair_id, "--yes"),
    ):
        done = sandbox(*words, "-o", "json")
        assert done.exit_code == ExitCode.DONE, done.stderr
        assert made.json["id"] in done.stdout


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED.keys())
def test_so_it_is_in_a_file_and_in_a_program(home: Path, sandbox: Run, pasted: str) -> None:
    file = home / "pairs.jsonl"
    row = {"production_disk": pasted.format(PRODUCTION), "dr_disk": pasted.format(DR)}
    file.write_text(evsrep_json(row))
    done = sandbox("apply", str(file), "-o", "json")
    assert [it["volume_ids"] for it in done.json] == [[PRODUCTION, DR]]
    pair_id = done.json[0]["id"]
    with evsrep.connect("sandbox") as cloud:
        assert evsrep.find_pair(cloud, pasted.format(pair_id)).id == pair_id
        pair = evsrep.wait_for_pair(cloud, pasted.format(pair_id))
        assert pair is not None
        assert pair.id == pair_id


def evsrep_json(row: dict[str, str]) -> str:
    import json

    return json.dumps(row) + "\n"


COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
NEAR = {
    "other letters": ("Web", "web", "one is called 'web', in other letters, big or small"),
    "blanks around it": ("web ", "web", "one is called 'web', with other blanks around it"),
    "composed": (
        COMPOSED,
        DECOMPOSED,
        f"one is called '{DECOMPOSED}', written in its decomposed form: cafe\\u0301",
    ),
    "decomposed": (
        DECOMPOSED,
        COMPOSED,
        f"one is called '{COMPOSED}', written in its composed form: caf\\xe9",
    ),
    "a slip": ("datbase", "database", "did you mean 'database'?"),
    "what can't be seen": ("we\u200bb", "web", "no pair is called 'we\\u200bb'"),
    "nothing near": ("web", "zzz", "no pair is called 'web'\n"),
}


@pytest.mark.parametrize(("typed", "name", "said"), NEAR.values(), ids=NEAR.keys())
def test_a_name_that_is_nearly_one_is_told_and_not_taken(
    sandbox: Run, typed: str, name: str, said: str
) -> None:
    assert sandbox("create", *EXAMPLE, "--name", name).exit_code == ExitCode.DONE
    for words in (("show", typed), ("delete", typed, "--yes"), ("wait", typed)):
        done = sandbox(*words)
        assert done.exit_code == ExitCode.NOT_FOUND
        assert said in done.stderr
    assert name in sandbox("list", "-o", "value", "-c", "name").stdout


def test_the_start_of_an_id_is_named_and_not_taken(sandbox: Run) -> None:
    pair_id = sandbox("create", *EXAMPLE, "-o", "json").json["id"]
    done = sandbox("delete", pair_id[:10], "--yes")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert f"it is the start of one ID: {pair_id}" in done.stderr
    assert "start of one ID" not in sandbox("show", pair_id[:7]).stderr
    done = sandbox("create", "--production-disk", PRODUCTION[:8], "--dr-disk", DR)
    assert done.exit_code == ExitCode.NOT_FOUND
    assert f"it is the start of one ID: {PRODUCTION}" in done.stderr


def test_disks_groups_and_servers_as_well(sandbox: Run, home: Path) -> None:
    pair_id = sandbox("create", *EXAMPLE, "--wait", "-o", "json").json["id"]
    assert sandbox("group", "create", "--pair", pair_id, "--name", "Shop").exit_code == 0
    file = home / "pairs.csv"
    file.write_text("production_disk,dr_disk\nDB-01-data,db-01-data-dr\n")
    for words, said in (
        (("group", "show", "shop"), "one is called 'Shop', in other letters"),
        (("create", "--production-disk", "DB-01-data", "--dr-disk", DR), "one is called 'db-01-"),
        (("disks", "--server", "DB-01"), "one is called 'db-01', in other letters"),
        (("apply", str(file)), "one is called 'db-01-data', in other letters"),
    ):
        done = sandbox(*words)
        assert done.exit_code in (ExitCode.NOT_FOUND, ExitCode.PARTIAL), done.stderr
        assert said in done.stdout + done.stderr


def test_the_forms_are_what_they_are_called() -> None:
    assert unicodedata.normalize("NFC", DECOMPOSED) == COMPOSED != DECOMPOSED
