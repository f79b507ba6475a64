"""Files and functions stay small and say what they are for."""

from __future__ import annotations

import ast
import statistics

from tests.architecture.source import functions, modules

MAX_LINES = 400
MEDIAN_LINES = 13


def test_no_file_is_long():
    assert {module.path: module.lines for module in modules() if module.lines > MAX_LINES} == {}


def test_most_functions_are_short():
    lengths = [
        (function.end_lineno or 0) - function.lineno + 1 for module in modules() for function in functions(module)
    ]
    assert statistics.median(lengths) <= MEDIAN_LINES


def test_every_module_says_what_it_is_for():
    found = [module.path for module in modules() if module.lines > 8 and not ast.get_docstring(module.tree)]
    assert found == []


def test_every_public_function_says_what_it_does():
    found = [
        f"{module.path}:{node.lineno} {node.name}"
        for module in modules()
        if "/management/commands/" not in module.path  # a command says it in its `help`
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and len(node.body) > 2
        and not ast.get_docstring(node)
    ]
    assert found == []
