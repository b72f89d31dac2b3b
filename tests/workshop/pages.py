"""The man pages, written from the commands: one for the program, one for each of its commands."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence

import click

from evsrep._version import __version__
from evsrep.cli.help import API, DEPRECATED, ENVIRONMENT, FILES, OUTPUT, REQUESTS
from evsrep.cli.options import COMMON, option_groups
from evsrep.cli.root import cli
from evsrep.cloud.retry import LONGEST_PAUSE_SECONDS, RULES
from evsrep.errors import EXIT_CODES
from evsrep.settings.declarations import KEYS

Rows = Iterable[tuple[str, str]]


def pages() -> dict[str, str]:
    """Return the man pages by name."""
    root = click.Context(cli, info_name="evsrep", **cli.context_settings)
    of_commands = {_page_name(ctx): ctx for ctx in _below(root)}
    names = ["evsrep", *of_commands]
    made = {"evsrep": _page(_root_page(root, names))}
    return made | {name: _page(_command_page(ctx, names)) for name, ctx in of_commands.items()}


def _page(lines: Iterable[str]) -> str:
    """Join lines to a page; a heading begins a paragraph by itself, and wants no other."""
    return re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", _lines(lines), flags=re.MULTILINE)


def escaped(text: str) -> str:
    """Return a text as roff takes it literally; beyond ASCII in roff's own words."""
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
    yield from _terms((f"{_bold(_page_name(inner))}(1)", _title(inner)) for inner in _below(ctx))
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
    yield from _examples(first for inner in _below(ctx) for first in _examples_of(inner)[:1])
    yield from _tables()
    yield ".SS The keys of a profile"
    yield from _terms((_bold(key.name), key.about) for key in KEYS)
    yield from _see_also(ctx, names)


def _command_page(ctx: click.Context, names: Sequence[str]) -> Iterator[str]:
    below = list(_below(ctx))
    yield from _opening(ctx, below or [ctx])
    if below:
        yield ".SH COMMANDS"
    for inner in below:
        yield f".SS {escaped(inner.command_path)}"
        yield from _paragraphs(_about(inner))
        yield from _terms(_options(inner))
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
    yield ".\\\" Written from the commands by 'python -m tests.workshop'; changes here are lost."
    yield f'.TH {escaped(name.upper())} 1 "" "evsrep {__version__}" "evsrep"'
    yield ".ad l"  # a justified line of long words has holes, of which groff warns
    yield ".SH NAME"
    yield f"{escaped(name)} \\- {escaped(title[:1].lower() + title[1:])}"
    yield ".SH SYNOPSIS"
    for number, usage in enumerate(usages):
        if number:
            yield ".br"
        pieces = " ".join(usage.command.collect_usage_pieces(usage))
        yield f"{_bold(usage.command_path)} {_italic(pieces)}"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(_about(ctx))


def _output() -> Iterator[str]:
    for paragraph in OUTPUT.strip().split("\n\n"):
        start, *terms = re.split(r"^(\w+) {2,}", paragraph, flags=re.MULTILINE)
        yield from _paragraphs(start)
        forms = zip(terms[::2], terms[1::2], strict=True)
        yield from _terms((_bold(form), about) for form, about in forms)


def _sent_again() -> Iterator[str]:
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
    """Yield the commands of a group in its own order; none of what is no group."""
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
    """Write the options that are for one thing, under its name."""
    yield f".SS {escaped(title)}"
    yield from _terms(_option(ctx, option) for option in option_groups(ctx.command, ctx)[title])


def _options(ctx: click.Context) -> Rows:
    """Yield a command's own options."""
    for title, options in option_groups(ctx.command, ctx).items():
        if title not in COMMON:
            yield from (_option(ctx, option) for option in options)


def _option(ctx: click.Context, option: click.Option) -> tuple[str, str]:
    flags, about = option.get_help_record(ctx) or ("", "")
    return _flags(flags), about + (f" [env: {option.envvar}]" if option.envvar else "")


def _examples_of(ctx: click.Context) -> list[str]:
    """Return a command's examples; a group's are those of its commands, too."""
    own = list(getattr(ctx.command, "examples", ()))
    return own + [example for inner in _below(ctx) for example in _examples_of(inner)]


def _flags(text: str) -> str:
    """Write option names in bold, what stands for a value in italics."""
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
    """Write a list of terms, which are roff already, with their meanings."""
    for term, about in rows:
        yield from (".TP", term, escaped(" ".join(about.split())))


def _paragraphs(text: str) -> Iterator[str]:
    """Write paragraphs for the reader's width: line breaks within them mean nothing."""
    for paragraph in filter(None, text.strip().split("\n\n")):
        yield from (".PP", escaped(" ".join(paragraph.split())))


def _examples(examples: Iterable[str]) -> Iterator[str]:
    lines = [line for example in examples for line in example.splitlines()]
    yield from (".SH EXAMPLES", ".EX", *map(escaped, lines), ".EE")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
