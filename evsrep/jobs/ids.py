"""IDs as people paste them, and words as an error is to show them."""

import re
import unicodedata

_ID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.IGNORECASE)
_QUOTES = ",;\"'`\u00b4\u2018-\u201f\u2039\u203a\u00ab\u00bb\u2032\u2033"
_AROUND = re.compile(f"[\\s{_QUOTES}]+")
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def is_id(name_or_id: str) -> bool:
    """Whether it is an ID (a UUID) rather than a name."""
    return _ID.fullmatch(name_or_id) is not None


def is_same_id(one: str, other: str) -> bool:
    """Whether two IDs are the same, however they are written."""
    return one.casefold() == other.casefold()


def as_meant(name_or_id: str) -> str:
    """Return an ID as the cloud writes it, without what was pasted with it; a name as it is.

    Such are blanks, what can't be seen, quotes and commas. The cloud compares letter by letter.
    """
    if is_id(name_or_id):
        return name_or_id.lower()
    seen = "".join(" " if is_unseen(each) else each for each in name_or_id)
    bare = _AROUND.sub(" ", seen).strip()
    return bare.lower() if is_id(bare) else name_or_id


def spelled(word: str) -> str:
    """Return a word with what can't be seen in it spelled out, such as `\\u200b`."""
    return "".join(f"\\u{ord(each):04x}" if is_unseen(each) else each for each in word)


def is_unseen(character: str) -> bool:
    """Whether a character leaves no mark: a control or format character, or an odd blank."""
    kind = unicodedata.category(character)
    return kind in _UNSEEN or (kind == "Zs" and character != " ")
