"""The reporter: how a verb says what it does, and what is known whatever ends it.

Shells and programs each hand in their own; a verb knows neither terminals nor exit codes.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

from evsrep.errors import EvsrepError, Interrupted, UsageFault
from evsrep.secrets import Secrets

Words = tuple[str, ...]
"""A command of evsrep, less its name and what says in which profile: `("wait", ID)`."""

Progress = Callable[[str, float | None, float | None], None]
"""Takes a state, percent, and seconds left, the latter two where they are known."""


class Thing(Protocol):
    """A pair, a group, or whatever else has the API's object in `fields`."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The object, decoded."""
        ...


class Fields(NamedTuple):
    """A thing of which no more is known than an object of the API's kind."""

    fields: Mapping[str, Any]


class Row(Thing, Protocol):
    """What has become of one of many."""

    @property
    def error(self) -> EvsrepError | None:
        """What went wrong with it."""
        ...


class Reporter(Protocol):
    """What a verb tells whoever called it."""

    @property
    def wants_yes(self) -> bool:
        """Whether what can't be undone wants a yes: of a person, whom a typo may lead astray."""
        ...

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to be asked."""
        ...

    def verbose(self, text: str) -> None:
        """Tell what is done, to those who want the details."""
        ...

    def step(self, text: str) -> None:
        """Tell what is going on; no result, and nothing for a program."""
        ...

    def note(self, text: str) -> None:
        """Tell what a person would want to know."""
        ...

    def warn(self, text: str) -> None:
        """Tell what may be wrong."""
        ...

    def ask(self, question: str, facts: Iterable[str]) -> bool:
        """Show the facts, and ask; only where `can_ask`."""
        ...

    def sending(self, fields: Mapping[str, Any], resume: Words) -> None:
        """Say that something is about to be sent: what was asked for, and what finds it again."""
        ...

    def resume_with(self, resume: Words, fields: Mapping[str, Any] | None = None) -> None:
        """Say how to go on where nothing is known that says it better, and of what."""
        ...

    def observe(self, thing: Thing, resume: Words = (), *, is_over: bool = False) -> None:
        """Say how a thing is now, how to go on from here, and whether there is no need to."""
        ...

    def row(self, row: Row) -> None:
        """Say what has become of one of many; once for each, whatever ends the verb."""
        ...

    def sum_up(self, text: str) -> None:
        """Say in a line what all the rows come to."""
        ...

    def on_interrupt(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """While the block lasts, have a request to stop do something else than break off."""
        ...

    def progress(self) -> AbstractContextManager[Progress]:
        """Show what is under way while the block lasts."""
        ...

    def bar(self, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show how many of many are done while the block lasts."""
        ...


class LogReporter:
    """The reporter of programs that hand in none: the logger `evsrep`."""

    wants_yes = False  # the program has said it by its call
    can_ask = False

    def __init__(self, secrets: Secrets | None = None) -> None:
        """Take the `secrets` that are starred out of whatever is logged."""
        self.secrets = secrets or Secrets()
        self._log = logging.getLogger("evsrep")
        self.is_debugging = self._log.isEnabledFor(logging.DEBUG)

    def verbose(self, text: str) -> None:
        """Log it as information."""
        self._log.info("%s", self.secrets.hide(text))

    step = note = verbose

    def warn(self, text: str) -> None:
        """Log it as a warning."""
        self._log.warning("%s", self.secrets.hide(text))

    def debug(self, *lines: str) -> None:
        """Log what goes over the wire."""
        self._log.debug("%s", self.secrets.hide("\n".join(lines)))

    def ask(self, question: str, facts: Iterable[str]) -> bool:
        """Answer no: nobody is there."""
        del question, facts
        return False

    def sending(self, fields: Mapping[str, Any], resume: Words) -> None:
        """Do nothing: a program has the verb's error."""

    def resume_with(self, resume: Words, fields: Mapping[str, Any] | None = None) -> None:
        """Do nothing."""

    def observe(self, thing: Thing, resume: Words = (), *, is_over: bool = False) -> None:
        """Do nothing: a program has the verb's result."""

    def row(self, row: Row) -> None:
        """Do nothing; a program that wants the rows as they come hands in a reporter of its own."""

    def sum_up(self, text: str) -> None:
        """Log it as information."""
        self.note(text)

    def on_interrupt(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """Leave the program's own handlers alone."""
        del act
        return nullcontext()

    def progress(self) -> AbstractContextManager[Progress]:
        """Show nothing."""
        return nullcontext(lambda state, percent, left: None)

    def bar(self, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show nothing."""
        del total
        return nullcontext(lambda done: None)


def check_can_ask(reporter: Reporter, *, yes: bool) -> None:
    """Raise UsageFault where a question will come up that nobody is there to answer."""
    if reporter.wants_yes and not yes and not reporter.can_ask:
        raise UsageFault("nobody is there to ask", hint="say --yes if you are sure")


def ask(
    reporter: Reporter, question: str, facts: Iterable[str], *, yes: bool, hint: str = ""
) -> None:
    """Ask what was not answered by `yes`; raises Interrupted where the answer is no."""
    check_can_ask(reporter, yes=yes)
    if reporter.wants_yes and not yes and not reporter.ask(question, facts):
        raise Interrupted("the answer was no; nothing was done", hint=hint)


def failure_of(
    errors: Sequence[EvsrepError], total: int, *, done: str, noun: str = "pairs"
) -> EvsrepError | None:
    """Return the one failure that many come to: their own where all failed alike, else Partial."""
    from evsrep.errors import Partial

    if len(errors) < 2 and total < 2:
        return errors[0] if errors else None
    if not errors:
        return None
    messages = [error.full_message for error in errors[:_MOST_TOLD]]
    more = len(errors) - len(messages)
    faults = (*messages, *([f"and {more} more"] if more else []))
    first = errors[0]
    if len(errors) < total or any(type(error) is not type(first) for error in errors):
        summary = f"{len(errors)} of {total} {noun} could not be {done}"
        return Partial(summary, hint="the rows say which", faults=faults)
    return type(first)(
        f"none of the {total} {noun} could be {done}",
        hint=first.hint,
        service_error=first.service_error,
        faults=faults,
    )


_MOST_TOLD = 20
