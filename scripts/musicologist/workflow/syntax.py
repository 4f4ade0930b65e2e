"""Going through syntax trees as ``ast`` does, with fewer steps: digests read those of a whole library."""

import ast
from collections.abc import Iterator

BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
"""Fields of a statement that hold statements."""


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements below a module or a statement, expressions left out."""
    for name in BLOCKS:
        for part in getattr(node, name, ()):
            if isinstance(part, ast.stmt):
                yield part
            yield from statements(part)


def imported(tree: ast.Module) -> list[str]:
    """Dotted names that may be modules: ``from a import b`` gives both ``a`` and ``a.b``."""
    names = []
    for node in statements(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def children(node: ast.AST) -> list[ast.AST]:
    """As ``ast.iter_child_nodes``: the nodes right below one."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


def below(node: ast.AST) -> list[ast.AST]:
    """As ``ast.walk``: the node and all below it."""
    found = [node]
    for one in found:
        found += children(one)
    return found
