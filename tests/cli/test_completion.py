"""`evsrep completion`, and what Tab does."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from hypothesis import given, strategies as st

from evsrep.cli.completion import SHELLS
from evsrep.cli.shells import quoted, read_line
from evsrep.errors import ExitCode
from evsrep.settings.names import NameCache, Names
from tests.cli.conftest import WriteProfiles
from tests.conftest import Real, Run

COMPLETIONS = Path(__file__).parents[2] / "completions"


def tab(real: Real, line: str, shell: str = "bash") -> list[str]:
    """What the shell is offered for a line whose last word is being typed."""
    before, _, word = line.rpartition(" ")
    env = {"_EVSREP_COMPLETE": f"{shell}_complete", "COMP_LINE": line}
    env |= {"COMP_WORDS": before.replace(" ", "\n"), "COMP_WORD": word}
    done = real(env=env)
    assert done.stderr == ""
    if shell == "zsh":
        return done.stdout.splitlines()[1::3]
    rows = filter(None, done.stdout.splitlines())
    return [row.partition(",")[2].partition("\t")[0] for row in rows]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert done.exit_code == ExitCode.DONE
    assert "_EVSREP_COMPLETE" in done.stdout
    assert f"{shell}_complete" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["", "tcsh"])
def test_other_shells_are_told(run: Run, shell: str) -> None:
    done = run("completion", *([shell] if shell else []))
    assert done.exit_code == ExitCode.USAGE
    if shell:
        assert "fish" in done.stderr


def test_tab_knows_the_commands(real: Real) -> None:
    assert tab(real, "evsrep cre") == ["create"]
    assert set(tab(real, "evsrep profile ")) >= {"init", "list", "show", "use", "set", "unset"}


def test_tab_knows_the_options(real: Real) -> None:
    assert "--production-disk" in tab(real, "evsrep create --pro")
    assert set(tab(real, "evsrep show --output j")) == {"json", "jsonl"}
    assert tab(real, "evsrep create --replication-model ") == ["hypermetro"]


def test_tab_knows_the_profiles(real: Real, write_profiles: WriteProfiles) -> None:
    write_profiles("[profiles.otc]\n[profiles.other]\n[profiles.mine]\n")
    assert set(tab(real, "evsrep show -p ot")) == {"otc", "other"}
    assert tab(real, "evsrep -p sand") == ["sandbox"]


def test_tab_knows_the_columns(real: Real) -> None:
    assert tab(real, "evsrep show x -c id,prog") == ["id,progress"]


def test_tab_is_silent_where_the_profile_file_is_broken(
    real: Real, write_profiles: WriteProfiles
) -> None:
    write_profiles("not toml at all")
    assert tab(real, "evsrep show -p sand") == ["sandbox"]


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_what_stands_behind_an_equals_sign(real: Real, shell: str) -> None:
    assert [each.replace("\\", "") for each in tab(real, "evsrep list --output=js", shell)] == [
        "--output=json", "--output=jsonl",
    ]  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_offers_a_field_to_sort_by_and_which_way(real: Real, shell: str) -> None:
    for line in ("evsrep list --sort name:", "evsrep list --sort name:d"):
        offered = {each.replace("\\", "") for each in tab(real, line, shell)}
        assert offered == {f"name:{way}" for way in ("asc", "desc") if line[-1] in (":", way[0])}


@pytest.mark.parametrize(
    ("line", "words", "quote", "kept"),
    [
        ("evsrep show two", ["evsrep", "show", "two"], "", 0),
        ("evsrep show two\\ w", ["evsrep", "show", "two w"], "", 0),
        ("evsrep show 'two w", ["evsrep", "show", "two w"], "'", 0),
        ('evsrep show a"two w', ["evsrep", "show", "atwo w"], '"', 1),
        ("evsrep show 'two'\\ w", ["evsrep", "show", "two w"], "", 0),
        ("evsrep list --sort=name:d", ["evsrep", "list", "--sort=name:d"], "", 12),
        ("evsrep show a\\:b", ["evsrep", "show", "a:b"], "", 0),
        ("evsrep  show  ''  ", ["evsrep", "show", "", ""], "", 0),
        ('evsrep show "a\\$b\\c', ["evsrep", "show", "a$b\\c"], '"', 0),
        ("evsrep show a\\", ["evsrep", "show", "a"], "", 0),
    ],
)
def test_a_line_is_taken_apart_as_bash_does(
    line: str, words: list[str], quote: str, kept: int
) -> None:
    assert read_line(line, " \t\n\"'@><=;|&(:") == (words, quote, kept)


@given(text=st.text(st.characters(min_codepoint=32), max_size=20), quote=st.sampled_from("\"' "))
def test_what_is_quoted_is_read_as_the_same_word(text: str, quote: str) -> None:
    opened = quote.strip()
    line = read_line(f"evsrep show {opened}{quoted(text, opened)}{opened} ")
    assert line.words == ["evsrep", "show", *([text] if text or opened else []), ""]


# The shells themselves

ODD = [  # what a pair may be called, and its beginning that is typed
    ("two words", "tw"), ("star*", "st"), ("what?", "wh"), ("[abc]", ""), ("{a,b}", ""),
    ("cmd$(touch ran)", "cm"), ("tick`touch ran`", "ti"), ("$HOME", ""), ("semi;touch ran", "se"),
    ("am&touch ran", "am"), ("pipe|touch ran", "pi"), (">ran", ""), ("a<b", "a"), ("(a)", ""),
    ("it's", "it"), ('say "x"', "sa"), ("back\\slash", "ba"), ("a:b:c", "a"), ("x=y", "x"),
    ("#no", ""), ("!!", ""), ("bang!x", "ba"), ("comma,name", "co"),
    ("p\u00e4ir", "p"), ("a%b@c+d", "a"), ("^x", ""), ("  two blanks", ""), ("ends ", "en"),
]  # fmt: skip
UNSAID = ["new\nline", "esc\x1b[31m", "tab\tname", "\u202eturned", "-dash", "--yes", "~root", ""]
LINES = [
    ("sandb", ["sandbox"]),
    ("create --production-d", ["create", "--production-disk"]),
    ("list -p ot", ["list", "-p", "otc"]),
    ("list -c id,replication_m", ["list", "-c", "id,replication_model"]),
    ("list --output=v", ["list", "--output=value"]),
    ("list --sort name:d", ["list", "--sort", "name:desc"]),
    ("list --sort=name:d", ["list", "--sort=name:desc"]),
    ("apply pai", ["apply", "pairs.csv"]),
    ("apply 'my f", ["apply", "my file.csv"]),
]
IN_QUOTES = [(f"show -p sandbox {typed}", name) for typed, name in (
    ("two\\ w", "two words"), ("'two w", "two words"), ('"two w', "two words"), ('"ban', "bang!x"),
    ('"cm', "cmd$(touch ran)"), ("'it", "it's"), ("'t'w", "two words"), ("a:", "a:b:c"),
)]  # fmt: skip
UNKNOWN = "00000000-0000-4000-8000-{:012d}"
SETUP = {
    "bash": (["bash", "--norc", "--noprofile"], [f". {COMPLETIONS}/evsrep.bash"]),
    "zsh": (
        ["zsh", "-f"],
        ["fpath=($PWD/functions $fpath)", "autoload -U compinit", "compinit -u -D"],
    ),
    "fish": (["fish", "--private"], ["function fish_prompt; echo -n 'ready> '; end"]),
}


class Typist:
    """Who types into a shell, and looks with which words evsrep is then run."""

    def __init__(self, shell: str, home: Path) -> None:
        words, setup = SETUP[shell]
        self._home = home
        self._child = pexpect.spawn(
            words[0], words[1:], cwd=str(home), encoding="utf-8", timeout=20, dimensions=(40, 200),
            env={**os.environ, "PATH": f"{home}/bin:{os.environ['PATH']}", "PS1": "ready> "},
        )  # fmt: skip
        for each in [*setup, "printf 'set %s\\n' up"]:
            self._child.sendline(each)
        self._child.expect_exact("set up\r\n")

    def remember(self, *names: str) -> None:
        """Let Tab know pairs of these names."""
        pairs = {UNKNOWN.format(number): name for number, name in enumerate(names)}
        cache = self._home / ".cache/evsrep"
        NameCache(cache, f"{self._home}/.config/evsrep/config.toml sandbox").write(Names(pairs, ()))

    def words_of(self, line: str) -> list[str]:
        """The words that evsrep is run with where a line is typed, then Tab, then Enter."""
        written, asked = self._home / "words", self._home / "asked"
        for file in (written, asked):
            file.unlink(missing_ok=True)
        self._child.send(f"evsrep {line}\t")
        self._wait_for(asked)
        self._child.send("\r")
        self._wait_for(written)
        self._child.expect_exact("noted\r\n")
        self._child.expect_exact("ready> ")
        return written.read_text().splitlines()

    def end(self) -> None:
        """Close the shell."""
        self._child.close(force=True)

    def _wait_for(self, file: Path) -> None:
        for _ in range(1000):
            if file.exists():
                return
            with contextlib.suppress(pexpect.TIMEOUT):  # what is shown is to be taken, too
                self._child.expect_exact("never said", timeout=0.01)
        raise AssertionError(f"there is no {file.name}: {self._child.before}")


def test_bash_reads_what_is_quoted_as_one_word(tmp_path: Path) -> None:
    names = [name for name, _ in ODD]
    words = " ".join([*(quoted(n) for n in names), *(f"'{quoted(n, chr(39))}'" for n in names)])
    read = [f"printf '%s\\n' {words}", *(f'printf "%s\\n" "{quoted(n, chr(34))}"' for n in names)]
    done = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(read)], cwd=tmp_path, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == names * 3
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=SHELLS)
def typist(
    request: pytest.FixtureRequest, home: Path, write_profiles: WriteProfiles
) -> Iterator[Typist]:
    """A shell in a home with a profile and files, and a program `evsrep` that notes its words."""
    write_profiles("[profiles.otc]\n")
    for name in ("pairs.csv", "my file.csv"):
        (home / name).touch()
    program = home / "bin" / "evsrep"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        '[ -z "$_EVSREP_COMPLETE" ] || { '
        f'{sys.executable} -m evsrep; touch "{home}/asked"; exit; }}\n'
        f'printf "%s\\n" "$@" > "{home}/new" && mv "{home}/new" "{home}/words"; echo noted\n'
    )
    program.chmod(0o755)
    for folder, name in (("functions", "_evsrep"), (".config/fish/completions", "evsrep.fish")):
        (home / folder).mkdir(parents=True)
        suffix = "zsh" if folder == "functions" else "fish"
        shutil.copy(COMPLETIONS / f"evsrep.{suffix}", home / folder / name)
    typist = Typist(request.param, home)
    yield typist
    typist.end()


@pytest.mark.tools
def test_tab_inserts_one_word_that_means_the_name_whatever_it_is(
    typist: Typist, home: Path
) -> None:
    for name, typed in ODD:
        typist.remember(name)
        assert typist.words_of(f"show -p sandbox {typed}") == ["show", "-p", "sandbox", name]
        assert not (home / "ran").exists(), name


@pytest.mark.tools
def test_tab_completes_what_is_begun_in_quotes(typist: Typist) -> None:
    for line, name in IN_QUOTES:
        typist.remember(name)
        assert typist.words_of(line)[-1] == name, line


@pytest.mark.tools
def test_tab_completes_words_of_evsrep_itself(typist: Typist) -> None:
    for line, words in LINES:
        assert typist.words_of(line) == words


@pytest.mark.tools
def test_a_name_that_is_no_word_is_not_offered_but_its_id_is(typist: Typist) -> None:
    for name in UNSAID:
        typist.remember(name)
        assert typist.words_of("show -p sandbox ")[-1] == UNKNOWN.format(0)


def test_a_name_that_two_bear_is_offered_by_ids(real: Real, home: Path) -> None:
    twins = {UNKNOWN.format(number): name for number, name in enumerate(("twin", "twin", "other"))}
    kept = NameCache(home / ".cache/evsrep", f"{home}/.config/evsrep/config.toml sandbox")
    kept.write(Names(twins, ()))
    offered = [UNKNOWN.format(0), UNKNOWN.format(1), "other"]
    assert tab(real, "evsrep show -p sandbox ") == offered
    assert tab(real, "evsrep show -p sandbox tw") == []
    assert tab(real, f"evsrep show -p sandbox {UNKNOWN[:8]}") == [*offered[:2], UNKNOWN.format(2)]


@pytest.mark.tools
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_can_read_its_script(shell: str) -> None:
    done = subprocess.run(
        [shell, "-n", str(COMPLETIONS / f"evsrep.{shell}")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
