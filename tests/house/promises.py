"""Which errors of ours a function can raise, read from the code: itself, and by what it calls.

What a name stands for `names` finds out; what it can't (a callback, a value of unknown type) is
taken to raise nothing.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from evsrep import errors
from tests.house.names import Class, Definition, Function, Names, is_property

ERRORS = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.EvsrepError)
}
_EVERY = frozenset({"EvsrepError", "Exception", "BaseException"})
_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")

Errors = frozenset[str]
NONE: Errors = frozenset()


class Promises:
    """What the functions of some modules raise, and what they say of it."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self._names = Names(trees)
        self._raised = {function: _promised(function.node) for function in self._names.all}
        self._callers: dict[Function, set[Function]] = {}
        self._settle()

    def silent(self, modules: Iterable[str]) -> Iterator[str]:
        """Name what is public, can raise one of our errors, and has no word of it."""
        chosen = set(modules)
        for function in self._names.functions.values():
            if function.module in chosen and not _is_private(function.node.name):
                yield from self._silent(function.key, function.node, self._raised[function])
        for cls in self._names.classes.values():
            if cls.module in chosen and not _is_private(cls.node.name):
                raised = _together(self._raised[one] for one in self._run_by(cls))
                yield from self._silent(cls.key, cls.node, raised)
                for name, method in cls.methods.items():
                    if not _is_private(name):
                        yield from self._silent(method.key, method.node, self._raised[method])

    def _silent(self, key: str, node: Definition | ast.ClassDef, raised: Errors) -> Iterator[str]:
        if raised and not _promises(node):
            yield f"{key} raises {', '.join(sorted(raised))}"

    def _settle(self) -> None:
        left = set(self._raised)
        while left:
            function = left.pop()
            raised = self._raised[function] | self._in_all(function, function.node.body)
            if raised != self._raised[function]:
                self._raised[function] = raised
                left |= self._callers.get(function, set())

    def _calling(self, called: Iterable[Function | Class], caller: Function) -> Errors:
        functions = [one for called_one in called for one in self._run_by(called_one)]
        for function in functions:
            self._callers.setdefault(function, set()).add(caller)
        return _together(self._raised[function] for function in functions)

    def _run_by(self, called: Function | Class) -> list[Function]:
        if isinstance(called, Function):
            return [called]
        return [one for name in _CONSTRUCTORS if (one := self._names.method(called, name))]

    def _in_all(
        self, function: Function, nodes: Iterable[ast.AST], again: Errors = NONE, name: str = ""
    ) -> Errors:
        """What can be raised by these; in a handler `again` is what it caught, under a name."""
        return _together(self._in(function, node, again, name) for node in nodes)

    def _in(self, function: Function, node: ast.AST, again: Errors, name: str) -> Errors:
        if isinstance(node, Definition | ast.Lambda | ast.ClassDef):
            return NONE  # what is done in there is done when it is called
        if isinstance(node, ast.Try):
            return self._in_try(function, node, again, name)
        raised = self._in_all(function, ast.iter_child_nodes(node), again, name)
        if isinstance(node, ast.With):
            return _escaping(raised, _together(self._suppressed(function, node.items)))
        if isinstance(node, ast.Raise):
            if node.exc is None or ast.unparse(node.exc) == name:
                return raised | again
            return raised | self._error(function, node.exc)
        if isinstance(node, ast.Call):
            return raised | self._calling(self._names.called(function, node.func), function)
        if isinstance(node, ast.Attribute):
            properties = filter(is_property, self._names.called(function, node))
            return raised | self._calling(properties, function)
        return raised

    def _suppressed(self, function: Function, items: Iterable[ast.withitem]) -> Iterator[Errors]:
        for one in items:
            call = one.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("suppress"):
                yield self._caught(function, call.args)

    def _in_try(self, function: Function, node: ast.Try, again: Errors, name: str) -> Errors:
        inside = self._in_all(function, node.body, again, name)
        raised = self._in_all(function, [*node.orelse, *node.finalbody], again, name)
        for handler in node.handlers:
            types = [handler.type] if handler.type else []
            caught = self._caught(function, types) if types else _EVERY
            escaping = _escaping(inside, caught)
            held = (inside - escaping) | (caught & ERRORS.keys() - _EVERY)
            raised |= self._in_all(function, handler.body, held, handler.name or "")
            inside = escaping
        return raised | inside

    def _caught(self, function: Function, types: Iterable[ast.expr]) -> Errors:
        names: set[str] = set()
        for one in types:
            if isinstance(one, ast.Tuple):
                names |= self._caught(function, one.elts)
            else:
                target = self._names.target(function.module, one) or ast.unparse(one)
                names.add(target.rpartition(":")[2])
        return frozenset(names)

    def _error(self, function: Function, value: ast.expr) -> Errors:
        name = self._names.type_of(function, value) or self._names.target(function.module, value)
        name = name.rpartition(":")[2]
        return frozenset({name}) if name in ERRORS else NONE


def _promised(node: Definition) -> Errors:
    """What the docstring of a mere signature, as a Protocol has it, says that it raises."""
    text = ast.get_docstring(node) or ""
    is_signature = all(isinstance(one, ast.Expr | ast.Pass) for one in node.body)
    names = ERRORS.keys() & set(re.findall(r"\w+", text))
    return frozenset(names) if is_signature and _promises(node) else NONE


def _promises(node: Definition | ast.ClassDef) -> bool:
    return re.search(r"\brais(e|es|ed|ing)\b", ast.get_docstring(node) or "", re.I) is not None


def _is_private(name: str) -> bool:
    return name.startswith("_")


def _together(all_errors: Iterable[Errors]) -> Errors:
    return frozenset().union(*all_errors)


def _escaping(raised: Errors, caught: Errors) -> Errors:
    if caught & _EVERY:
        return NONE
    handlers = tuple(ERRORS[name] for name in caught if name in ERRORS)
    return frozenset(name for name in raised if not issubclass(ERRORS[name], handlers))
