"""The profile file: read whole, changed whole, never half-written."""

import multiprocessing
import os
import stat
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings, strategies as st

from evsrep.errors import ConfigError
from evsrep.settings.profiles import change_profiles, read_profiles, readable_by_others

OTC = '[profiles.otc]\nusername = "alice"\npassword = "open sesame"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a profile file is to be; its folder is not there yet."""
    return tmp_path / "evsrep/config.toml"


@pytest.fixture
def file(path: Path) -> Path:
    """A profile file with a secret in it."""
    path.parent.mkdir()
    path.write_text(OTC)
    path.chmod(0o600)
    return path


def rename(document: dict[str, Any]) -> None:
    document.setdefault("profiles", {}).setdefault("otc", {})["username"] = "bob"


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Reading


def test_a_missing_file_says_nothing(path: Path) -> None:
    found = read_profiles(path)
    assert found.profiles == {}
    assert found.default == ""


@pytest.mark.parametrize("content", [
    b"profiles = [", b"prose", b"\xff\xfe\x00", b"profiles = 1", b"profiles = []",
    b"[profiles]\notc = 1", b"[[profiles]]", b"default_profile = 1", b"a = " + b"[" * 9999,
    b"a = 1\na = 2", b"\xef\xbb\xbf[[profiles",
])  # fmt: skip
def test_what_is_no_profile_file_is_told_with_its_name(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError) as told:
        read_profiles(file)
    assert str(file) in told.value.message
    with pytest.raises(ConfigError):
        change_profiles(file, rename)
    assert file.read_bytes() == content
    assert names_in(file.parent) == ["config.toml"]


def test_a_folder_where_the_file_should_be_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(ConfigError, match="can't be read"):
        read_profiles(path)
    with pytest.raises(ConfigError):
        change_profiles(path, rename)


# Writing


def test_file_and_folder_are_private_from_the_start(path: Path) -> None:
    before = os.umask(0)
    try:
        assert change_profiles(path, rename) is None
    finally:
        os.umask(before)
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700
    assert names_in(path.parent) == ["config.toml"]


def test_a_loose_mode_is_tightened(file: Path) -> None:
    file.chmod(0o664)
    change_profiles(file, rename)
    assert mode_of(file) == 0o600


def test_a_failing_replace_leaves_the_old_file_whole(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for holder, name in ((os, "replace"), (os, "rename"), (Path, "replace"), (Path, "rename")):
        monkeypatch.setattr(holder, name, fail)
    with pytest.raises(ConfigError, match="No space left"):
        change_profiles(file, rename)
    assert file.read_text() == OTC
    assert names_in(file.parent) == ["config.toml"]


def test_a_failing_edit_leaves_the_old_file_whole(file: Path) -> None:
    def fail(document: dict[str, Any]) -> None:
        document.clear()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change_profiles(file, fail)
    assert file.read_text() == OTC
    change_profiles(file, rename)  # nobody holds the lock any more


def test_a_value_that_is_no_text_leaves_the_old_file_whole(file: Path) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["profiles"]["otc"]["password"] = "\udcff"

    with pytest.raises(ConfigError):
        change_profiles(file, spoil)
    assert file.read_text() == OTC
    assert names_in(file.parent) == ["config.toml"]


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "evsrep").write_text("in the way")
    path = tmp_path / "evsrep/config.toml"
    with pytest.raises(ConfigError) as told:
        change_profiles(path, rename)
    assert str(path) in told.value.message
    assert told.value.hint
    assert (tmp_path / "evsrep").read_text() == "in the way"


def test_a_link_stays_a_link_also_one_that_leads_nowhere_yet(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles/evsrep.toml", tmp_path / "config.toml"
    link.symlink_to(target)
    change_profiles(link, rename)
    assert link.is_symlink()
    assert tomllib.loads(target.read_text()) == {"profiles": {"otc": {"username": "bob"}}}
    assert mode_of(target) == 0o600


def test_a_loop_of_links_is_told(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)
    with pytest.raises(ConfigError):
        change_profiles(one, rename)


def _count(path: Path, key: str) -> None:
    for number in range(5):
        change_profiles(path, partial(dict.update, **{f"{key}{number}": number}))


def test_many_at_once_lose_nothing(file: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count, args=(file, key)) for key in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    found = tomllib.loads(file.read_text())
    assert {key: found[key] for key in found if key != "profiles"} == {
        f"{key}{number}": number for key in "abcd" for number in range(5)
    }
    assert names_in(file.parent) == ["config.toml"]


# Comments


def test_comments_are_kept_in_the_old_file_beside(file: Path) -> None:
    old = f"# mine\n{OTC}"
    file.write_text(old)
    kept = change_profiles(file, rename)
    assert kept is not None
    assert kept.parent == file.parent
    assert kept.read_text() == old
    assert mode_of(kept) == 0o600


@pytest.mark.parametrize("comment", [
    "# at the start\n" + OTC, OTC + "# at the end", OTC.replace('"alice"', '"alice" # who'),
    OTC + "x = '''\n'''# after a long one\n", OTC + 'x = ["a", # inside\n"b"]\n', "#\n" + OTC,
    OTC + 'x = "\\\\" # after a backslash\n', OTC + "x = '\\' # after a plain one\n",
    OTC + 'x = """"quoted"""" # four quotes\n', OTC + "x = '''a'''' # four ticks\n",
])  # fmt: skip
def test_a_comment_is_found_wherever_it_stands(file: Path, comment: str) -> None:
    tomllib.loads(comment)
    file.write_text(comment)
    kept = change_profiles(file, rename)
    assert kept is not None
    assert kept.read_text() == comment


@pytest.mark.parametrize("text", [
    OTC + 'x = "a # b"\n', OTC + "x = 'a # b'\n", OTC + 'x = """\n# a\n"""\n',
    OTC + "x = '''\n# a\n'''\n", OTC + 'x = "\\" # "\n', OTC + '"a # b" = 1\n',
    OTC + "'a # b' = 1\n", OTC + 'x = """a \\""" # b"""\n', OTC + 'x = """a "" # b"""\n',
    OTC + "x = '''it's # b'''\n", OTC + 'x = """" # b"""\n', OTC + 'x = """b # """"\n',
    OTC + "x = '''b # ''''\n",
])  # fmt: skip
def test_a_number_sign_inside_text_is_no_comment(file: Path, text: str) -> None:
    tomllib.loads(text)
    file.write_text(text)
    assert change_profiles(file, rename) is None
    assert names_in(file.parent) == ["config.toml"]


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for many tries."""
    return tmp_path_factory.mktemp("comments") / "config.toml"


tricky = st.text(st.sampled_from("#\"'\\ \n\tab=[]"), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.dictionaries(tricky, tricky | st.lists(tricky, max_size=3), max_size=3),
       multiline=st.booleans())  # fmt: skip
def test_whatever_text_a_file_holds_only_comments_are_comments(
    anywhere: Path, values: dict[str, Any], multiline: bool
) -> None:
    for old in anywhere.parent.iterdir():
        old.unlink()
    text = tomli_w.dumps({"profiles": {"otc": {"username": "alice"}}, "x": values},
                         multiline_strings=multiline)  # fmt: skip
    anywhere.write_text(text)
    before = tomllib.loads(text)
    assert change_profiles(anywhere, lambda document: None) is None
    assert tomllib.loads(anywhere.read_text()) == before
    commented = text + "# a comment\n"
    anywhere.write_text(commented)
    kept = change_profiles(anywhere, lambda document: None)
    assert kept is not None
    assert kept.read_text() == commented


# Others


@pytest.mark.parametrize(("mode", "is_readable"), [
    (0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644, True), (0o666, True),
])  # fmt: skip
def test_who_may_read_a_file_with_secrets(file: Path, mode: int, is_readable: bool) -> None:
    file.chmod(mode)
    assert readable_by_others(read_profiles(file)) is is_readable


def test_a_file_without_secrets_may_be_read_by_anybody(file: Path) -> None:
    file.write_text('[profiles.otc]\nusername = "alice"\npassword_command = "pass otc"\n')
    file.chmod(0o644)
    assert not readable_by_others(read_profiles(file))
