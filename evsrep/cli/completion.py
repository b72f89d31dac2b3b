"""`evsrep completion`: what makes Tab work."""

import click
from click.shell_completion import ShellComplete, get_completion_class

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=Command,
    examples=(
        "evsrep completion bash > ~/.local/share/bash-completion/completions/evsrep",
        "source <(evsrep completion zsh)",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@everywhere
@pass_app
def completion(app: App, shell: str) -> None:
    """Print the completion script of a shell."""
    from evsrep.cli.root import cli

    app.console.print(script(cli, shell))


def script(command: click.Command, shell: str) -> str:
    """Return the script as Click writes it, but for what has a comma in it in fish."""
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 -- SHELLS are those that Click knows
    # for bash, Click's own `source` would first start a bash to ask for its version
    made = ShellComplete.source(found(command, {}, "evsrep", "_EVSREP_COMPLETE")) + "\n"
    return made.replace('string split "," ', 'string split --max 1 "," ')
