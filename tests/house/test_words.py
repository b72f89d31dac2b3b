"""The field's words, so that a reader from OpenStack, click or httpx needs no glossary."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.code import trees

# Only words that mean nothing else anywhere: others of the house's table have a right use, too.
INSTEAD_OF = {
    "deed": "change",
    "placed": "result",
    "sheet": "manifest",
    "crew": "worker pool",
    "toil": "worker",
    "talk": "report",
    "told": "reported",
    "teller": "reporter",
    "shelf": "token cache",
    "distrust": "invalidate",
    "helps": "hint",
    "surroundings": "environment",
    "world": "environment",
    "wish": "PairRequest",
    "survey": "preflight",
    "stock": "inventory",
    "patience": "WaitOptions",
    "conduct": "CreateOptions",
    "authority": "authenticator",
    "calm": "rate-limit gate, or stable",
    "takes_existing": "if_not_exists",
    "is_sure": "yes",
    "is_forced": "force",
    "dear": "expensive",
    "barren": "empty",
}
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def identifiers(tree: ast.AST) -> Iterator[str]:
    """Every name that is made or used: of variables, attributes, arguments, functions, modules."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield from value.split(".")


def plain(identifier: str) -> str:
    """A name in lower case with one underscore between its parts, and one at either end."""
    return f"_{'_'.join(_PART.findall(identifier))}_".lower()


def words_in(tree: ast.AST) -> set[str]:
    """The words that stand in the names, alone or as parts of them; also with an s at the end."""
    names = {plain(identifier) for identifier in identifiers(tree)}
    return {
        word
        for word in INSTEAD_OF
        if any(f"_{word}_" in name or f"_{word}s_" in name for name in names)
    }


def test_a_name_is_made_of_the_words_of_the_field() -> None:
    strange = {
        f"{module}: {word}, for {INSTEAD_OF[word]}"
        for module, tree in trees().items()
        for word in {*words_in(tree), *words_in(ast.Name(module.replace(".", "_")))}
    }
    assert sorted(strange) == []


@pytest.mark.parametrize(
    "text",
    [
        "deed = 1",
        "from evsrep.jobs import deed",
        "import evsrep.jobs.deed",
        "class FailedDeed: pass",
        "_DEEDS = ()",
        "self.last_deed",
        "act(deed=1)",
        "def act(*, deed): pass",
        "def _of_deed(): pass",
    ],
)
def test_a_word_is_seen_wherever_it_stands_in_a_name(text: str) -> None:
    assert words_in(ast.parse(text)) == {"deed"}


@pytest.mark.parametrize("text", ["indeed = 1", "'deed'", "# deed", "wishful", "is_surely = 1"])
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert words_in(ast.parse(text)) == set()
