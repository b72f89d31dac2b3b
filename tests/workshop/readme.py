"""The README's tables, written from the tables of the code."""

import re
from collections.abc import Iterable, Iterator

import click

from evsrep.cli.help import ENVIRONMENT, FILES
from evsrep.errors import EXIT_CODES
from evsrep.settings.declarations import KEYS


def filled(text: str) -> str:
    """Return the README with its blocks written anew.

    Raises ClickException for a block that nobody knows, or that has no end.
    """
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
    return "\n".join(lines) + "\n"


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
