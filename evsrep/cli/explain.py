"""`evsrep explain`: what a code, a status or an exit code means."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.cloud import meanings, sdrs_facts
from evsrep.errors import EXIT_CODES, NotFound
from evsrep.output.shapes import EXPLANATION

_TABLES: tuple[tuple[str, Mapping[str, meanings.Meaning]], ...] = (
    ("failure code", meanings.FAILURE_DETAILS),
    ("error code", meanings.ERROR_CODES),
    ("SDRS error code", sdrs_facts.CODES),
    ("gateway error code", {f"APIGW.{key}": row for key, row in meanings.GATEWAY_CODES.items()}),
    ("status", meanings.PAIR_STATUSES),
    ("group status", meanings.GROUP_STATUSES),
    ("replication status", meanings.REPLICATION_STATUSES),
    ("group replication status", meanings.GROUP_REPLICATION_STATUSES),
    ("fault level", meanings.FAULT_LEVELS),
)


def _complete(_ctx: click.Context, _param: click.Parameter, word: str) -> list[CompletionItem]:
    known = dict.fromkeys(row["word"] for row in _rows())
    return [CompletionItem(each) for each in known if each.startswith(word)]


@click.command(
    cls=Command,
    shape=EXPLANATION,
    examples=("evsrep explain 37100041", "evsrep explain 403", "evsrep explain 8"),
)
@click.argument("word", metavar="WORD", shell_complete=_complete)
@everywhere
@pass_app
def explain(app: App, word: str) -> None:
    """Say what a code or a status means, and what helps.

    WORD is a failure_detail, an error code of EVS, SDRS, IAM or the gateway, an HTTP status, a
    status of a pair or group, a fault level, or an exit code by its number or kind. Nothing is
    asked of the cloud.
    """
    wanted = _plain(word)
    found = [row for row in _rows() if wanted in map(_plain, (row["word"], *row["others"]))]
    if not found:
        raise _unknown(word)
    fields = EXPLANATION.fields
    app.console.show_all(EXPLANATION, [{key: row[key] for key in fields} for row in found])


def _rows() -> Iterator[dict[str, Any]]:
    """Everything that is known; `others` are other words for the same."""
    for kind, table in _TABLES:
        for word, row in table.items():
            others = (word.replace("APIGW.", "APIG."),)
            yield _row(word, kind, row.cause, row.hint, others)
    for word, status in meanings.HTTP_STATUSES.items():
        code = int(status.exit_code)
        kind = f"HTTP status ({status.name}), exit code {code}"
        yield _row(word, kind, status.cause, status.hint, (status.name,), code)
    for exit_code in EXIT_CODES:
        kinds = f" ({', '.join(exit_code.kinds)})" if exit_code.kinds else ""
        code, kind = int(exit_code.code), f"exit code{kinds}"
        yield _row(str(code), kind, exit_code.when, None, exit_code.kinds, code)


def _row(
    word: str,
    kind: str,
    meaning: str,
    hint: str | None,
    others: tuple[str, ...],
    exit_code: int | None = None,
) -> dict[str, Any]:
    """Return what is known of a word; `exit_code` is the one it leads to, where that is sure."""
    return {
        "word": word,
        "kind": kind,
        "meaning": meaning,
        "hint": hint,
        "exit_code": exit_code,
        "others": others,
    }


def _plain(word: str) -> str:
    return word.strip().casefold()


def _unknown(word: str) -> NotFound:
    from evsrep.settings.spelling import nearest

    known = {_plain(each): each for row in _rows() for each in (row["word"], *row["others"])}
    near = nearest(_plain(word), known)
    return NotFound(
        f"nothing is known of '{word}'",
        hint=f"did you mean '{known[near]}'?"
        if near
        else "give a failure_detail, an error code such as EVS.1002, a status or an exit code",
    )
