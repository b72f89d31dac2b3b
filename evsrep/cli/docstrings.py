"""Docstrings are the help; where Python has dropped them, under -OO, they are in the source."""

import inspect
import sys
from collections.abc import Callable
from typing import Any


def with_help(callback: Callable[..., Any] | None, words: dict[str, Any]) -> dict[str, Any]:
    """Return what a command is made with; its help is the callback's docstring, if none is said."""
    if sys.flags.optimize < 2 or callback is None or words.get("help"):
        return words
    return {**words, "help": _docstring_in_source(inspect.unwrap(callback))}


def _docstring_in_source(function: Callable[..., Any]) -> str | None:
    import ast

    try:
        source = inspect.getsource(inspect.getmodule(function) or function)
        # ast.parse() itself drops docstrings from Python 3.14 on
        tree = compile(source, function.__name__, "exec", ast.PyCF_ONLY_AST, True, optimize=0)
    except (OSError, TypeError, SyntaxError):  # there is no source beside what runs
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            return ast.get_docstring(node)
    return None
