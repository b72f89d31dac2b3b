"""A real HTTP/1.1 server on loopback that serves a WSGI application, and misbehaves on request.

    with BadServer(app) as server:
        server.play("POST", "/os-vendor-replications", PROCESS_THEN_CLOSE)
        server.play("GET", "/volumes/", status(503, headers={"Retry-After": "1"}), times=2)
        server.play(ANY, "", TLS_FAULTS["tls-close"], after=3)

It never hangs a test: closing it ends every socket and thread, whatever they are waiting for. An
exception in the application ends its thread, which pytest reports.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from tests.weather.faults import FAIR, Answer, End, Fault, Part, Stage
from tests.weather.messages import Request, ask, read_body, read_head
from tests.weather.tls import Tls

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ANY = "*"
HOST = "127.0.0.1"
PATIENCE_SECONDS = 5.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time

Weather = Callable[[Request], Fault | None]


class BadServer:
    """Serve `app` on a free port of loopback, with TLS where `tls` is given.

    `url` is true from the start; answers come inside the `with` block. `weather` is asked for a
    fault for each request that no played fault takes, one at a time, before the body is read.
    """

    def __init__(
        self, app: "WSGIApplication", *, tls: Tls | None = None, weather: Weather | None = None
    ) -> None:
        self.app = app
        self.tls = tls
        self.weather = weather
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self._port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{HOST}:{self._port}"
        self.closed = threading.Event()
        self._changed = threading.Condition()  # guards all that follows
        self._cues: list[_Cue] = []
        self._requests: list[Request] = []
        self._accepted = 0
        self._under_way = 0
        self._wakers: dict[threading.Thread, Callable[[], None]] = {}
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def play(
        self, method: str, path_contains: str, fault: Fault, *, times: int = 1, after: int = 0
    ) -> None:
        """Strike the next `times` requests that match, after `after` others, struck or not.

        The method may be ANY; the path is looked at with its query. What is played first strikes
        first. A fault on accept played for ANY path strikes connections before anything is read;
        so do those of the handshake, which can't be played otherwise. While such a fault waits,
        every answer closes its connection: played before the client connects, `after` counts
        requests too.
        """
        cue = _Cue(method, path_contains, fault, times, after)
        if fault.strikes is Stage.HANDSHAKE and not cue.takes_connections:
            raise ValueError("nobody knows the request inside the handshake: play it for ANY, ''")
        with self._changed:
            self._cues.append(cue)

    @property
    def pending(self) -> tuple[Fault, ...]:
        """The faults played that have yet to strike, at least once more."""
        with self._changed:
            return tuple(cue.fault for cue in self._cues)

    def clear_up(self) -> None:
        """Strike nothing more of what was played."""
        with self._changed:
            self._cues.clear()

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests whose head was read, in that order, as they stand now."""
        with self._changed:
            return tuple(self._requests)

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted."""
        with self._changed:
            return self._accepted

    def settle(self, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Return when the application is done with everything, what is late included."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._under_way == 0, timeout_seconds):
                raise TimeoutError(f"the application is still busy with {self._under_way} requests")

    def close(self) -> None:
        """End all sockets and threads. What is late and not yet done stays undone."""
        if self.closed.is_set():
            return
        self.closed.set()
        if self._acceptor.ident is not None:
            with suppress(OSError), socket.create_connection((HOST, self._port)):
                self._acceptor.join(PATIENCE_SECONDS)
        self._listener.close()
        with self._changed:
            wakers = dict(self._wakers)
        for wake in wakers.values():
            wake()
        with suppress(TimeoutError):
            self.settle()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for thread in wakers:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _accept(self) -> None:
        while True:
            accepted, _ = self._listener.accept()
            if self.closed.is_set():
                accepted.close()
                return
            with self._changed:
                self._accepted += 1
            connection = _Connection(self, accepted)
            self.spawn(connection.run, wake=connection.cut)

    # What a connection asks of its server.

    def fault_for_connection(self) -> Fault | None:
        """Take the fault that strikes this connection, whatever will be asked on it."""
        with self._changed:
            return self._take(lambda cue: cue.takes_connections)

    def note(self, request: Request) -> tuple[int, Request]:
        """Keep the request, with the fault that strikes it, and return its place."""
        with self._changed:
            fault = self._take(lambda cue: cue.takes(request))
            if fault is None and self.weather is not None:
                fault = self.weather(request)
            struck = replace(request, fault=fault or FAIR)
            self._requests.append(struck)
            return len(self._requests) - 1, struck

    def amend(self, place: int, **changes: Any) -> None:
        """Keep what has become of a request."""
        with self._changed:
            self._requests[place] = replace(self._requests[place], **changes)

    @property
    def wants_connections(self) -> bool:
        """Whether a fault waits for a connection."""
        with self._changed:
            return any(cue.takes_connections for cue in self._cues)

    @contextmanager
    def processing(self) -> Iterator[None]:
        """Let `settle` wait for what is done inside."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def spawn(self, work: Callable[[], None], *, wake: Callable[[], None]) -> None:
        """Do the work in a thread. `wake` ends what it waits for when the server is closed."""
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        with self._changed:
            alive = {one: waker for one, waker in self._wakers.items() if one.is_alive()}
            self._wakers = {**alive, thread: wake}

    def _take(self, matches: Callable[["_Cue"], bool]) -> Fault | None:
        waiting = [cue for cue in self._cues if matches(cue)]
        ready = next((cue for cue in waiting if not cue.after), None)
        for cue in waiting:
            cue.after -= cue.after > 0
        if ready is None:
            return None
        ready.times -= 1
        if not ready.times:
            self._cues.remove(ready)
        return ready.fault


@dataclass(slots=True)
class _Cue:
    """When a fault is to strike."""

    method: str
    path_contains: str
    fault: Fault
    times: int
    after: int

    @property
    def takes_connections(self) -> bool:
        is_aimed = self.method != ANY or self.path_contains
        return self.fault.strikes <= Stage.HANDSHAKE and not is_aimed

    def takes(self, request: Request) -> bool:
        if self.takes_connections or self.method not in (ANY, request.method):
            return False
        return self.path_contains in request.target


@dataclass(slots=True)
class _Connection:
    """One client, one request after the other."""

    server: BadServer
    _socket: socket.socket
    _reader: BinaryIO = field(default_factory=BytesIO)

    def run(self) -> None:
        """Answer until the client or a fault ends it, which is no error however it happens."""
        with suppress(OSError), closing(self):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            fault = self.server.fault_for_connection()
            if fault is not None:
                self._strike(fault)
                return
            self._shake_hands()
            self._reader = self._socket.makefile("rb")
            while self._exchange():
                pass

    def cut(self) -> None:
        """Wake whoever waits for this connection."""
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket."""
        self._reader.close()
        self._socket.close()

    def _strike(self, fault: Fault) -> None:
        if fault.strikes is Stage.HANDSHAKE:
            self._socket.recv(65536)  # the client's hello: unread, it would turn a close into reset
        self._send(fault, Answer())
        self._end(fault)

    def _shake_hands(self) -> None:
        if self.server.tls is None:
            return
        wrap = self.server.tls.context.wrap_socket
        secure = wrap(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = secure
        if self.server.closed.is_set():  # the new socket has come too late to be cut
            raise ConnectionAbortedError("the server is closed")
        secure.do_handshake()

    def _exchange(self) -> bool:
        """Answer one request. Return whether another may follow."""
        request = read_head(self._reader)
        if request is None:
            return False
        place, request = self.server.note(request)
        fault = request.fault
        if fault.strikes is Stage.BODY:
            request = replace(request, body=read_body(self._reader, request.headers))
            self.server.amend(place, body=request.body)
        is_last = request.wants_close or self.server.wants_connections
        answer = self._process(place, request)
        self._send(fault, answer.plus(("Connection", "close")) if is_last else answer)
        self._end(fault)
        return fault.end is End.KEEP and not is_last

    def _process(self, place: int, request: Request) -> Answer:
        """Have the application answer: now, later, or not at all."""
        if not request.fault.processed:
            return Answer()
        if request.fault.late_seconds is None:
            with self.server.processing():
                return self._ask(place, request)
        begun = threading.Event()

        def ask_late() -> None:
            with self.server.processing():
                begun.set()
                if not self.server.closed.wait(request.fault.late_seconds):
                    self._ask(place, request)

        self.server.spawn(ask_late, wake=self.server.closed.set)
        begun.wait()
        return Answer()

    def _ask(self, place: int, request: Request) -> Answer:
        try:
            return ask(self.server.app, request, self.server.url)
        except OSError as error:  # it must not be taken for a client that has hung up
            raise RuntimeError("the application has failed") from error
        finally:
            self.server.amend(place, processed=True)

    def _send(self, fault: Fault, answer: Answer) -> None:
        for part in fault.reply(answer):
            self._send_part(part)

    def _send_part(self, part: Part) -> None:
        if isinstance(part, bytes):
            self._socket.sendall(part)
        elif self.server.closed.wait(part):
            raise ConnectionAbortedError("the server is closed")

    def _end(self, fault: Fault) -> None:
        if fault.end is End.STALL:
            self.server.closed.wait()
        elif fault.end is End.RESET:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
