"""What is under way: on a terminal a line that goes when it is done, elsewhere lines that stay."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from evsrep.output.text import harmless
from evsrep.threads import deaf_threads

if TYPE_CHECKING:
    from rich.spinner import Spinner

Update = Callable[[str, float | None, float | None], None]
"""Takes a state, percent, and seconds left, the latter two where they are known."""

Bar = Callable[[int | None, str], None]
"""Takes how many are done, where that has changed, and what is waited for."""

_BAR_CELLS = 24
_SECONDS_BETWEEN_COUNTS = 5.0
_SECONDS_BETWEEN_LINES = 60.0


@contextmanager
def progress(
    stream: TextIO,
    *,
    now: Callable[[], float],
    is_shown: bool,
    report: Callable[[str], None],
    has_unicode: bool = True,
) -> Iterator[Update]:
    """Show a line that is kept current until the block is left.

    Without a terminal `report` gets a line at every change of state, and every minute.
    """
    if not is_shown:
        yield _Lines(now, report).update
        return
    from rich.console import Console
    from rich.live import Live

    line = _Line(now, has_unicode)
    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    live = Live(line, console=console, transient=True, refresh_per_second=8)
    with deaf_threads():
        live.start(refresh=True)
    try:
        yield line.update
    finally:
        live.stop()


@contextmanager
def bar(
    stream: TextIO,
    total: int,
    *,
    now: Callable[[], float],
    is_shown: bool,
    report: Callable[[str], None],
    tell: Callable[[str], None],
    has_unicode: bool = True,
) -> Iterator[Bar]:
    """Show how many of many are done, at what rate, how long the rest will take, and its state.

    Without a terminal `report` gets a line of that every few seconds, and `tell` the states.
    """
    tally, reached = _Tally(total, now, ("█", "░") if has_unicode else ("#", "-")), 0
    shown = progress(stream, now=now, is_shown=is_shown, report=tell, has_unicode=has_unicode)
    with shown as update:

        def show(done: int | None, state: str) -> None:
            nonlocal reached
            reached = reached if done is None else done
            if is_shown:
                update(
                    f"{tally.drawn(reached)}  {state}".rstrip(), None, tally.left_seconds(reached)
                )
            elif state:
                update(state, None, None)
            else:
                tally.report_now_and_then(reached, report)

        show(0, "")
        yield show


class _Tally:
    """How fast it goes."""

    def __init__(self, total: int, now: Callable[[], float], signs: tuple[str, str]) -> None:
        self._total = total
        self._done_sign, self._left_sign = signs
        self._now = now
        self._started = self._reported_at = now()

    def drawn(self, done: int) -> str:
        share = done / self._total if self._total else 1.0
        full = int(share * _BAR_CELLS)
        drawn = self._done_sign * full + self._left_sign * (_BAR_CELLS - full)
        return f"{drawn}  {self.counted(done)}"

    def counted(self, done: int) -> str:
        rate = self._per_second(done)
        return f"{done} of {self._total}" + (f"  {rate:.1f}/s" if rate else "")

    def left_seconds(self, done: int) -> float | None:
        rate = self._per_second(done)
        return (self._total - done) / rate if rate else None

    def report_now_and_then(self, done: int, report: Callable[[str], None]) -> None:
        if self._now() - self._reported_at < _SECONDS_BETWEEN_COUNTS:
            return
        self._reported_at = self._now()
        left = self.left_seconds(done)
        report(self.counted(done) + ("" if left is None else f"  about {duration(left)} left"))

    def _per_second(self, done: int) -> float:
        elapsed = self._now() - self._started
        return done / elapsed if elapsed > 0 else 0.0


class _Lines:
    """What is under way, in lines that stay: one for each state, and one a minute."""

    def __init__(self, now: Callable[[], float], report: Callable[[str], None]) -> None:
        self._now = now
        self._report = report
        self._started = self._reported_at = now()
        self._state = ""

    def update(self, state: str, percent: float | None, left: float | None) -> None:
        del left
        moment = self._now()
        if state == self._state and moment - self._reported_at < _SECONDS_BETWEEN_LINES:
            return
        self._state, self._reported_at = state, moment
        done = "" if percent is None else f"  {percent:.0f} %"
        self._report(f"{state}{done}  {duration(moment - self._started)}")


class _Line:
    """A spinner, a state, and how long it has been."""

    def __init__(self, now: Callable[[], float], has_unicode: bool) -> None:
        from rich.spinner import Spinner

        self._now = now
        self._started = now()
        self._state = ""
        self._spinner = Spinner("dots" if has_unicode else "line")

    def update(self, state: str, percent: float | None, left: float | None) -> None:
        done = "" if percent is None else f"  {percent:.0f} %"
        rest = "" if left is None else f"  about {duration(left)} left"
        self._state = f"{harmless(state)}{done}{rest}"

    def __rich__(self) -> "Spinner":
        from rich.text import Text

        text = Text(f"{self._state}  {duration(self._now() - self._started)}", overflow="ellipsis")
        self._spinner.update(text=text)
        return self._spinner


def duration(seconds: float) -> str:
    """Return a duration as a person reads it: `9 s`, `2 min 5 s`, `1 h 3 min`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
