"""Which known word was probably meant by one that is not known."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant; empty if none comes near."""
    import difflib  # slow to import, and wanted for mistakes only

    close = difflib.get_close_matches(word, list(known), n=1)
    return close[0] if close else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'KNOWN'?", to end a message with; empty if no word comes near."""
    near = nearest(word, known)
    return f"; did you mean '{near}'?" if near else ""
