"""What is under way, on one line of stderr that goes when it is done; on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from evsrep.output.text import harmless

if TYPE_CHECKING:
    from rich.spinner import Spinner

Update = Callable[[str, float | None, float | None], None]
"""Takes a state, percent, and seconds left, the latter two where they are known."""

Report = Callable[[str], None]

_BAR_CELLS = 24
_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def progress(stream: TextIO, *, now: Callable[[], float], is_shown: bool) -> Iterator[Update]:
    """Show a line that is kept current until the block is left."""
    if not is_shown:
        yield _unseen
        return
    from rich.console import Console
    from rich.live import Live

    line = _Line(now)
    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    with Live(line, console=console, transient=True, refresh_per_second=8):
        yield line.update


@contextmanager
def bar(
    stream: TextIO, total: int, *, now: Callable[[], float], is_shown: bool, report: Report
) -> Iterator[Callable[[int], None]]:
    """Show how many of many are done, at what rate, and how long the rest will take.

    Without a terminal `report` gets a line of that every few seconds.
    """
    tally = _Tally(total, now)
    if not is_shown:
        yield lambda done: tally.report_now_and_then(done, report)
        return
    with progress(stream, now=now, is_shown=True) as update:

        def show(done: int) -> None:
            update(tally.drawn(done), None, tally.left_seconds(done))

        show(0)
        yield show


class _Tally:
    """How fast it goes."""

    def __init__(self, total: int, now: Callable[[], float]) -> None:
        self._total = total
        self._now = now
        self._started = self._reported_at = now()

    def drawn(self, done: int) -> str:
        share = done / self._total if self._total else 1.0
        full = int(share * _BAR_CELLS)
        return f"{'█' * full}{'░' * (_BAR_CELLS - full)}  {self.counted(done)}"

    def counted(self, done: int) -> str:
        rate = self._per_second(done)
        return f"{done} of {self._total}" + (f"  {rate:.1f}/s" if rate else "")

    def left_seconds(self, done: int) -> float | None:
        rate = self._per_second(done)
        return (self._total - done) / rate if rate else None

    def report_now_and_then(self, done: int, report: Report) -> None:
        if self._now() - self._reported_at < _SECONDS_BETWEEN_LINES:
            return
        self._reported_at = self._now()
        left = self.left_seconds(done)
        report(self.counted(done) + ("" if left is None else f"  about {duration(left)} left"))

    def _per_second(self, done: int) -> float:
        elapsed = self._now() - self._started
        return done / elapsed if elapsed > 0 else 0.0


def _unseen(state: str, percent: float | None, left: float | None) -> None:
    del state, percent, left


class _Line:
    """A spinner, a state, and how long it has been."""

    def __init__(self, now: Callable[[], float]) -> None:
        from rich.spinner import Spinner

        self._now = now
        self._started = now()
        self._state = ""
        self._spinner = Spinner("dots")

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
