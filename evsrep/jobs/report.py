"""The reporter: how a verb says what it does, and what is known whatever ends it.

Shells and programs each hand in their own; a verb knows neither terminals nor exit codes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from evsrep.errors import EvsrepError, Interrupted, OutcomeUnknown, Partial, UsageFault
from evsrep.jobs.shell import shell_join
from evsrep.secrets import Secrets

Words = tuple[str, ...]
"""A command of evsrep, less its name and what says in which profile: `("wait", ID)`."""

Progress = Callable[[str, float | None, float | None], None]
"""Takes a state, percent, and seconds left, the latter two where they are known."""


Bar = Callable[[int | None, str], None]
"""Takes how many are done, where that has changed, and what is waited for."""


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


@dataclass(slots=True)
class Outcome:
    """What has become of one of many that were to change: `unknown` where that can't be told."""

    result: str = "not_run"
    error: EvsrepError | None = None

    def end(self, error: EvsrepError) -> None:
        """Keep what went wrong."""
        self.error = error
        self.result = "unknown" if isinstance(error, OutcomeUnknown) else "failed"


class Reporter:
    """What a verb tells its caller; by itself, as programs have it, with the logger `evsrep`.

    A program that wants the rows of many, or how a thing is meanwhile, overrides `row`, `observe`.
    """

    wants_yes = False
    """Whether what can't be undone wants a yes: of a person, whom a typo may lead astray. A
    program has said it by its call."""

    can_ask = False
    """Whether somebody is there to be asked."""

    has_reader = True
    """Whether anybody still takes the rows of many: where nobody does, no more work is begun."""

    def __init__(self, secrets: Secrets | None = None) -> None:
        """Take the `secrets` that are starred out of whatever is logged."""
        import logging

        self.secrets = secrets or Secrets()
        self._log = logging.getLogger("evsrep")
        self.is_debugging = self._log.isEnabledFor(logging.DEBUG)

    def debug(self, *lines: str) -> None:
        """Tell what goes over the wire."""
        self._log.debug("%s", self.secrets.hide("\n".join(lines)))

    def verbose(self, text: str) -> None:
        """Tell what is done, to those who want the details."""
        self._log.info("%s", self.secrets.hide(text))

    def step(self, text: str) -> None:
        """Tell what is going on; no result, and nothing for a program."""
        self.verbose(text)

    def note(self, text: str) -> None:
        """Tell what a person would want to know."""
        self.verbose(text)

    def sum_up(self, text: str) -> None:
        """Say in a line what all the rows come to."""
        self.verbose(text)

    def warn(self, text: str) -> None:
        """Tell what may be wrong."""
        self._log.warning("%s", self.secrets.hide(text))

    def ask(self, question: str, facts: Iterable[str], answer: str = "") -> bool:
        """Show the facts, and ask for a yes, or for a word to be typed; only where `can_ask`."""
        del question, facts, answer
        return False

    def command(self, *words: str) -> str:
        """Return a command of evsrep as a shell takes it, to be told to a person."""
        return shell_join(("evsrep", *words))

    def next_step(self, text: str) -> None:
        """Say what remains to be done when all went well."""
        self.verbose(text)

    def sending(self, fields: Mapping[str, Any], resume: Words) -> None:
        """Say that something is about to be sent: what was asked for, and what finds it again."""

    def keep(self, resume: Words) -> None:
        """Say how to go on with what is made and stays, whatever becomes of all that follows."""

    def resume_with(self, resume: Words, fields: Mapping[str, Any] | None = None) -> None:
        """Say how to go on where nothing is known that says it better, and of what."""

    def observe(self, thing: Thing, resume: Words = (), *, is_over: bool = False) -> None:
        """Say how a thing is now, how to go on from here, and whether there is no need to."""

    def row(self, row: Row) -> None:
        """Say what has become of one of many; once for each, whatever ends the verb."""

    def on_interrupt(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """While the block lasts, have a request to stop do something else than break off."""
        del act
        return nullcontext()

    def progress(self) -> AbstractContextManager[Progress]:
        """Show what is under way while the block lasts."""
        return nullcontext(lambda *_: None)

    def bar(self, total: int) -> AbstractContextManager[Bar]:
        """Show how many of many are done while the block lasts."""
        del total
        return nullcontext(lambda *_: None)


def check_can_ask(reporter: Reporter, *, yes: bool) -> None:
    """Raise UsageFault where a question will come up that nobody is there to answer."""
    if reporter.wants_yes and not yes and not reporter.can_ask:
        raise UsageFault("nobody is there to ask", hint="say --yes if you are sure")


def ask(
    reporter: Reporter,
    question: str,
    facts: Iterable[str],
    *,
    yes: bool,
    hint: str = "",
    answer: str = "",
) -> None:
    """Ask what was not answered by `yes`; raises Interrupted where the answer is no."""
    check_can_ask(reporter, yes=yes)
    if reporter.wants_yes and not yes and not reporter.ask(question, facts, answer):
        raise Interrupted("the answer was no; nothing was done", hint=hint)


def failure_of(
    errors: Sequence[EvsrepError], total: int, *, done: str, noun: str = "pairs"
) -> EvsrepError | None:
    """Return the one failure that many come to: their own where all failed alike, else Partial."""
    if len(errors) < 2 and total < 2:
        return errors[0] if errors else None
    if not errors:
        return None
    messages = [error.full_message for error in errors[:_MOST_FAULTS]]
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


_MOST_FAULTS = 20


def say_stopping(reporter: Reporter) -> None:
    """Say that a request to stop was heard while there still is work in flight."""
    reporter.note("stopping: what is in flight is waited for; Ctrl-C once more stops at once")
