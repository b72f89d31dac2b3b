"""What is below what, each level two blanks in."""

from collections.abc import Iterator

from evsrep.output.layout import wrapped
from evsrep.output.shapes import Branch
from evsrep.output.text import harmless


def tree_of(branch: Branch, width: int, depth: int = 0) -> Iterator[str]:
    """Yield the lines of a tree; one that is longer than the terminal is wide goes on below."""
    indent = "  " * depth
    for line in wrapped(harmless(branch.text), width - len(indent)):
        yield indent + line
    for below in branch.below:
        yield from tree_of(below, width, depth + 1)
