"""Cells that a spreadsheet would compute: an apostrophe before them makes them text.

Of what `apply` reads, one apostrophe before a formula goes, so whatever is written to be text comes
back as it was; a name that begins with both has a second one, in any CSV.
"""

import re

MARK = "\ufeff"
"""Before the first line: by it spreadsheets know that a file is UTF-8."""

# what begins a formula, in East Asian widths too; tab and line ends hide one
_FORMULA = "[=+@\\-\t\r\n\uff1d\uff0b\uff20\uff0d]"


def as_text(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if re.match(f"'*{_FORMULA}", cell) else cell


def escaped(cell: str) -> str:
    """Return a cell as it stands, save one that would be read as if it were made text."""
    return f"'{cell}" if re.match(f"'+{_FORMULA}", cell) else cell


def unescaped(cell: str) -> str:
    """Return what a cell was before it was made text or escaped."""
    return cell[1:] if re.match(f"'+{_FORMULA}", cell) else cell
