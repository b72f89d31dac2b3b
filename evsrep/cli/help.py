"""`evsrep help`: what no single command owns."""

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.errors import EXIT_CODES, UsageFault
from evsrep.output.shapes import EXIT_CODE
from evsrep.settings.keys import KEYS

ENVIRONMENT = (
    ("EVSREP_PROFILE", "which profile, as --profile"),
    ("EVSREP_CONFIG", "the profile file, as --config"),
    ("EVSREP_OUTPUT", "the form of the result, as --output"),
    ("EVSREP_TIMEOUT", "most seconds for one request, as --timeout"),
    ("EVSREP_RETRIES", "tries after the first, as --retries"),
    ("EVSREP_PASSWORD", "the chosen profile's password"),
    ("EVSREP_SECRET_KEY", "the chosen profile's secret key"),
    ("EVSREP_TOKEN", "the chosen profile's token"),
    ("EVSREP_PASSCODE", "the chosen profile's one-time code"),
    ("OS_AUTH_URL, OS_USERNAME, …", "the profile 'env'; used where no profile is chosen"),
    ("OS_CLOUD", "an entry of clouds.yaml, as the profile 'env'"),
    ("NO_COLOR", "no colour, whatever its value"),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "the proxy, where the profile names none"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME", "where the files are"),
)
FILES = (
    ("~/.config/evsrep/config.toml", "the profile file (mode 0600); 'evsrep profile path'"),
    ("~/.cache/evsrep/names/", "names from the last 'evsrep list', for Tab"),
    ("~/.cache/evsrep/tokens/", "tokens kept between two runs (0600); 'evsrep auth logout'"),
    ("~/.local/state/evsrep/sandbox.db", "the sandbox's state; 'evsrep sandbox reset'"),
)
OUTPUT = """\
stdout carries the result alone; progress, notes, warnings and errors go to stderr.

table   for people. On a terminal it fits the width; in a pipe it is plain and unwrapped.
json    the API's object, or an array of them; field names and values are the API's own, except
        that volume_ids is a list, record_metadata an object, progress a number or null.
jsonl   one JSON object a line.
value   no header, tab-separated, a line per object. The idiom for a script: -o value -c id

-c takes the names of fields, in the order wanted. Errors are text, or with json and jsonl one
object on stderr: {"error": {"kind", "message", "hint", "status", "code", "request_id",
"exit_code", "resume"}}; keys without a value are left out.
"""
TOPICS = ("exit-codes", "environment", "files", "output")


@click.command(
    cls=Command, shape=EXIT_CODE, examples=("evsrep help exit-codes", "evsrep help create")
)
@click.argument("topic", metavar="[TOPIC|COMMAND…]", nargs=-1)
@everywhere
@pass_app
def help(app: App, topic: tuple[str, ...]) -> None:  # noqa: A001 -- the user's word
    """Show help on a topic or a command.

    The topics are exit-codes, environment, files and output.
    """
    if topic == ("exit-codes",):
        app.console.show_all(EXIT_CODE, exit_code_rows())
    elif topic == ("environment",):
        app.console.print(_pairs(ENVIRONMENT))
    elif topic == ("files",):
        keys = tuple((key.name, key.about) for key in KEYS)
        app.console.print(f"{_pairs(FILES)}\nThe keys of a profile:\n\n{_pairs(keys)}")
    elif topic == ("output",):
        app.console.print(OUTPUT)
    else:
        app.console.print(_command_help(topic))


def exit_code_rows() -> list[dict[str, object]]:
    """The exit codes as rows of a result."""
    return [
        {"code": int(row.code), "kind": ", ".join(row.kinds) or None, "meaning": row.when}
        for row in EXIT_CODES
    ]


def _command_help(words: tuple[str, ...]) -> str:
    """The help of a command, found as if it were typed."""
    from evsrep.cli.root import cli

    ctx = click.Context(cli, info_name="evsrep", **cli.context_settings)
    for word in words:
        group = ctx.command
        found = group.get_command(ctx, word) if isinstance(group, click.Group) else None
        if found is None:
            raise UsageFault(
                f"there is no help on '{' '.join(words)}'",
                hint=f"topics are {', '.join(TOPICS)}; every command has its own help",
            )
        ctx = click.Context(found, info_name=word, parent=ctx)
    return ctx.get_help() + "\n"


def _pairs(rows: tuple[tuple[str, str], ...]) -> str:
    width = max(len(word) for word, _ in rows)
    return "".join(f"{word:<{width}}  {about}\n" for word, about in rows)
