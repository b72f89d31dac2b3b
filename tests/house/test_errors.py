"""Every failure has its row in the one table, and every row its failure."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import evsrep
from evsrep import errors
from evsrep.errors import EXIT_CODES, EvsrepError, ExitCode


def descendants(family: type[EvsrepError]) -> Iterator[type[EvsrepError]]:
    for child in family.__subclasses__():
        yield child
        yield from descendants(child)


for module in pkgutil.walk_packages(evsrep.__path__, "evsrep."):
    importlib.import_module(module.name)  # an error class may be anywhere
ERRORS = [each for each in descendants(EvsrepError) if each.__module__.startswith("evsrep.")]
ROWS = {row.code: row for row in EXIT_CODES}


@pytest.mark.parametrize("error", ERRORS)
def test_the_kind_stands_in_the_row_of_the_exit_code(error: type[EvsrepError]) -> None:
    assert error.kind in ROWS[error.exit_code].kinds


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_says_what_it_is_for(error: type[EvsrepError]) -> None:
    assert error.__doc__
    assert error.__doc__.strip().endswith(".")


def test_a_kind_stands_in_one_row_alone() -> None:
    kinds = [kind for row in EXIT_CODES for kind in row.kinds]
    assert len(kinds) == len(set(kinds))


def test_every_kind_has_an_error() -> None:
    assert {kind for row in EXIT_CODES for kind in row.kinds} == {each.kind for each in ERRORS}


def test_every_exit_code_has_one_row() -> None:
    assert [row.code for row in EXIT_CODES] == list(ExitCode)


@pytest.mark.parametrize("code", [code for code in ExitCode if code is not ExitCode.DONE])
def test_every_exit_code_has_an_error(code: ExitCode) -> None:
    assert any(each.exit_code is code for each in ERRORS)


def drawn(family: type[Exception], indent: str = "") -> Iterator[str]:
    """The lines of the tree below a class, as they are to stand in the docstring."""
    children = [child for child in family.__subclasses__() if child.__module__ == errors.__name__]
    for child in children:
        is_last = child is children[-1]
        name = f"{indent}{'└' if is_last else '├'}── {child.__name__}"
        code = getattr(child, "exit_code", None)
        yield name if code is None else f"{name:<28}{code:>4d}"
        yield from drawn(child, indent + ("    " if is_last else "│   "))


def test_the_docstring_draws_the_family_as_it_is() -> None:
    lines = re.findall(r"^    (.+)$", errors.__doc__ or "", flags=re.MULTILINE)
    assert lines == ["Exception", *drawn(Exception)]
    assert all(error.__module__ == errors.__name__ for error in ERRORS)
