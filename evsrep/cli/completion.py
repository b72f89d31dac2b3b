"""`evsrep completion`: what makes Tab work."""

import click

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
    """Return the script that makes Tab work in that shell."""
    from evsrep.cli.shells import COMPLETIONS  # which only Tab needs

    return COMPLETIONS[shell](command, {}, "evsrep", "_EVSREP_COMPLETE").source()
