"""What the names in code stand for: functions, classes, methods, what an attribute is of.

What is called is found by its name: a function or class of the same module or an imported one, a
method of `self`, of what a parameter's annotation or a constructor names, of an attribute that is
known so.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False)
class Function:
    """A function, and what its names stand for: `module:name` for a class or a function."""

    key: str
    module: str
    node: Definition
    owner: "Class | None" = None
    inner: dict[str, "Function"] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Class:
    """A class with its methods, and the classes that its attributes are of."""

    key: str
    module: str
    node: ast.ClassDef
    methods: dict[str, Function] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


class Names:
    """The functions and classes of some modules, by `module:name`; `all` has methods, too."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, Class] = {}
        self.all: list[Function] = []
        self._modules = set(trees)
        self._imported = {module: dict(self._imported_in(tree)) for module, tree in trees.items()}
        for module, tree in trees.items():
            for node in tree.body:
                self._define(module, node)
        for cls in self.classes.values():
            self._learn_attributes(cls)
        for function in self.all:
            self._learn_types(function)

    def called(self, function: Function, name: ast.expr) -> Iterator[Function | Class]:
        """What is called by a name, if that can be found out."""
        if isinstance(name, ast.Name) and name.id in function.inner:
            yield function.inner[name.id]
            return
        target = self.target(function.module, name)
        if target in self.functions:
            yield self.functions[target]
        elif target in self.classes:
            yield self.classes[target]
        elif isinstance(name, ast.Attribute):
            holder = self.type_of(function, name.value) or self.target(function.module, name.value)
            if ast.unparse(name.value) == "super()" and function.owner:
                methods = [self.method(one, name.attr) for one in self._bases(function.owner)]
            else:
                cls = self.classes.get(holder)
                methods = [self.method(cls, name.attr)] if cls else []
            yield from (one for one in methods if one)

    def type_of(self, function: Function, value: ast.expr) -> str:
        """The class of ours that a value is of, empty where that is not known."""
        if isinstance(value, ast.Name):
            if value.id == "self" and function.owner:
                return function.owner.key
            return function.types.get(value.id, "")
        if isinstance(value, ast.Attribute):
            cls = self.classes.get(self.type_of(function, value.value))
            if cls is None:
                return ""
            method = self.method(cls, value.attr)
            if method is not None and is_property(method):
                return self._named(method.module, method.node.returns)
            return self._attribute(cls, value.attr)
        if isinstance(value, ast.Call):
            for called in self.called(function, value.func):
                if isinstance(called, Class):
                    return called.key
                return self._named(called.module, called.node.returns)
        return ""

    def target(self, module: str, name: ast.expr) -> str:
        """What a name stands for in a module, be it `name` or `module.name`."""
        if isinstance(name, ast.Name):
            here = f"{module}:{name.id}"
            if here in self.classes or here in self.functions:
                return here
            return self._imported.get(module, {}).get(name.id, "")
        if isinstance(name, ast.Attribute):
            holder = self.target(module, name.value)
            if holder in self._modules:
                return self.target(holder, ast.Name(name.attr)) or f"{holder}:{name.attr}"
        return ""

    def method(self, cls: Class, name: str) -> Function | None:
        if name in cls.methods:
            return cls.methods[name]
        return next((one for base in self._bases(cls) if (one := self.method(base, name))), None)

    def _attribute(self, cls: Class, name: str) -> str:
        if name in cls.attributes:
            return cls.attributes[name]
        return next((one for base in self._bases(cls) if (one := self._attribute(base, name))), "")

    def _bases(self, cls: Class) -> Iterator[Class]:
        for base in cls.node.bases:
            target = self.target(cls.module, base)
            if target in self.classes:
                yield self.classes[target]

    def _imported_in(self, tree: ast.Module) -> Iterator[tuple[str, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.asname or alias.name.partition(".")[0], alias.name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    longer = f"{node.module}.{alias.name}"
                    is_module = longer in self._modules
                    target = longer if is_module else f"{node.module}:{alias.name}"
                    yield alias.asname or alias.name, target

    def _define(self, module: str, node: ast.stmt) -> None:
        if isinstance(node, Definition):
            key = f"{module}:{node.name}"
            self.functions[key] = self._function(key, module, node)
        elif isinstance(node, ast.ClassDef):
            cls = Class(f"{module}:{node.name}", module, node)
            self.classes[cls.key] = cls
            for one in node.body:
                if isinstance(one, Definition):
                    key = f"{cls.key}.{one.name}"
                    cls.methods[one.name] = self._function(key, module, one, cls)
        elif isinstance(node, ast.If | ast.Try):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    self._define(module, child)

    def _function(
        self, key: str, module: str, node: Definition, owner: Class | None = None
    ) -> Function:
        function = Function(key, module, node, owner)
        self.all.append(function)
        for one in own_nodes(node):
            if isinstance(one, Definition):
                function.inner[one.name] = self._function(f"{key}.{one.name}", module, one, owner)
        return function

    def _learn_attributes(self, cls: Class) -> None:
        for node in cls.node.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self._note(cls.attributes, node.target.id, self._named(cls.module, node.annotation))
        for method in cls.methods.values():
            self._learn_types(method)
            for one in own_nodes(method.node):
                if isinstance(one, ast.Assign | ast.AnnAssign):
                    target = one.targets[0] if isinstance(one, ast.Assign) else one.target
                    if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                        self._note(cls.attributes, target.attr, self._assigned(method, one))

    def _learn_types(self, function: Function) -> None:
        arguments = function.node.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self._note(function.types, one.arg, self._named(function.module, one.annotation))
        for node in own_nodes(function.node):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name):
                    self._note(function.types, target.id, self._assigned(function, node))
            elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
                type_ = self.type_of(function, node.context_expr)
                self._note(function.types, node.optional_vars.id, type_)
        for inner in function.inner.values():
            inner.types = {**function.types, **inner.types}
            inner.inner = {**function.inner, **inner.inner}

    def _assigned(self, function: Function, node: ast.Assign | ast.AnnAssign) -> str:
        if isinstance(node, ast.AnnAssign):
            return self._named(function.module, node.annotation)
        return self.type_of(function, node.value)

    def _named(self, module: str, annotation: ast.expr | None) -> str:
        """The class of ours that an annotation names, empty where it names none."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self._named(module, ast.parse(annotation.value, mode="eval").body)
        if isinstance(annotation, ast.BinOp):
            return self._named(module, annotation.left) or self._named(module, annotation.right)
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Iterator":
            return self._named(module, annotation.slice)  # of a context manager, what it hands out
        if isinstance(annotation, ast.Name | ast.Attribute):
            target = self.target(module, annotation)
            return target if target in self.classes else ""
        return ""

    def _note(self, types: dict[str, str], name: str, type_: str) -> None:
        if type_:
            types[name] = type_


def is_property(called: Function | Class) -> bool:
    return any("property" in ast.unparse(one) for one in called.node.decorator_list)


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All that is in a function, in order, but what is in the functions in it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, Definition | ast.Lambda | ast.ClassDef):
            yield from own_nodes(child)
