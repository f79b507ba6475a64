"""The project's source as syntax trees, for tests of its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("chat", "chatsite", "inference")


@dataclass(frozen=True)
class Module:
    """One file: its path from the root, with slashes, and its tree."""

    path: str
    lines: int
    tree: ast.Module

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the name that is called: the last part of a dotted one."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                yield name, node

    def imports(self) -> set[str]:
        """Every module that is imported, `from a import b` as both "a" and "a.b"."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        return found

    def names(self) -> set[str]:
        """Every dotted name that is read, as far as it is a plain one: "os.environ"."""
        return {ast.unparse(node) for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)}


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the three rooms but migrations, which Django writes."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple(_read(path) for path in paths if "migrations" not in path.parts)


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports_any(module: Module, *packages: str) -> list[str]:
    """Which of these packages, or parts of them, a module imports."""
    return sorted(
        name for name in module.imports() for package in packages if name == package or name.startswith(package + ".")
    )


def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(ROOT).as_posix(), text.count("\n"), ast.parse(text))
