"""`evsrep help`: what no single command owns."""

import re
from collections.abc import Iterable

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere, write_options
from evsrep.errors import EXIT_CODES, UsageFault
from evsrep.output.shapes import EXIT_CODE
from evsrep.settings.declarations import KEYS, SECRET_VARIABLES, SETTINGS

ENVIRONMENT = (
    *(
        (setting.variable, f"{setting.about} ({setting.flags[-1]})")
        for setting in SETTINGS
        if setting.variable and setting.flags
    ),
    *(
        (variable, f"the chosen profile's {key.replace('_', ' ')}")
        for variable, key in SECRET_VARIABLES.items()
    ),
    ("OS_AUTH_URL, OS_USERNAME, …", "the profile 'env'; used where no profile is chosen"),
    ("OS_CLOUD", "an entry of clouds.yaml, as the profile 'env'"),
    ("NO_COLOR", "no colour, unless it is empty"),
    ("FORCE_COLOR, CLICOLOR_FORCE", "colour where there is no terminal, too"),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "the proxy, where the profile names none"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME", "where the files are"),
)
FILES = (
    ("~/.config/evsrep/config.toml", "the profile file (mode 0600); 'evsrep profile path'"),
    ("~/.cache/evsrep/names/", "names from the last 'evsrep list', for Tab"),
    ("~/.cache/evsrep/tokens/", "tokens kept between two runs (0600); 'evsrep auth logout'"),
    ("~/.local/state/evsrep/journal.jsonl", "what was changed (0600); 'evsrep journal'"),
    ("~/.local/state/evsrep/sandbox.db", "the sandbox's state; 'evsrep sandbox reset'"),
)
OUTPUT = """\
stdout carries the result alone; progress, notes, warnings and errors go to stderr.

table   for people. On a terminal it fits the width; in a pipe it is plain and unwrapped. A line on
        stderr sums a list up.
json    the API's object, or an array of them; field names and values are the API's own, except
        that volume_ids is a list, record_metadata an object, progress a number or null.
jsonl   one JSON object a line.
value   no header, tab-separated, a line per object; what is not there is empty, and bash reads
        two tabs as one: ask for what is always there. The idiom for a script: -o value -c id

-c takes the names of fields, in the order wanted. Errors are text, or with json and jsonl one
object on stderr: {"error": {"kind", "message", "hint", "status", "code", "request_id",
"exit_code", "resume"}}; keys without a value are left out.
"""
_SENT = {
    "create, apply": "GET volumes/detail, GET volumes/{id}, GET servers/{id}, GET PAIRS, "
    "GET os-availability-zone, POST volumes, POST PAIRS, GET PAIRS/{id}",
    "disks": "GET volumes/detail, GET volumes/{id}, GET PAIRS, GET servers/detail",
    "export": "GET volumes/detail, GET PAIRS, GET GROUPS",
    "list": "GET PAIRS, GET GROUPS, GET volumes/detail",
    "show, wait": "GET PAIRS/{id}, GET PAIRS, GET volumes/{id}, GET GROUPS/{id}",
    "delete": "GET PAIRS/{id}, GET PAIRS, DELETE PAIRS/{id}",
    "health": "GET PAIRS, GET GROUPS",
    "doctor": "GET /v3, GET PAIRS, GET servers, GET active-domains",
    "sdrs plan": "GET PAIRS, GET GROUPS, GET volumes/detail, GET os-quota-sets/{project_id}, "
    "GET active-domains, GET sdrs/quotas, GET cloudservers/{id}, GET cloudservers/limits, "
    "GET cloudservers/flavors",
    "group list": "GET GROUPS",
    "group show, ready, wait": "GET GROUPS/{id}, GET GROUPS, GET PAIRS, GET volumes/{id}",
    "group create": "GET PAIRS, POST GROUPS, GET GROUPS/{id}, POST GROUPS/{id}/action",
    "group update": "GET GROUPS, GET GROUPS/{id}, GET PAIRS, POST GROUPS/{id}/action, "
    "PUT GROUPS/{id}",
    "group delete": "GET GROUPS, GET GROUPS/{id}, POST GROUPS/{id}/action, DELETE GROUPS/{id}",
    "group sync, pause, failover, switchover, reprotect": "GET GROUPS, GET GROUPS/{id}, GET PAIRS, "
    "POST GROUPS/{id}/action",
    "group expand": "GET GROUPS, GET PAIRS, GET volumes/{id}, POST GROUPS/{id}/action",
}
_NAMES = {"PAIRS": "os-vendor-replications", "GROUPS": "os-vendor-replication-consistency-groups"}
REQUESTS = tuple(
    (commands, tuple(re.sub("PAIRS|GROUPS", lambda name: _NAMES[name[0]], sent).split(", ")))
    for commands, sent in _SENT.items()
)
"""The requests of each command."""

API = """\
evsrep speaks the replication part of the EVS API, below /v2/{project_id} at the
endpoint that the catalog has for EVS; servers are asked for at the compute
endpoint; what a plan of moving to SDRS wants is below /v1/{project_id}. Each
command first signs in at IAM with POST /v3/auth/tokens, unless a token was kept
or requests are signed with AK/SK; 'evsrep auth logout' takes tokens back with
DELETE. --debug shows each request of a run.

What else a command may send, and nothing besides:
"""
DEPRECATED = """\
The vendors have marked this API as deprecated since February 2019. A cloud that
has taken it out answers 404 for the lists themselves: exit code 5, kind
not_offered. Its successor is SDRS (Storage Disaster Recovery Service), of which
evsrep asks only what a plan needs; a disk that SDRS protects can't be paired
here (EVS.2089). Where it is and what moving there means: evsrep help sdrs
"""
_SDRS = """\
SDRS (Storage Disaster Recovery Service) is what the vendors name as the
successor of EVS replication. It protects servers, not disks: from a server it
makes a DR server with DR disks of its own in another zone. What is said here is
as of {as_of}.

Where it is:

{where}
What is lost by moving there:

{losses}
What nobody tells, and a plan can't know:

{unknown}
'evsrep sdrs plan' says for each of your servers whether SDRS would take it,
what is needed, what is lost, and the steps, each with what protects meanwhile.
It only looks: evsrep changes nothing in SDRS. Codes: evsrep explain SDRS.1802
"""
TOPICS = ("options", "output", "exit-codes", "environment", "files", "api", "sdrs")


@click.command(
    cls=Command,
    shape=EXIT_CODE,
    examples=("evsrep help exit-codes", "evsrep help create"),
    short_help=f"On {', '.join(TOPICS)}.",
)
@click.argument(
    "topic",
    metavar="[TOPIC|COMMAND…]",
    nargs=-1,
    shell_complete=lambda _ctx, _param, word: [name for name in TOPICS if name.startswith(word)],
)
@everywhere
@pass_app
def help(app: App, topic: tuple[str, ...]) -> None:  # noqa: A001 -- the user's word
    """Show help on a topic or a command.

    The topics are options (those of every command), output, exit-codes, environment, files, api
    (what each command sends) and sdrs (the successor of the API, and what moving there means).
    """
    if topic == ("exit-codes",):
        app.console.show_all(EXIT_CODE, exit_code_rows())
    else:
        app.console.print_page(_text(topic))


def _text(topic: tuple[str, ...]) -> str:
    if topic == ("options",):
        return _common_options()
    if topic == ("environment",):
        return _pairs(ENVIRONMENT)
    if topic == ("files",):
        keys = tuple((key.name, key.about) for key in KEYS)
        return f"{_pairs(FILES)}\nThe keys of a profile:\n\n{_pairs(keys)}"
    if topic == ("output",):
        return OUTPUT
    if topic == ("api",):
        return "\n".join((API, *map(_requests, REQUESTS), DEPRECATED))
    if topic == ("sdrs",):
        return _sdrs()
    return _command_help(topic)


def _sdrs() -> str:
    """Return what is known of the successor, with the date of that."""
    from evsrep.cloud import sdrs_facts as facts

    return _SDRS.format(
        as_of=facts.AS_OF,
        where=_indented(f"{cloud}: {where}" for cloud, where in facts.WHERE.items()),
        losses=_indented(f"{what}: {why}" for what, why in facts.LOSSES),
        unknown=_indented(facts.UNKNOWN),
    )


def _indented(sentences: Iterable[str]) -> str:
    import textwrap

    return "".join(
        textwrap.fill(each, 80, initial_indent="  - ", subsequent_indent="    ") + "\n"
        for each in sentences
    )


def _requests(row: tuple[str, tuple[str, ...]]) -> str:
    commands, requests = row
    return f"{commands}\n" + "".join(f"    {request}\n" for request in requests)


def _common_options() -> str:
    """Return the options of every command."""
    from evsrep.cli.root import cli

    ctx = click.Context(cli, info_name="evsrep", **cli.context_settings)
    formatter = ctx.make_formatter()
    formatter.write_paragraph()
    formatter.write("Accepted before the command and after it.\n")
    write_options(cli, ctx, formatter)
    return formatter.getvalue().lstrip("\n")


def exit_code_rows() -> list[dict[str, object]]:
    """Return the exit codes as rows of a result."""
    return [
        {"code": int(row.code), "kind": ", ".join(row.kinds) or None, "meaning": row.when}
        for row in EXIT_CODES
    ]


def _command_help(words: tuple[str, ...]) -> str:
    """Return the help of a command, found as if it were typed."""
    from evsrep.cli.root import cli

    ctx = click.Context(cli, info_name="evsrep", **cli.context_settings)
    for word in words:
        group = ctx.command
        found = group.get_command(ctx, word) if isinstance(group, click.Group) else None
        if found is None:
            raise _no_help(words, word, [*TOPICS, *_commands_of(ctx)])
        ctx = click.Context(found, info_name=word, parent=ctx)
    return ctx.get_help() + "\n"


def _commands_of(ctx: click.Context) -> list[str]:
    group = ctx.command
    return group.list_commands(ctx) if isinstance(group, click.Group) else []


def _no_help(words: tuple[str, ...], word: str, known: list[str]) -> UsageFault:
    from evsrep.settings.spelling import did_you_mean

    return UsageFault(
        f"there is no help on '{' '.join(words)}'{did_you_mean(word, known)}",
        hint=f"topics are {', '.join(TOPICS)}; every command has its own help",
    )


def _pairs(rows: tuple[tuple[str, str], ...]) -> str:
    width = max(len(word) for word, _ in rows)
    return "".join(f"{word:<{width}}  {about}\n" for word, about in rows)
