"""The manual, written from the commands: man pages, completions, the README's tables, the pictures.

`python -m evsrep.manual` writes them into the repository of the current folder, and what it writes
depends on the code alone: not on the day, the terminal or the home it runs in.
"""

import inspect
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from evsrep._version import __version__
from evsrep.cli.completion import SHELLS, script
from evsrep.cli.help import API, DEPRECATED, ENVIRONMENT, FILES, OUTPUT, REQUESTS
from evsrep.cli.options import COMMON, option_groups
from evsrep.cli.root import cli
from evsrep.errors import EXIT_CODES
from evsrep.pictures import SCENES, picture
from evsrep.settings.declarations import KEYS

Rows = Iterable[tuple[str, str]]


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; name what is not current, and exit 1.")
@click.pass_context
def main(ctx: click.Context, check: bool) -> None:
    """Write what is made from the code into the repository of the current folder."""
    root = _repository()
    found = stale(root)
    for path, text in found.items():
        if check:
            click.echo(f"{path} is not current; 'python -m evsrep.manual' writes it", err=True)
        else:
            _put(root / path, text)
    if check and found:
        ctx.exit(1)


def stale(root: Path) -> dict[str, str | None]:
    """The files that differ from what the code says, with the text to be; None is none at all."""
    made = generated(root)
    found: dict[str, str | None] = {
        path: text for path, text in made.items() if _text_of(root / path) != text
    }
    there = [*root.glob("man/*.1"), *root.glob("tests/pictures/*.svg")]
    paths = sorted(str(path.relative_to(root)) for path in there)
    return found | {path: None for path in paths if path not in made}


def generated(root: Path) -> dict[str, str]:
    """Every generated file, by its path in the repository."""
    made = {f"man/{name}.1": text for name, text in pages().items()}
    made |= {f"completions/evsrep.{shell}": script(cli, shell) for shell in SHELLS}
    made |= {f"tests/pictures/{name}.svg": picture(name) for name in SCENES}
    readme = _text_of(root / "README.md")
    return made if readme is None else made | {"README.md": filled(readme)}


def _repository() -> Path:
    text = _text_of(Path("pyproject.toml"))
    try:
        found = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        raise click.ClickException(f"pyproject.toml can't be read: {error}") from error
    if found.get("project", {}).get("name") != "evsrep":
        raise click.ClickException("this is not evsrep's repository: go to its folder first")
    return Path()


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _put(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# Man pages


def pages() -> dict[str, str]:
    """The man pages by name: one for the program, one for each of its commands."""
    root = click.Context(cli, info_name="evsrep", **cli.context_settings)
    of_commands = {_page_name(ctx): ctx for ctx in _below(root)}
    names = ["evsrep", *of_commands]
    made = {"evsrep": _page(_root_page(root, names))}
    return made | {name: _page(_command_page(ctx, names)) for name, ctx in of_commands.items()}


def _page(lines: Iterable[str]) -> str:
    """A page of these lines; a heading begins a paragraph by itself, and wants no other."""
    return re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", _lines(lines), flags=re.MULTILINE)


def escaped(text: str) -> str:
    """Text as roff takes it literally, a line by itself; beyond ASCII in roff's own words."""
    safe = "".join(_ESCAPES.get(c, c if c.isascii() else f"\\[u{ord(c):04X}]") for c in text)
    return "\\&" + safe if safe.startswith(".") else safe


_ESCAPES = {  # what groff would turn into typography, which can't be typed again
    "\\": "\\e",
    "-": "\\-",
    "'": "\\(aq",
    '"': "\\(dq",
    "`": "\\(ga",
    "^": "\\(ha",
    "~": "\\(ti",
    "…": "...",  # which every terminal has
}


def _root_page(ctx: click.Context, names: Sequence[str]) -> Iterator[str]:
    yield from _opening(ctx, [ctx])
    yield ".SH COMMANDS"
    yield from _terms((f"{_bold(_page_name(each))}(1)", _title(each)) for each in _below(ctx))
    yield ".SH OPTIONS"
    yield from _paragraphs("Those of every command, accepted before the command and after it:")
    for title in COMMON:
        yield from _option_list(ctx, title)
    yield ".SH OUTPUT"
    yield from _output()
    yield ".SH WHAT IS SENT"
    yield from _paragraphs(API)
    yield from _terms((_bold(commands), ", ".join(sent)) for commands, sent in REQUESTS)
    yield from _paragraphs(DEPRECATED)
    yield ".SH WHAT IS SENT AGAIN"
    yield from _sent_again()
    yield from _examples(first for each in _below(ctx) for first in _examples_of(each)[:1])
    yield from _tables()
    yield ".SS The keys of a profile"
    yield from _terms((_bold(key.name), key.about) for key in KEYS)
    yield from _see_also(ctx, names)


def _command_page(ctx: click.Context, names: Sequence[str]) -> Iterator[str]:
    below = list(_below(ctx))
    yield from _opening(ctx, below or [ctx])
    if below:
        yield ".SH COMMANDS"
    for each in below:
        yield f".SS {escaped(each.command_path)}"
        yield from _paragraphs(_about(each))
        yield from _terms(_options(each))
    yield ".SH OPTIONS"
    for title in option_groups(ctx.command, ctx):
        if title not in COMMON:
            yield from _option_list(ctx, title)
    yield from _paragraphs("The options of every command, such as --profile, are in evsrep(1).")
    yield from _examples(_examples_of(ctx))
    yield from _tables()
    yield from _see_also(ctx, names)


def _opening(ctx: click.Context, usages: Sequence[click.Context]) -> Iterator[str]:
    name, title = _page_name(ctx), _title(ctx).rstrip(".")
    yield ".\\\" Written from the commands by 'python -m evsrep.manual'; changes here are lost."
    yield f'.TH {escaped(name.upper())} 1 "" "evsrep {__version__}" "evsrep"'
    yield ".ad l"  # a justified line of long words has holes, of which groff warns
    yield ".SH NAME"
    yield f"{escaped(name)} \\- {escaped(title[:1].lower() + title[1:])}"
    yield ".SH SYNOPSIS"
    for number, each in enumerate(usages):
        if number:
            yield ".br"
        pieces = " ".join(each.command.collect_usage_pieces(each))
        yield f"{_bold(each.command_path)} {_italic(pieces)}"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(_about(ctx))


def _output() -> Iterator[str]:
    for paragraph in OUTPUT.strip().split("\n\n"):
        start, *terms = re.split(r"^(\w+) {2,}", paragraph, flags=re.MULTILINE)
        yield from _paragraphs(start)
        forms = zip(terms[::2], terms[1::2], strict=True)
        yield from _terms((_bold(form), about) for form, about in forms)


def _sent_again() -> Iterator[str]:
    from evsrep.cloud.retry import LONGEST_PAUSE_SECONDS, RULES

    yield from _paragraphs(
        "A request that only reads is sent again freely, and so is the one that signs in; one that "
        "changes something only where it surely took no effect. --retries says how often. The "
        "pauses grow; one that the cloud asks for with Retry-After is kept, and where it is longer "
        f"than {LONGEST_PAUSE_SECONDS:g} s, nothing is sent again."
    )
    yield from _paragraphs(
        "Where a token that evsrep fetched itself is refused, it fetches a new one, once."
    )
    for rule in RULES:
        again = _AGAIN[rule.reads_again, rule.changes_again]
        effect = "may have taken" if rule.may_have_taken_effect else "took no"
        about = f"{again} A change {effect} effect."
        yield from _terms([(escaped(rule.happened), about)])


_AGAIN = {
    (True, True): "Everything is sent again.",
    (True, False): "Reads are sent again, changes are not.",
    (False, False): "Nothing is sent again.",
}


def _tables() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for row in EXIT_CODES:
        kinds = f" ({', '.join(row.kinds)})" if row.kinds else ""
        yield from _terms([(_bold(str(int(row.code))) + escaped(kinds), row.when)])
    yield ".SH ENVIRONMENT"
    yield from _terms((_bold(name), about) for name, about in ENVIRONMENT)
    yield ".SH FILES"
    yield from _terms((_italic(name), about) for name, about in FILES)


def _see_also(ctx: click.Context, names: Sequence[str]) -> Iterator[str]:
    yield ".SH SEE ALSO"
    others = [name for name in names if name != _page_name(ctx)]
    yield ",\n".join(f"{_bold(name)}(1)" for name in others)


def _below(ctx: click.Context) -> Iterator[click.Context]:
    """The commands of a group in its own order; none of what is no group."""
    group = ctx.command
    if isinstance(group, click.Group):
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            if command is not None and not command.hidden:
                yield click.Context(command, info_name=name, parent=ctx)


def _page_name(ctx: click.Context) -> str:
    return ctx.command_path.replace(" ", "-")


def _about(ctx: click.Context) -> str:
    return inspect.cleandoc(ctx.command.help or "")


def _title(ctx: click.Context) -> str:
    return _about(ctx).partition("\n")[0]


def _option_list(ctx: click.Context, title: str) -> Iterator[str]:
    """The options that are for one thing, under its name."""
    yield f".SS {escaped(title)}"
    yield from _terms(_option(ctx, each) for each in option_groups(ctx.command, ctx)[title])


def _options(ctx: click.Context) -> Rows:
    """A command's own options."""
    for title, options in option_groups(ctx.command, ctx).items():
        if title not in COMMON:
            yield from (_option(ctx, each) for each in options)


def _option(ctx: click.Context, option: click.Option) -> tuple[str, str]:
    flags, about = option.get_help_record(ctx) or ("", "")
    return _flags(flags), about + (f" [env: {option.envvar}]" if option.envvar else "")


def _examples_of(ctx: click.Context) -> list[str]:
    """A command's examples; a group's are those of its commands."""
    own = list(getattr(ctx.command, "examples", ()))
    return own + [found for each in _below(ctx) for found in _examples_of(each)]


def _flags(text: str) -> str:
    """Option names in bold, what stands for a value in italics."""
    words = re.split(r"(, | / | )", text)
    return "".join(
        _bold(word) if word.startswith("-") else _italic(word) if word.strip(", /") else word
        for word in words
    )


def _bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{escaped(text)}\\fR"


def _terms(rows: Rows) -> Iterator[str]:
    """A list of terms, which are roff already, each with its meaning."""
    for term, about in rows:
        yield from (".TP", term, escaped(" ".join(about.split())))


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs for the reader's width: line breaks within them mean nothing."""
    for paragraph in filter(None, text.strip().split("\n\n")):
        yield from (".PP", escaped(" ".join(paragraph.split())))


def _examples(examples: Iterable[str]) -> Iterator[str]:
    lines = [line for example in examples for line in example.splitlines()]
    yield from (".SH EXAMPLES", ".EX", *map(escaped, lines), ".EE")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


# The README


def filled(text: str) -> str:
    """The README with its blocks written anew; refuses one that nobody knows or that has no end."""
    lines, name = [], ""
    for line in text.splitlines():
        mark = re.fullmatch(r"<!-- (begin|end): (\S+) -->", line)
        if mark is None:
            lines += [] if name else [line]
            continue
        if (mark[1] == "end") != bool(name) or (name and mark[2] != name):
            raise click.ClickException(f"README.md: {line} is out of place")
        if mark[1] == "begin":
            lines += [line, *_block(mark[2])]
            name = mark[2]
        else:
            lines.append(line)
            name = ""
    if name:
        raise click.ClickException(f"README.md: the block {name} has no end")
    return _lines(lines)


def _block(name: str) -> Iterator[str]:
    if name == "exit-codes":
        rows = [(f"{row.code:d}", _code(*row.kinds), row.when) for row in EXIT_CODES]
        return _table("code", "kind", "when", rows=rows)
    if name == "environment":
        named = [(_code(*words.split(", ")), about) for words, about in ENVIRONMENT]
        return _table("variable", "meaning", rows=named)
    if name == "files":
        return _table("file", "", rows=[(_code(path), about) for path, about in FILES])
    if name == "keys":
        return _table("key", "meaning", rows=[(_code(key.name), key.about) for key in KEYS])
    raise click.ClickException(f"README.md: nobody knows what belongs into the block {name}")


def _table(*titles: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (titles, ("---",) * len(titles), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _code(*words: str) -> str:
    return ", ".join(word if word == "…" else f"`{word}`" for word in words)


if __name__ == "__main__":
    main()
