"""Many processes at once, with no token kept yet."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evsrep.errors import ExitCode
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.server import Server
from tests.cli.conftest import UNKNOWN, WriteProfiles, Wsgi


def test_twenty_at_once_sign_in_once(write_profiles: WriteProfiles, home: Path) -> None:
    sign_ins: list[str] = []

    def counted(app: Wsgi) -> Wsgi:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if environ["REQUEST_METHOD"] == "POST":
                sign_ins.append(environ["PATH_INFO"])
            return app(environ, start_response)

        return answer

    server = Server(counted(Sandbox(home / "sandbox.db")))  # on the clock of the processes
    thread = threading.Thread(target=server.run)
    thread.start()
    write_profiles(**ready_profile(server.url))
    command = [sys.executable, "-m", "evsrep", "show", UNKNOWN, "-p", "served", "-o", "json"]
    crowd = [subprocess.Popen(command, stderr=subprocess.PIPE, cwd=home) for _ in range(20)]
    errors = [json.loads(process.communicate(timeout=60)[1])["error"] for process in crowd]
    server.stop()
    thread.join()
    assert {process.returncode for process in crowd} == {ExitCode.NOT_FOUND}
    assert {error["kind"] for error in errors} == {"not_found"}
    assert sign_ins == ["/v3/auth/tokens"]
