"""How long, and where, a cloud can be asked: until it is closed, and in the process it is of."""

import os
import threading

from evsrep.errors import UsageFault


class Lifetime:
    """From the opening to the close, in the process that opened."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._closed = threading.Event()

    def end(self) -> None:
        """Have every check fail from now on."""
        self._closed.set()

    def check(self) -> None:
        """Raise UsageFault where all is over, or this is a fork: answers would get mixed up."""
        if self._closed.is_set():
            hint = "ask it inside 'with evsrep.connect(…)'"
            raise UsageFault("this cloud is closed", hint=hint)
        if self._process != os.getpid():
            raise UsageFault(
                "this cloud was opened in another process, and its connections are that one's",
                hint="call evsrep.connect in each process, after the fork",
            )
