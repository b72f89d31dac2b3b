"""Arrows only downward, one library in one room, nothing ambient: read from the code itself."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "evsrep"

# What a room may import from evsrep. A module stands for itself alone, "evsrep" for the version,
# which is ground like errors and clock.
MAY_IMPORT = {
    "manual": {"pictures", "cli", "settings", "cloud", "errors", "_version"},
    "pictures": {"cli"},
    "__main__": {"cli"},
    "cli": {
        *("wiring", "builtin", "output", "jobs", "cloud", "settings", "sandbox"),
        *("errors", "clock", "secrets", "_version"),
    },
    "library": {"wiring", "builtin", "jobs", "cloud", "settings", "secrets", "errors", "clock"},
    "wiring": {"builtin", "cloud", "settings", "errors", "clock"},
    "builtin": {"sandbox", "settings", "errors", "clock"},
    "output": {"cloud.models", "secrets", "errors"},
    "jobs": {"cloud", "errors", "clock"},
    "cloud": {"errors", "clock", "_version"},
    "settings": {"errors"},
    "sandbox": set(),
    "errors": set(),
    "clock": set(),
    "secrets": set(),
    "_version": set(),
    # for programs, each on first touch
    "evsrep": {
        "_version",
        "library",
        "jobs",
        "cloud",
        "errors",
    },  # for programs, each on first touch
}
LIBRARIES = {  # httpcore is the part of httpx that keeps one deadline for a whole request
    "manual": {"click"},
    "pictures": {"click", "rich"},
    "cli": {"click"},
    "output": {"rich"},
    "cloud": {"httpx", "httpcore"},
    "settings": {"tomli_w", "yaml"},
}
MEET_THE_SANDBOX = {"evsrep.builtin", "evsrep.cli.sandbox"}
NO_DUTY = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


class Import(NamedTuple):
    """An import of one name by one module, wherever in it that stands."""

    importer: str
    imported: str
    is_for_types: bool

    @property
    def line(self) -> str:
        return f"{self.importer} imports {self.imported}"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def trees() -> dict[str, ast.Module]:
    """What is written in each module."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def room_of(module: str) -> str:
    """The room that a module is in; the package itself, with its version, is one too."""
    return module.split(".")[1] if "." in module else module


def imports_of(module: str) -> Iterator[Import]:
    for node, is_for_types in walk(trees()[module], is_for_types=False):
        for name in names_in(node):
            yield Import(module, name, is_for_types)


def walk(tree: ast.AST, *, is_for_types: bool) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes, and whether they are seen by the type checker only."""
    left = [(tree, is_for_types)]
    while left:
        node, is_for_types = left.pop()
        yield node, is_for_types
        body = node.body if isinstance(node, ast.If) and is_type_checking(node.test) else ()
        left.extend((each, is_for_types or each in body) for each in ast.iter_child_nodes(node))


def is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def names_in(node: ast.AST) -> Iterator[str]:
    """The modules that a statement imports: `from evsrep.cloud import wire` is the module wire."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are written out in full"
        for alias in node.names:
            longer = f"{node.module}.{alias.name}"
            yield longer if longer in MODULES else str(node.module)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


@cache
def all_imports() -> list[Import]:
    """What the modules import, in the order they do."""
    return [found for module in MODULES for found in imports_of(module)]


def is_ours(name: str) -> bool:
    return name.partition(".")[0] == "evsrep"


def may(importer: str, imported: str) -> bool:
    """Whether an arrow points downward, or stays within its room."""
    mine, theirs = room_of(importer), room_of(imported)
    allowed = MAY_IMPORT[mine]
    return theirs == mine or theirs in allowed or imported.removeprefix("evsrep.") in allowed


def test_every_room_has_its_row():
    assert {room_of(module) for module in MODULES} <= set(MAY_IMPORT)


def test_arrows_point_downward_only():
    climbed = [
        each.line
        for each in all_imports()
        if is_ours(each.imported) and not may(each.importer, each.imported)
    ]
    assert climbed == []


def test_each_library_is_in_its_room():
    strayed = [
        each.line
        for each in all_imports()
        if not is_ours(each.imported)
        and not each.is_for_types
        and (library := each.imported.partition(".")[0]) not in sys.stdlib_module_names
        and library not in LIBRARIES.get(room_of(each.importer), set())
    ]
    assert strayed == []


def test_httpx_is_imported_by_one_module_alone():
    importers = {
        each.importer for each in all_imports() if each.imported.partition(".")[0] == "httpx"
    }
    assert importers == {"evsrep.cloud.lean_httpx"}


def test_the_sandbox_is_met_in_two_modules_alone():
    importers = {
        each.importer
        for each in all_imports()
        if is_ours(each.imported)
        and room_of(each.imported) == "sandbox"
        and room_of(each.importer) != "sandbox"
    }
    assert importers <= MEET_THE_SANDBOX


def test_the_manual_is_on_top():
    assert [each.line for each in all_imports() if each.imported == "evsrep.manual"] == []


def reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        text = ast.unparse(node)
        return text in ("os.environ", "os.environb", "os.getenv", "os.getenvb")
    return isinstance(node, ast.ImportFrom) and any(
        alias.name in ("environ", "environb", "getenv", "getenvb") for alias in node.names
    )


def readers_of_the_environment(module: str) -> set[str]:
    """The top-level names within which a module reads the environment, as `module:name`."""
    return {
        f"{module}:{getattr(top, 'name', 'itself')}"
        for top in trees()[module].body
        for node in ast.walk(top)
        if reads_environment(node)
    }


def test_the_environment_is_read_where_it_enters():
    readers = {
        found
        for module in MODULES
        if room_of(module) != "settings"
        for found in readers_of_the_environment(module)
    }
    # pictures are taken with another environment in place of the user's
    assert readers == {"evsrep.pictures:_nowhere"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_named_for_its_duty(module):
    assert not NO_DUTY & set(module.split("."))


def test_the_readers_of_imports_see_what_is_hidden():
    tree = ast.parse(
        "if TYPE_CHECKING:\n    import rich\nelse:\n    import click\n"
        "def later():\n    from evsrep.cloud import wire\n    importlib.import_module('httpx')\n"
    )
    found = [
        (name, is_for_types)
        for node, is_for_types in walk(tree, is_for_types=False)
        for name in names_in(node)
    ]
    assert sorted(found) == [
        ("click", False),
        ("evsrep.cloud.wire", False),
        ("httpx", False),
        ("rich", True),
    ]


def test_a_climbing_arrow_is_seen():
    assert not may("evsrep.cloud.wire", "evsrep.jobs.find")
    assert not may("evsrep.output.table", "evsrep.cloud.wire")
    assert not may("evsrep.sandbox.rules", "evsrep.errors")
    assert may("evsrep.output.table", "evsrep.cloud.models")
    assert may("evsrep.cli.app", "evsrep._version")
