"""What is made from the code is current, whole, and can be read where it is read."""

import os
import re
import subprocess
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from evsrep.cli.completion import SHELLS
from evsrep.cli.help import ENVIRONMENT, FILES
from evsrep.cli.root import cli
from evsrep.cloud.retry import RULES
from evsrep.errors import EXIT_CODES
from evsrep.settings.declarations import KEYS
from tests.house.test_help import COMMANDS
from tests.workshop import pages, pictures
from tests.workshop.__main__ import main
from tests.workshop.files import generated, stale

Make = Callable[..., tuple[int, str]]

ROOT = Path(__file__).parents[2]
PAGES = pages.pages()
COMMON = {
    flag
    for param in COMMANDS["evsrep"].command.get_params(COMMANDS["evsrep"])
    for flag in param.opts
}
SECTIONS = (
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "EXAMPLES",
    "EXIT STATUS",
    "ENVIRONMENT",
    "FILES",
    "SEE ALSO",
)
README = """\
# evsrep

<!-- begin: exit-codes -->
old
<!-- end: exit-codes -->
between
<!-- begin: environment -->
<!-- end: environment -->
<!-- begin: files -->
<!-- end: files -->
<!-- begin: keys -->
<!-- end: keys -->
the end
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that says it is evsrep's, and is the current one."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "evsrep"\n', encoding="utf-8")
    (folder / "README.md").write_text(README, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def make(capsys: pytest.CaptureFixture[str]) -> Make:
    """Run the generator: its exit code and what it said on stderr."""

    def make(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(list(words))
        out, err = capsys.readouterr()
        assert out == ""
        return int(end.value.code or 0), err

    return make


def written(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def rendered(text: str) -> str:
    """A page as it is read, with every space and line break made one space."""
    for pattern, plain in (
        (r"\n\.PP\n", "\n"),
        (r"\\f[BIR]", ""),
        (r"\\&", ""),
        (r"\\-", "-"),
        (r"\\\(aq", "'"),
        (r"\\\(dq", '"'),
        (r"\\\(ga", "`"),
        (r"\\\(ti", "~"),
        (r"\\\(ha", "^"),
        (r"\\e", r"\\"),
    ):
        text = re.sub(pattern, plain, text)
    return " ".join(text.split())


def plain(text: str) -> str:
    """A text as it stands in a page."""
    return " ".join(text.split()).replace("…", "...")


# The repository


def test_every_generated_file_is_current() -> None:
    assert sorted(stale(ROOT)) == [], "'python -m tests.workshop' writes them"


@pytest.mark.parametrize("tool", ["zsh", "fish", "groff", "mandoc", "man", "jq"])
def test_the_gate_installs_what_the_tests_of_tools_want(tool: str) -> None:
    assert f"\nneed {tool} " in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_test_is_skipped() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
    words = ("skip" + "if", "pytest." + "skip", "import" + "orskip", "x" + "fail")
    assert [path for path, text in texts.items() if any(word in text for word in words)] == []


# The pages


def test_there_is_a_page_for_every_noun() -> None:
    assert list(PAGES) == [
        "evsrep",
        *(f"evsrep-{name}" for name in cli.list_commands(COMMANDS["evsrep"])),
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed(name: str) -> None:
    macros = {line.split(" ")[0] for line in PAGES[name].splitlines() if line.startswith(".")}
    assert macros <= {
        '.\\"',
        ".TH",
        ".SH",
        ".SS",
        ".PP",
        ".TP",
        ".EX",
        ".EE",
        ".br",
        ".ad",
    }
    assert PAGES[name].isascii()
    assert not re.search(r"^'|[ \t]$|\t|\n\n", PAGES[name], flags=re.MULTILINE)
    assert PAGES[name].count("\n.EX\n") == PAGES[name].count("\n.EE\n") == 1


@pytest.mark.tools
@pytest.mark.parametrize("width", [50, 78, 200])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_renders_without_a_warning(name: str, width: int) -> None:
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", "-K", "utf8", f"-rLL={width}n"],
        input=PAGES[name],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""
    assert "evsrep" in done.stdout


@pytest.mark.tools
@pytest.mark.parametrize("name", PAGES)
def test_another_reader_of_pages_finds_nothing_to_warn_of(name: str) -> None:
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning"],
        input=PAGES[name],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    # a page has no date: it would be another one each day
    found = [line for line in done.stdout.splitlines() if "missing date" not in line]
    assert found == []


@pytest.mark.tools
@pytest.mark.parametrize("name", PAGES)
def test_man_shows_a_page(name: str) -> None:
    done = subprocess.run(
        ["man", "--warnings", "-l", str(ROOT / "man" / f"{name}.1")],
        env={"PATH": os.environ["PATH"], "MANWIDTH": "80", "LC_ALL": "C", "MANPAGER": "cat"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "SYNOPSIS" in done.stdout
    assert f"{name.upper()}(1)" in done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_sections_in_order(name: str) -> None:
    found = [line[4:] for line in PAGES[name].splitlines() if line.startswith(".SH ")]
    assert [section for section in found if section in SECTIONS] == list(SECTIONS)


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_stands_in_its_page(path: str) -> None:
    ctx = COMMANDS[path]
    page = rendered(PAGES["-".join(path.split()[:2])])
    assert path in page
    assert plain(ctx.command.help or "") in page
    for example in getattr(ctx.command, "examples", ()):
        assert rendered(plain(example)) in page
    for param in ctx.command.get_params(ctx):
        if isinstance(param, click.Option) and not set(param.opts) <= COMMON:
            assert all(flag in page for flag in (*param.opts, *param.secondary_opts))
            assert plain(param.help or "") in page


def test_the_options_of_every_command_are_in_the_first_page() -> None:
    ctx = COMMANDS["evsrep"]
    page = rendered(PAGES["evsrep"])
    for param in ctx.command.get_params(ctx):
        assert isinstance(param, click.Option)
        assert ", ".join(param.opts) in page
        if param.envvar:
            assert f"[env: {param.envvar}]" in page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_the_whole_tables(name: str) -> None:
    page = rendered(PAGES[name])
    for row in EXIT_CODES:
        kinds = f" ({', '.join(row.kinds)})" if row.kinds else ""
        assert f".TP {row.code:d}{kinds} {row.when}" in page
    for word, about in (*ENVIRONMENT, *FILES):
        assert f".TP {plain(word)} {about}" in page
    for other in PAGES:
        assert other == name or f"{other}(1)" in page


def test_the_first_page_tells_what_is_sent_again_and_the_keys() -> None:
    page = rendered(PAGES["evsrep"])
    for rule in RULES:
        assert rule.happened in page
    for key in KEYS:
        assert f".TP {key.name} {key.about}" in page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_date(name: str) -> None:
    title = next(line for line in PAGES[name].splitlines() if line.startswith(".TH "))
    assert ' 1 "" ' in title
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", rendered(PAGES[name]))


@pytest.mark.parametrize(
    ("text", "roff"),
    [
        (r"a\b", r"a\eb"),
        (".starts", r"\&.starts"),
        ("'starts", r"\(aqstarts"),
        ("--wait", r"\-\-wait"),
        ("…é", r"\&...\[u00E9]"),
        ("~/x ^ ` \"", r"\(ti/x \(ha \(ga \(dq"),
    ],
)  # fmt: skip
def test_text_is_escaped(text: str, roff: str) -> None:
    assert pages.escaped(text) == roff


@pytest.mark.tools
def test_escaped_text_comes_out_as_it_went_in() -> None:
    text = "..\\n(.g 'a' \"b\" `c` ~d ^e --f é ... ü"
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8"],
        input=f'.TH X 1 "" "" ""\n.SH Y\n{pages.escaped(text)}\n',
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert text in done.stdout
    assert done.stderr == ""


# Completion, picture


@pytest.mark.parametrize("shell", SHELLS)
def test_a_completion_script_names_evsrep(shell: str) -> None:
    made = generated(ROOT)[f"completions/evsrep.{shell}"]
    assert "evsrep" in made
    assert "_EVSREP_COMPLETE" in made


@pytest.mark.parametrize("name", pictures.SCENES)
def test_a_picture_is_the_same_wherever_it_is_taken(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {"EVSREP_OUTPUT": "json", "NO_COLOR": "1", "COLUMNS": "40"}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = dict(os.environ)
    taken = pictures.picture.__wrapped__(name)
    assert dict(os.environ) == before
    kept = ROOT / ".github" / "pictures" / f"{name}.svg"
    assert taken == kept.read_text(encoding="utf-8"), "'python -m tests.workshop' takes it anew"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("create", ('$ evsrep create -p sandbox --name "my replication"', "creating")),
        ("create", ("next: evsrep wait 91085433-9499-4a68-b2c6-35072467ccd2 -p sandbox",)),
        ("create", ("2026-01-02 03:04 UTC", "is protected by example-dr")),
        ("list-80", ("NAME", "active", "error", "creating", "copying", "4 pairs: ")),
        ("list-100", ("GROUP", "shop")),
        ("list-140", ("PRODUCTION DISK", "db-01-data-dr", "AGE")),
        ("health", ("1 of 3 protected", "degraded", "critical", "evsrep delete mail")),
        ("check", ("error: 3 things stand against this pair", "must be the same", "not stopped")),
        ("apply", ("█░", " of 80", "/s  about ", " left")),
        ("drill", ("az2.dc2 is down", "critical", "failovered", "mended", "protected")),
    ],
)
def test_a_picture_shows_what_happens(name: str, words: tuple[str, ...]) -> None:
    tree = xml.etree.ElementTree.fromstring(pictures.picture(name))  # it is well-formed
    shown = "".join(tree.itertext()).replace("\xa0", " ")
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize("name", pictures.SCENES)
def test_a_picture_fetches_nothing_and_is_readable_on_any_page(name: str) -> None:
    made = pictures.picture(name)
    assert re.findall(r"url\((?!#)", made) == []
    assert "http" not in made.replace("http://www.w3.org/2000/svg", "").replace(
        "https://www.textualize.io", ""
    )
    assert 'rect fill="#292929"' in made, "it brings its background"
    colors = set(re.findall(r"\{ fill: (#[0-9a-f]{6})", made))
    assert colors
    assert [color for color in colors if _contrast(color, "#292929") < 3] == []


def _contrast(color: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG reckons it."""
    darker, lighter = sorted((_luminance(color), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_picture_of_an_unforeseen_end_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = pictures.Scene(("evsrep show nope -p sandbox",))
    monkeypatch.setitem(pictures.SCENES, "nope", scene)
    with pytest.raises(click.ClickException, match="no picture could be taken"):
        pictures.picture("nope")


# The generator


def test_check_names_what_is_not_current_and_writes_nothing(repository: Path, make: Make) -> None:
    before = written(repository)
    exit_code, err = make("--check")
    assert exit_code == 1
    for name in ("man/evsrep-create.1", "completions/evsrep.zsh", "README.md", "create.svg"):
        assert name in err
    assert written(repository) == before


def test_what_was_written_is_current(repository: Path, make: Make) -> None:
    assert make() == (0, "")
    first = written(repository)
    assert make("--check") == (0, "")
    assert make() == (0, "")
    assert written(repository) == first


def test_the_blocks_of_the_readme_are_filled_and_the_rest_is_kept(
    repository: Path, make: Make
) -> None:
    make()
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert "| code | kind | when |\n| --- | --- | --- |\n| 0 |  | done |\n" in readme
    assert "| 5 | `not_found`, `not_offered` | 404, or no such name;" in readme
    assert "| `OS_AUTH_URL`, `OS_USERNAME`, … |" in readme
    assert "| `~/.config/evsrep/config.toml` |" in readme
    assert "| `auth_url` |" in readme
    assert "old" not in readme
    assert "\n<!-- end: exit-codes -->\nbetween\n" in readme
    assert readme.endswith("\nthe end\n")


@pytest.mark.parametrize("text", [None, "# evsrep\n\nNothing to fill.\n"])
def test_a_readme_without_blocks_is_left_alone(
    repository: Path, make: Make, text: str | None
) -> None:
    path = repository / "README.md"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert make() == (0, "")
    assert (path.read_text(encoding="utf-8") if path.exists() else None) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<!-- begin: nonsense -->\n<!-- end: nonsense -->\n", "nonsense"),
        ("<!-- begin: files -->\n", "the block files has no end"),
        ("<!-- end: files -->\n", "out of place"),
        ("<!-- begin: files -->\n<!-- begin: keys -->\n", "out of place"),
        ("<!-- begin: files -->\n<!-- end: keys -->\n", "out of place"),
    ],
)
def test_a_block_that_can_not_be_filled_is_an_error(
    repository: Path, make: Make, text: str, words: str
) -> None:
    (repository / "README.md").write_text(text, encoding="utf-8")
    exit_code, err = make()
    assert exit_code == 1
    assert words in err
    assert sorted(written(repository)) == ["README.md", "pyproject.toml"]


@pytest.mark.parametrize("path", ["man/evsrep-gone.1", ".github/pictures/gone.svg"])
def test_what_is_made_no_more_is_removed(repository: Path, make: Make, path: str) -> None:
    make()
    gone = repository / path
    gone.write_text(".TH GONE 1\n", encoding="utf-8")
    exit_code, err = make("--check")
    assert exit_code == 1
    assert path in err
    assert make() == (0, "")
    assert not gone.exists()


@pytest.mark.parametrize("text", [None, '[project]\nname = "other"\n', "no = toml = at all"])
def test_another_folder_is_refused(repository: Path, make: Make, text: str | None) -> None:
    (repository / "pyproject.toml").unlink()
    if text is not None:
        (repository / "pyproject.toml").write_text(text, encoding="utf-8")
    exit_code, err = make()
    assert exit_code == 1
    assert err.startswith("Error: ")
    assert not (repository / "man").exists()
