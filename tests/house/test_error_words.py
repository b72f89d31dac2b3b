"""What an error says: all of its faults, and each of them once."""

import pytest

from evsrep.errors import ConfigError, EvsrepError, UsageFault


def test_a_single_fault_is_the_message() -> None:
    error = UsageFault.of(["the name is too long"], hint="shorten it")
    assert type(error) is UsageFault
    assert (error.message, error.faults, error.hint) == ("the name is too long", (), "shorten it")
    assert str(error) == error.full_message == "the name is too long"


@pytest.mark.parametrize(("summary", "message"), [
    (None, "2 things are wrong"), ("{n} lines of {x} are wrong", "2 lines of {x} are wrong"),
])  # fmt: skip
def test_several_faults_are_summed_up_and_all_there(summary: str | None, message: str) -> None:
    faults = ["a is wrong", "b is {wrong}"]
    error = ConfigError.of(faults, summary) if summary else ConfigError.of(faults)
    assert (error.message, error.faults) == (message, ("a is wrong", "b is {wrong}"))
    assert str(error) == f"{message}; a is wrong; b is {{wrong}}"


def test_what_the_message_says_is_not_said_again() -> None:
    error = UsageFault("a is wrong; b is wrong", faults=("a is wrong", "b is wrong"))
    assert str(error) == "a is wrong; b is wrong"


def test_an_error_of_another_kind_says_itself() -> None:
    assert str(EvsrepError("no")) == "no"
