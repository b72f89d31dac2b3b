"""Cells that a spreadsheet would compute: an apostrophe before them makes them text.

A column without cells says so in its heading, which outlives whatever a spreadsheet saves: where it
is, one apostrophe before a formula goes again; elsewhere a cell is what stands there.
"""

import re

MARK = "\ufeff"
"""Before the first line: by it spreadsheets know that a file is UTF-8."""

HEADING = "apostrophe_means_text"

# what begins a formula, in East Asian widths too; tab and line ends hide one
_FORMULA = "'*[=+@\\-\t\r\n\uff1d\uff0b\uff20\uff0d]"


def as_text(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if re.match(_FORMULA, cell) else cell


def from_text(cell: str) -> str:
    """Return what a cell was before it was made text."""
    return cell[1:] if cell.startswith("'") and re.match(_FORMULA, cell) else cell
