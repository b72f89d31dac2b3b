"""Trees for a terminal: what is below what."""

from typing import TextIO

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from evsrep.output.shapes import Branch
from evsrep.output.text import harmless


def print_tree(branch: Branch, stream: TextIO, *, width: int, color: bool) -> None:
    """Draw a tree; a line that is longer than the terminal is wide goes on below."""
    console = Console(
        file=stream,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(_grown(branch, Tree(_line(branch), guide_style="dim")))


def _grown(branch: Branch, tree: Tree) -> Tree:
    for each in branch.below:
        _grown(each, tree.add(_line(each)))
    return tree


def _line(branch: Branch) -> Text:
    return Text(harmless(branch.text), overflow="fold")
