"""Mutants: what is changed in one place of a function. Pure; nothing here runs a test.

Left alone: annotations, docstrings, texts for people (f-strings, ``expected``, ``actual``,
``remedy``), and whatever runs when a module is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

PROSE = frozenset({"expected", "actual", "remedy"})
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
RENAMED = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "startswith": "endswith",
    "endswith": "startswith",
    "partition": "rpartition",
    "rpartition": "partition",
}
DROPPED = frozenset({"sorted", "reversed", "set", "frozenset", "abs"})


@dataclass(frozen=True)
class Mutant:
    """``start`` and ``end`` are the lines of the changed statement; ``apply`` changes the tree."""

    function: str
    first_line: int
    start: int
    end: int
    before: str
    after: str
    apply: Callable[[], None]

    @property
    def change(self) -> str:
        return f"{self.before} -> {self.after}"


def mutants(tree: ast.Module, codes: Container[str]) -> Iterator[Mutant]:
    """Yield every mutant of the functions of a module; ``codes`` are texts with a meaning."""
    for function, name in functions(tree.body, ""):
        first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
        for place in places(function):
            for new in replacements(place.node, codes):
                yield Mutant(
                    name,
                    first,
                    place.statement.lineno,
                    head_end(place.statement),
                    short(place.node),
                    short(new),
                    place.writer(new),
                )


def functions(
    body: list[ast.stmt], prefix: str
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    """Yield the functions and methods of a module with their qualified names; no inner ones."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield from functions(node.body, f"{prefix}{node.name}.")


@dataclass(frozen=True)
class Place:
    """A node, where it hangs, and the statement it belongs to."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    statement: ast.stmt

    def writer(self, new: ast.AST) -> Callable[[], None]:
        """Return what puts ``new`` in the place of the node."""

        def write() -> None:
            ast.copy_location(new, self.node)
            ast.fix_missing_locations(new)
            if self.index is None:
                setattr(self.parent, self.field, new)
            else:
                getattr(self.parent, self.field)[self.index] = new

        return write


def places(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Place]:
    for index, statement in enumerate(function.body):
        if not is_text(statement):
            yield from inside(Place(statement, function, "body", index, statement))


def inside(place: Place) -> Iterator[Place]:
    """Yield a place and those below it."""
    node = place.node
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arguments):
        return
    if isinstance(node, ast.keyword) and node.arg in PROSE:
        return
    yield place
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "targets", "ctx"}:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                statement = child if isinstance(child, ast.stmt) else place.statement
                yield from inside(Place(child, node, field, index, statement))


def is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def head_end(statement: ast.stmt) -> int:
    """Return the last line of a statement without the statements inside it."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    if body:
        return max(statement.lineno, body[0].lineno - 1)
    return statement.end_lineno or statement.lineno


def short(node: ast.AST) -> str:
    """Return the first line of the source, which is enough to find the place."""
    text = ast.unparse(node)
    line = text.splitlines()[0]
    return f"{line[:100]} ..." if len(line) > 100 or line != text else line


def replacements(node: ast.AST, codes: Container[str]) -> Iterator[ast.AST]:
    """Yield what may stand in the place of a node."""
    if isinstance(node, ast.stmt):
        yield from of_statement(node)
    elif isinstance(node, ast.Constant):
        yield from of_constant(node, codes)
    elif isinstance(node, ast.comprehension):
        for index in range(len(node.ifs)):
            rest = [*node.ifs[:index], *node.ifs[index + 1 :]]
            yield ast.comprehension(node.target, node.iter, rest, node.is_async)
    elif isinstance(node, ast.expr):
        yield from of_expression(node)


def of_statement(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, ast.If | ast.While):
        if may_negate(node.test):
            kind = type(node)
            yield kind(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.Return):
        if not (node.value is None or is_bare(node.value)):
            yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Expr | ast.Raise | ast.AugAssign | ast.Break | ast.Assert) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    ):
        yield ast.Pass()


def of_constant(node: ast.Constant, codes: Container[str]) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, str) and node.value in codes:
        # A code that exists, so that no look-up fails by itself.
        yield ast.Constant("digest.form" if node.value != "digest.form" else "http.answer.form")


def of_expression(node: ast.expr) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        yield from of_comparison(node)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        if may_negate(node.test):
            yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.BinOp):
        if type(node.op) in COMPUTED and not is_joining(node):
            yield ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
    else:
        yield from of_name(node)


def of_comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        new = [*node.ops[:index], COMPARED[type(operator)](), *node.ops[index + 1 :]]
        yield ast.Compare(node.left, new, node.comparators)


def of_name(node: ast.expr) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        yield from of_call(node)
    elif isinstance(node, ast.Attribute) and is_class(node.value):
        yield ast.Attribute(node.value, "LOCAL" if node.attr != "LOCAL" else "POLICY", node.ctx)


def of_call(node: ast.Call) -> Iterator[ast.AST]:
    function = node.func
    if isinstance(function, ast.Name):
        if function.id in RENAMED:
            yield ast.Call(ast.Name(RENAMED[function.id], ast.Load()), node.args, node.keywords)
        elif function.id in DROPPED and node.args:
            yield node.args[0]
    elif isinstance(function, ast.Attribute):
        if function.attr in RENAMED:
            renamed = ast.Attribute(function.value, RENAMED[function.attr], ast.Load())
            yield ast.Call(renamed, node.args, node.keywords)
        elif not node.args and not node.keywords and function.attr in {"lower", "strip", "upper"}:
            yield function.value


def may_negate(test: ast.expr) -> bool:
    """Return False where the test itself gets mutants that amount to the same."""
    return not isinstance(test, ast.Compare | ast.UnaryOp | ast.BoolOp)


def is_bare(node: ast.expr) -> bool:
    """Return True for None, True and False: the last two have a mutant of their own."""
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def is_class(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "Class"


def is_joining(node: ast.BinOp) -> bool:
    """Return True where texts or lists are joined: a minus between them only fails at once."""
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr | ast.List | ast.Tuple)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
        for side in sides
    )
