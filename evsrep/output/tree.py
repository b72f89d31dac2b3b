"""Trees for a terminal: what is below what."""

from rich.text import Text
from rich.tree import Tree

from evsrep.output.shapes import Branch
from evsrep.output.text import harmless


def tree_of(branch: Branch) -> Tree:
    """Return a tree; a line that is longer than the terminal is wide goes on below."""
    return _grown(branch, Tree(_line(branch), guide_style="dim"))


def _grown(branch: Branch, tree: Tree) -> Tree:
    for below in branch.below:
        _grown(below, tree.add(_line(below)))
    return tree


def _line(branch: Branch) -> Text:
    return Text(harmless(branch.text), overflow="fold")
