"""What of a script its trainable consists of: so that a larger budget is not taken for other code.

A script that runs a study holds both the function that is trained and the study around it. Of such
a file only those top-level statements count that the function needs: those that bind a name which
it reads, those that bind what they read, in turn, and calls on what is read so, such as setting a
library up. Comments and layout do not count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping


def needed_source(source: str, name: str) -> str | None:
    """The statements that the top-level `name` needs, in order; None where they cannot be told.

    They cannot where the file does not run a study, binds no such name or is not valid Python.

    Examples:
        >>> text = "import paretune as pt\\nN = 2\\ndef f(p, c):\\n    return N\\npt.Study('s', f)"
        >>> print(needed_source(text, "f"))
        N = 2
        def f(p, c):
            return N
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    if not any(_names_a_study(node) for node in ast.walk(tree)):
        return None
    binders: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for bound in _bound(statement):
            binders.setdefault(bound, []).append(statement)
    if name not in binders:
        return None
    seen, needed = _closure([name, "*"], binders)
    for statement in tree.body:
        read = {wanted for wanted in _read(statement) if wanted in binders}
        if isinstance(statement, ast.Expr) and read and read <= seen:
            needed.add(statement)
    return "\n".join(ast.unparse(statement) for statement in tree.body if statement in needed)


def _closure(
    waiting: list[str], binders: Mapping[str, list[ast.stmt]]
) -> tuple[set[str], set[ast.stmt]]:
    """Every name that is read in turn, and the statements that bind them."""
    seen, needed = set[str](), set[ast.stmt]()
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        for statement in binders.get(wanted, []):
            needed.add(statement)
            waiting += _read(statement)
    return seen, needed


def _names_a_study(node: ast.AST) -> bool:
    """`pt.Study(...)`, or `Study(...)` and `Study.from_file(...)` by a name of its own."""
    return (isinstance(node, ast.Attribute) and node.attr == "Study") or (
        isinstance(node, ast.Name) and node.id == "Study"
    )


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name  # below an `if` or a `try`


def _read(statement: ast.stmt) -> list[str]:
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return [node.id for node in names if isinstance(node.ctx, ast.Load)]
