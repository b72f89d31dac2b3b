"""Which known word was probably meant by one that is not known."""

from collections.abc import Collection, Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant; empty if none comes near."""
    import difflib  # slow to import, and wanted for mistakes only

    close = difflib.get_close_matches(word, list(known), n=1)
    return close[0] if close else ""


def there_are(word: str, known: Collection[str]) -> str:
    """Return "did you mean 'KNOWN'? there are: …", as what helps where a name is not known."""
    near, names = nearest(word, known), ", ".join(known)
    meant = f"did you mean '{near}'? " if near else ""
    return f"{meant}there are: {names}" if names else "there are none"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'KNOWN'?", to end a message with; empty if no word comes near."""
    near = nearest(word, known)
    return f"; did you mean '{near}'?" if near else ""
