"""What is under way, on one line of stderr that goes when it is done; on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from evsrep.output.text import harmless

if TYPE_CHECKING:
    from rich.spinner import Spinner

Update = Callable[[str, float | None, float | None], None]
"""Takes a state, percent, and seconds left, the latter two where they are known."""


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
    """A duration as a person reads it: `9 s`, `2 min 5 s`, `1 h 3 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
