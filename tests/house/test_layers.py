"""Arrows only downward, no circle, one library in one room: read from the code itself."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping

import pytest

from tests.house.code import (
    MODULES,
    PACKAGE,
    ROOT,
    Import,
    all_imports,
    imports_of,
    is_ours,
    room_of,
    trees,
)

MOST_LINES = 340

GROUND = {"errors", "clock", "_version", "secrets", "threads"}
# What a room may import from evsrep, besides what is in it. A module stands for itself alone.
MAY_IMPORT: Mapping[str, set[str]] = {
    **{module: set() for module in GROUND},
    "settings": GROUND,
    "cloud": GROUND,
    "jobs": {"cloud", "settings", *GROUND},
    "output": {"cloud.models", "errors", "secrets", "threads"},
    "sandbox": set(),
    "builtin": {"sandbox", "settings", *GROUND},
    "wiring": {"builtin", "jobs", "cloud", "settings", *GROUND},
    "library": {"wiring", "builtin", "jobs", "cloud", "settings", *GROUND},
    "cli": {
        *("library", "wiring", "builtin", "output", "jobs", "cloud", "settings", "sandbox"),
        *GROUND,
    },
    "__main__": {"cli"},
    # For programs, each on first touch: what it imports at run time stands in a table of texts.
    "evsrep": {"library", "jobs", "cloud", *GROUND},
}
LIBRARIES = {  # httpcore is the part of httpx that keeps one deadline for a whole request
    "cli": {"click"},
    "output": {"rich"},
    "cloud": {"httpx", "httpcore"},
    "wiring": {"httpx"},
    "settings": {"tomli_w", "yaml"},
}
MEET_THE_SANDBOX = {"evsrep.builtin", "evsrep.cli.sandbox"}
NO_DUTY = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def may(importer: str, imported: str) -> bool:
    """Whether an arrow points downward, or stays within its room."""
    mine, theirs = room_of(importer), room_of(imported)
    allowed = MAY_IMPORT[mine]
    return theirs == mine or theirs in allowed or imported.removeprefix("evsrep.") in allowed


def circles(imports: Iterable[Import]) -> list[list[str]]:
    """The groups of modules of which each needs, by whatever way, each other at run time."""
    needs: dict[str, set[str]] = {}
    for one in imports:
        if is_ours(one.imported) and not one.is_for_types:
            needs.setdefault(one.importer, set()).add(one.imported)
    below = {module: reached(needs, module) for module in needs}
    groups = {
        tuple(sorted(other for other in below[module] if module in below.get(other, ())))
        for module in needs
        if module in below[module]
    }
    return sorted(map(list, groups))


def reached(needs: Mapping[str, set[str]], start: str) -> set[str]:
    """All that a module needs, and what that needs, and so on."""
    known: set[str] = set()
    left = [start]
    while left:
        fresh = needs.get(left.pop(), set()) - known
        known |= fresh
        left.extend(fresh)
    return known


def test_every_room_has_its_row() -> None:
    assert {room_of(module) for module in MODULES} <= set(MAY_IMPORT)


def test_arrows_point_downward_only() -> None:
    climbed = [
        one.line
        for one in all_imports()
        if is_ours(one.imported) and not may(one.importer, one.imported)
    ]
    assert climbed == []


def test_no_files_need_each_other() -> None:
    assert circles(all_imports()) == []


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in (PACKAGE, ROOT / "tests" / "workshop")
        for path in folder.rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_each_library_is_in_its_room() -> None:
    strayed = [
        one.line
        for one in all_imports()
        if not is_ours(one.imported)
        and not one.is_for_types
        and (library := one.imported.partition(".")[0]) not in sys.stdlib_module_names
        and library not in LIBRARIES.get(room_of(one.importer), set())
    ]
    assert strayed == []


def test_the_sandbox_is_met_in_two_modules_alone() -> None:
    importers = {
        one.importer
        for one in all_imports()
        if is_ours(one.imported)
        and room_of(one.imported) == "sandbox"
        and room_of(one.importer) != "sandbox"
    }
    assert importers <= MEET_THE_SANDBOX


def reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        text = ast.unparse(node)
        return text in ("os.environ", "os.environb", "os.getenv", "os.getenvb")
    return isinstance(node, ast.ImportFrom) and any(
        alias.name in ("environ", "environb", "getenv", "getenvb") for alias in node.names
    )


def readers_of_the_environment(module: str) -> Iterator[str]:
    """The top-level names within which a module reads the environment, as `module:name`."""
    for top in trees()[module].body:
        if any(map(reads_environment, ast.walk(top))):
            yield f"{module}:{getattr(top, 'name', 'itself')}"


def test_the_environment_is_read_where_it_enters() -> None:
    readers = {
        reader
        for module in MODULES
        if room_of(module) != "settings"
        for reader in readers_of_the_environment(module)
    }
    assert readers == set()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_named_for_its_duty(module: str) -> None:
    assert not NO_DUTY & set(module.split("."))


# The checks themselves


def imports_in(module: str, text: str) -> list[Import]:
    return list(imports_of(module, ast.parse(text)))


def test_the_readers_of_imports_see_what_is_hidden() -> None:
    imports = imports_in(
        "evsrep.x",
        "if TYPE_CHECKING:\n    import rich\nelse:\n    import click\n"
        "def later():\n    from evsrep.cloud import wire\n    importlib.import_module('httpx')\n",
    )
    assert sorted((one.imported, one.is_for_types) for one in imports) == [
        ("click", False),
        ("evsrep.cloud.wire", False),
        ("httpx", False),
        ("rich", True),
    ]


def test_a_climbing_arrow_is_seen() -> None:
    assert not may("evsrep.cloud.wire", "evsrep.jobs.find")
    assert not may("evsrep.cloud.wire", "evsrep.settings.declarations")
    assert not may("evsrep.settings.declarations", "evsrep.cloud.wire")
    assert not may("evsrep.output.table", "evsrep.cloud.wire")
    assert not may("evsrep.sandbox.rules", "evsrep.errors")
    assert not may("evsrep.errors", "evsrep.clock")
    assert not may("evsrep.library", "evsrep.cli.app")
    assert may("evsrep.output.table", "evsrep.cloud.models")
    assert may("evsrep.cli.app", "evsrep._version")


def test_a_circle_is_seen_whole_and_where_it_is_hidden() -> None:
    imports = [
        *imports_in("evsrep.a", "import evsrep.b"),
        *imports_in("evsrep.b", "def late():\n    importlib.import_module('evsrep.c')"),
        *imports_in("evsrep.c", "def late():\n    import evsrep.a\n    import evsrep.d"),
        *imports_in("evsrep.d", "if TYPE_CHECKING:\n    import evsrep.a"),
        *imports_in("evsrep.e", "import evsrep.e"),
    ]
    assert circles(imports) == [["evsrep.a", "evsrep.b", "evsrep.c"], ["evsrep.e"]]
