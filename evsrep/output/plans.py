"""A plan of moving to SDRS as people read it: servers first, their verdict in front."""

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from evsrep.output.shapes import Thing
from evsrep.output.text import harmless

_SIGNS = {True: "ok", False: "x", None: "?"}
_WIDTH = 96


def plan_text(plan: Thing, width: int) -> str:
    """Return a plan as text that is so wide at most; IDs and requests are never broken."""
    width = min(width, _WIDTH)
    parts = (
        [f"Moving to SDRS, by what was known on {plan['as_of']}. Nothing is changed by this plan."],
        _servers(plan["servers"], width),
        _section("What becomes of what", _groups(plan["groups"]), width),
        _section("What is needed beside what there is", _needs(plan["needs"]), width),
        _section("What you lose", (f"{it['what']}: {it['why']}" for it in plan["losses"]), width),
        _section("What is not known", plan["unknown"], width),
        _steps(plan["steps"], width),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, parts) if lines) + "\n"


def _servers(servers: Iterable[Thing], width: int) -> Iterator[str]:
    for it in servers:
        label = harmless(str(it["name"] or it["id"]))
        where = f"{it['source'] or '?'} to {it['target'] or '?'}"
        yield f"{it['verdict'].upper():<8} {it['kind']} {label}, {where}, {it['id']}"
        kept = dict.fromkeys(rule["rule"] for rule in it["checks"] if rule["ok"])
        for rule in it["checks"]:
            if not rule["ok"]:
                value = f"{rule['value']}; " if rule["value"] else ""
                text = f"{_SIGNS[rule['ok']]:<2} {rule['rule']}: {value}{rule['hint'] or ''}"
                yield from _wrapped(text, width, "     ", "        ")
        if kept:
            yield from _wrapped(f"ok {', '.join(kept)}", width, "     ", "        ")


def _groups(groups: Iterable[Thing]) -> Iterator[str]:
    for it in groups:
        origin = it["consistency_group"]
        before = f"consistency group {origin}" if origin else "pairs in no group"
        servers = ", ".join(server["name"] for server in it["servers"])
        yield (
            f"{before} -> protection group {it['name']}, {it['source']} to {it['target']}, VPC "
            f"{it['vpc_id'] or '?'}: {servers}"
        )


def _needs(needs: Iterable[Thing]) -> Iterator[str]:
    for it in needs:
        now, after = (_number(it[key]) for key in ("now", "after"))
        limit = "no limit" if it["limit"] is None and it["ok"] else f"limit {_number(it['limit'])}"
        yield f"{_SIGNS[it['ok']]:<2} {it['what']}: {now} now, {after} after, {limit}"


def _number(value: Any) -> str:
    return "?" if value is None else f"{value:g}"


def _steps(steps: Iterable[Thing], width: int) -> Iterator[str]:
    steps = list(steps)
    if steps:
        yield "Steps: what is typed is sent by you, not by evsrep"
    for it in steps:
        yield from _wrapped(f"{it['number']}  {it['what']}", width, "  ", "     ")
        if it["warning"]:
            yield from _wrapped(f"WARNING: {it['warning']}", width, "     ", "     ")
        for call in it["calls"]:
            body = "" if call["body"] is None else f" {json.dumps(call['body'])}"
            yield harmless(f"     {call['method']} {call['path']}{body}")
        back = f"; back: {it['back']}" if it["back"] else ""
        yield from _wrapped(f"protected by {it['protected_by']}{back}", width, "     ", "     ")


def _section(title: str, sentences: Iterable[str], width: int) -> list[str]:
    lines = [line for each in sentences for line in _wrapped(f"- {each}", width, "  ", "    ")]
    return [title, *lines] if lines else []


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        harmless(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
