"""`evsrep group`: consistency groups."""

import click

from evsrep.cli.groups import LazyGroup
from evsrep.cli.options import everywhere

_COMMANDS = {
    "Look": {
        "list": "evsrep.cli.group_look:list_",
        "show": "evsrep.cli.group_look:show",
        "ready": "evsrep.cli.group_look:ready",
        "wait": "evsrep.cli.group_look:wait",
    },
    "Bundle": {
        "create": "evsrep.cli.group_make:create",
        "update": "evsrep.cli.group_make:update",
        "expand": "evsrep.cli.group_expand:expand",
        "delete": "evsrep.cli.group_make:delete",
    },
    "Act": {
        "sync": "evsrep.cli.group_act:sync",
        "pause": "evsrep.cli.group_act:pause",
        "failover": "evsrep.cli.group_act:failover",
        "switchover": "evsrep.cli.group_act:switchover",
        "reprotect": "evsrep.cli.group_act:reprotect",
    },
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
@everywhere
def group() -> None:
    """Bundle pairs that fail over together, and act on them.

    GROUP is an ID, or the exact name of one group in the project. What the group's state forbids is
    refused before it is sent.
    """
