"""The project's own source files, parsed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.services.environment import PROJECT_DIR

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One imported name: `from apps.audit import services` is `apps.audit.services`."""

    name: str
    line: int
    is_for_types_only: bool


@dataclass(frozen=True)
class SourceFile:
    path: Path
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(PROJECT_DIR).with_suffix("").parts

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(PROJECT_DIR)}:{line}"

    def imports(self) -> Iterator[Import]:
        guarded = {
            id(node)
            for branch in ast.walk(self.tree)
            if isinstance(branch, ast.If) and ast.unparse(branch.test).endswith("TYPE_CHECKING")
            for node in ast.walk(branch)
        }
        for node in ast.walk(self.tree):
            for name in self._names_of(node):
                yield Import(name, getattr(node, "lineno", 0), id(node) in guarded)

    def _names_of(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            package = ".".join(self.parts[: len(self.parts) - node.level]) if node.level else ""
            origin = ".".join(part for part in (package, node.module) if part)
            return [f"{origin}.{alias.name}" for alias in node.names]
        return []


@cache
def source_files(*directories: str) -> tuple[SourceFile, ...]:
    return tuple(
        SourceFile(path, ast.parse(path.read_text(encoding="utf-8")))
        for directory in directories
        for path in sorted((PROJECT_DIR / directory).rglob("*.py"))
    )
