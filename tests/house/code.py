"""The code of evsrep as it is written: its modules, their trees, and what they import."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "evsrep"


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
def trees() -> Mapping[str, ast.Module]:
    """What is written in each module."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


@cache
def all_imports() -> list[Import]:
    """What the modules import, in the order they do."""
    return [one for module, tree in trees().items() for one in imports_of(module, tree)]


def imports_of(module: str, tree: ast.Module, known: Iterable[str] = MODULES) -> Iterator[Import]:
    for node, is_for_types in walk(tree):
        for name in names_in(node, known):
            yield Import(module, name, is_for_types)


def walk(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes, and whether they are seen by the type checker only."""
    left = [(tree, False)]
    while left:
        node, is_for_types = left.pop()
        yield node, is_for_types
        body = node.body if isinstance(node, ast.If) and is_type_checking(node.test) else ()
        left.extend((child, is_for_types or child in body) for child in ast.iter_child_nodes(node))


def is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def names_in(node: ast.AST, known: Iterable[str] = MODULES) -> Iterator[str]:
    """The modules that a statement imports: `from evsrep.cloud import wire` is the module wire."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are written out in full"
        for alias in node.names:
            longer = f"{node.module}.{alias.name}"
            yield longer if longer in known else str(node.module)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        yield from (str(word.value) for word in node.args if isinstance(word, ast.Constant))


def is_ours(name: str) -> bool:
    return name.partition(".")[0] == "evsrep"


def room_of(module: str) -> str:
    """The room that a module is in; a module of no room is one by itself, and so is the package."""
    return module.split(".")[1] if "." in module else module
