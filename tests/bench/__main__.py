"""Run evsrep and its peers in turn on the same work, and print one table.

    python -m tests.bench [--rounds 15] [--only WORD]

It builds one virtual environment with evsrep and its peers (HTTPie, python-openstackclient) in a
folder of its own, starts servers with a set latency on loopback, and measures whole processes, each
round one run of every peer. A ratio is between medians of the same rounds.
"""

import argparse
import contextlib
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.server import PROJECT, TOKEN, disk_id

REPOSITORY = Path(__file__).parents[2]
HOME = Path(os.environ.get("EVSREP_BENCH_HOME", Path(tempfile.gettempdir()) / "evsrep-bench"))
BIN = HOME / "venv" / "bin"
EVSREP = str(BIN / "evsrep")
PYTHON = str(BIN / "python")


class Run(NamedTuple):
    """One process, measured: seconds from start to end, and its peak memory in MB."""

    seconds: float
    memory_mb: float


class Work(NamedTuple):
    """What is done, by whom; the first peer is what the others are held against."""

    name: str
    peers: Mapping[str, Sequence[str]]
    rounds: int = 0  # 0 is as many as asked for


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="only the work whose name contains this")
    options = parser.parse_args()
    _build()
    print(_machine())  # noqa: T201
    print("\n| work | by | median | ratio | memory |\n| --- | --- | ---: | ---: | ---: |")  # noqa: T201
    with contextlib.ExitStack() as stack:
        quick = stack.enter_context(_served(0.0, 10_000))
        for work in _works(quick):
            if options.only in work.name:
                _report(work, _measured(work, quick, work.rounds or options.rounds))
        if options.only in DISKS:
            many = stack.enter_context(_served(0.0, 5_000, 10_000))
            _report(_of_disks(many), _measured(_of_disks(many), many, 7))
        if options.only in "apply":
            for latency in (0.0, 0.05, 0.2):
                slow = stack.enter_context(_served(latency, 0))
                _report_apply(slow, latency)


def _works(url: str) -> Iterator[Work]:
    script = _script(url)
    disks = ("--production-disk", disk_id(30_000), "--dr-disk", disk_id(30_001))
    create = (EVSREP, "create", *disks, "--priority-station", "az1.dc1", "--no-check")
    bare = {"bare httpx script": (PYTHON, script["create"])}
    floor = {"import click": (PYTHON, "-c", "import click")}
    yield Work("--version", {**floor, "evsrep": (EVSREP, "--version"), **_NOTHING})
    yield Work("--help", {**floor, "evsrep": (EVSREP, "--help")})
    yield Work("complete a word", {**floor, "evsrep": ("env", *_COMPLETION, EVSREP)})
    least = {"the least that is possible": (PYTHON, script["least"])}
    peers = {**least, "evsrep": (*create, "-o", "json"), **bare, **_peers_post(url)}
    yield Work("create -o json", peers)
    yield Work("create as a table", {**bare, "evsrep": create})
    shown = f"00000000-0000-4000-8000-{7:012x}"
    yield Work("show", {**bare, "evsrep": (EVSREP, "show", shown, "-o", "json")})
    stack = {"openstack volume show": (str(BIN / "openstack"), "volume", "show", disk_id(0))}
    yield Work("show, as openstack does", {**stack, "evsrep": (EVSREP, "show", shown)}, rounds=5)
    for count in (1_000, 10_000):
        lister = {"bare httpx script": (PYTHON, script["list"], str(count))}
        listed = (EVSREP, "list", "-o", "jsonl", "--limit", str(count))
        yield Work(f"list of {count}", {**lister, "evsrep": listed}, rounds=7)


DISKS = "disks --unpaired, 10000 of them and 5000 pairs"


def _of_disks(url: str) -> Work:
    disks = (EVSREP, "disks", "--unpaired", "-o", "jsonl")
    return Work(DISKS, {"bare httpx script": (PYTHON, _script(url)["disks"]), "evsrep": disks})


_NOTHING = {"python -c pass": (PYTHON, "-c", "pass")}
_COMPLETION = ("_EVSREP_COMPLETE=bash_complete", "COMP_LINE=evsrep cre")


def _peers_post(url: str) -> Mapping[str, Sequence[str]]:
    target, body = f"{url}/v2/{PROJECT}/os-vendor-replications", json.dumps(_ORDER)
    curl = ("curl", "-s", target, "-H", f"X-Auth-Token: {TOKEN}", "--json", body)
    httpie = (str(BIN / "http"), "--ignore-stdin", "POST", target, f"X-Auth-Token:{TOKEN}")
    return {"curl": curl, "HTTPie": (*httpie, "--raw", body)}


_ORDER = {
    "replication": {
        "volume_ids": [disk_id(30_000), disk_id(30_001)],
        "priority_station": "az1.dc1",
        "replication_model": "hypermetro",
    }
}


def _script(url: str) -> Mapping[str, str]:
    """The bare scripts that one would write instead."""
    base = f"{url}/v2/{PROJECT}/os-vendor-replications"
    headers = {"X-Auth-Token": TOKEN}
    create = f"""import httpx
answer = httpx.post({base!r}, json={_ORDER!r}, headers={headers!r})
print(answer.text)
"""
    least = f"""import sys
sys.modules["httpx._main"] = None  # its own command line
import click, httpx

@click.command()
@click.option("--url")
def create(url):
    with httpx.Client(verify=False, trust_env=False) as client:
        click.echo(client.post(url, json={_ORDER!r}, headers={headers!r}).text)

create(["--url", {base!r}])
"""
    lister = f"""import json, sys
import httpx
left, marker = int(sys.argv[1]), {{}}
with httpx.Client(headers={headers!r}) as client:
    while left:
        params = {{"limit": 1000, **marker}}
        page = client.get({base!r}, params=params).json()["replications"]
        for pair in page:
            print(json.dumps(pair))
        left -= len(page)
        marker = {{"marker": page[-1]["id"]}}
"""
    disks = f"""import json
import httpx
def listed(client, path, key):
    marker = {{}}
    while page := client.get({url!r} + path, params={{"limit": 1000, **marker}}).json()[key]:
        yield from page
        marker = {{"marker": page[-1]["id"]}}

root = "/v2/{PROJECT}/"
with httpx.Client(headers={headers!r}) as client:
    pairs = listed(client, root + "os-vendor-replications", "replications")
    paired = {{disk for pair in pairs for disk in pair["volume_ids"].split(",")}}
    for disk in listed(client, root + "volumes/detail", "volumes"):
        if disk["id"] not in paired:
            print(json.dumps(disk))
"""
    applier = f"""import csv, sys
from concurrent.futures import ThreadPoolExecutor
import httpx

def create(row):
    order = {{"volume_ids": [row[0], row[1]], "priority_station": row[2]}}
    order["replication_model"] = "hypermetro"
    return client.post({base!r}, json={{"replication": order}}).text

limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
with open(sys.argv[1]) as file, httpx.Client(headers={headers!r}, limits=limits) as client:
    with ThreadPoolExecutor(int(sys.argv[2])) as pool:
        for text in pool.map(create, list(csv.reader(file))[1:]):
            print(text)
"""
    found = {}
    texts = {"create": create, "least": least, "list": lister, "disks": disks, "apply": applier}
    for name, text in texts.items():
        path = HOME / f"{name}.py"
        path.write_text(text)
        found[name] = str(path)
    return found


def _measured(work: Work, url: str, rounds: int) -> Mapping[str, list[Run]]:
    runs: dict[str, list[Run]] = {peer: [] for peer in work.peers}
    environ = _environ(url)
    for words in work.peers.values():  # once unmeasured: files into memory, tokens into the cache
        _run(words, environ)
    for _ in range(rounds):
        for peer, words in work.peers.items():
            runs[peer].append(_run(words, environ))
    return runs


def _run(words: Sequence[str], environ: Mapping[str, str]) -> Run:
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            words, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            errors.seek(0)
            raise SystemExit(f"{' '.join(words)} failed: {errors.read().decode()}")
    process.returncode = 0
    return Run(seconds, usage.ru_maxrss / 1024)


def _report(work: Work, runs: Mapping[str, list[Run]], ideal: float = 0.0) -> None:
    medians = {
        peer: statistics.median(run.seconds for run in found) for peer, found in runs.items()
    }
    reference = next(iter(medians.values()))
    for peer, median in medians.items():
        memory = max(run.memory_mb for run in runs[peer])
        ratio = f"{median / reference:.2f}" + (f", {ideal / median:.0%} of ideal" if ideal else "")
        print(f"| {work.name} | {peer} | {median * 1000:.0f} ms | {ratio} | {memory:.0f} MB |")  # noqa: T201


def _report_apply(url: str, latency: float) -> None:
    """How near whole processes, start-up included, come to the ideal rate."""
    script, path = _script(url)["apply"], HOME / "pairs.csv"
    numbers = itertools.count(50_000)  # no disk is in two pairs
    for jobs in (1, 8, 32):
        count = 1_000 if jobs > 1 else 100
        apply = (EVSREP, "apply", str(path), "--no-check", "--jobs", str(jobs), "-o", "jsonl")
        peers = {"bare httpx script": (PYTHON, script, str(path), str(jobs)), "evsrep": apply}
        runs: dict[str, list[Run]] = {peer: [] for peer in peers}
        for _ in range(3 if latency < 0.1 else 1):
            for peer, words in peers.items():
                _write_pairs(path, count, numbers)
                runs[peer].append(_run(words, _environ(url)))
        ideal = count * latency / jobs
        name = f"apply of {count}, {latency * 1000:.0f} ms, {jobs} {'jobs' if jobs > 1 else 'job'}"
        _report(Work(name, peers), runs, ideal)


def _write_pairs(path: Path, count: int, numbers: Iterator[int]) -> None:
    lines = (f"{disk_id(next(numbers))},{disk_id(next(numbers))},az1.dc1" for _ in range(count))
    path.write_text("\n".join(["production_disk,dr_disk,priority_station", *lines, ""]))


def _environ(url: str) -> Mapping[str, str]:
    (HOME / ".config" / "evsrep").mkdir(parents=True, exist_ok=True)
    profile = {
        "auth_url": f"{url}/v3", "region": "bench", "username": "bench", "password": "bench-pw",
        "user_domain_name": "bench", "project_name": "bench",
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in profile.items()]
    text = "\n".join(['default_profile = "bench"', "[profiles.bench]", *lines, ""])
    path = HOME / ".config" / "evsrep" / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return {
        "HOME": str(HOME), "PATH": f"{BIN}:{os.environ['PATH']}", "OS_AUTH_URL": f"{url}/v3",
        "OS_USERNAME": "bench", "OS_PASSWORD": "bench-pw", "OS_PROJECT_NAME": "bench",
        "OS_USER_DOMAIN_NAME": "bench", "OS_PROJECT_DOMAIN_NAME": "bench",
        "OS_IDENTITY_API_VERSION": "3", "OS_REGION_NAME": "bench",
    }  # fmt: skip


@contextlib.contextmanager
def _served(latency: float, pairs: int, disks: int = 0) -> Iterator[str]:
    words = [sys.executable, "-m", "tests.bench.server"]
    process = subprocess.Popen(
        [*words, "--latency", str(latency), "--pairs", str(pairs), "--disks", str(disks)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def _build() -> None:
    """The environment that evsrep and its peers run in, made once; evsrep is installed anew."""
    if not (HOME / "venv" / ".complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", HOME / "venv"], check=True)
        peers = ["httpie", "python-openstackclient"]
        subprocess.run([BIN / "pip", "install", "-q", *peers], check=True)
        (HOME / "venv" / ".complete").touch()
    install = [BIN / "pip", "install", "-q", "--force-reinstall", "--no-deps", REPOSITORY]
    subprocess.run([BIN / "pip", "install", "-q", REPOSITORY], check=True)
    subprocess.run(install, check=True)


def _machine() -> str:
    versions = ("click", "httpx", "rich", "httpie", "python-openstackclient")
    code = "import sys, importlib.metadata as m; print(*(m.version(w) for w in sys.argv[1:]))"
    found = subprocess.check_output([PYTHON, "-c", code, *versions], text=True).split()
    named = ", ".join(f"{name} {version}" for name, version in zip(versions, found, strict=True))
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {python}, {named}"


if __name__ == "__main__":
    main()
