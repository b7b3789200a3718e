"""When a test can fail: what counts as a check, and what only looks like one."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import Function, functions, parse, place

CONTEXTS = frozenset({"raises", "warns", "fail", "deprecated_call"})
CHECKER_PREFIXES = ("assert_", "check_", "expect_", "refuse_")
CHECKER_NAMES = frozenset({"golden", "compare", "run_state_machine_as_test"})


def called_name(call: ast.Call) -> str:
    """``raises`` for ``pytest.raises(...)``; empty for a call of anything without a name."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def is_true_by_itself(test: ast.expr) -> bool:
    """Whether an asserted expression holds whatever the code under test does."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple | ast.List):
        return bool(test.elts)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(is_true_by_itself(value) for value in test.values)
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq | ast.Is):
        # A call may answer differently the second time, and then it is a check.
        calls = any(isinstance(node, ast.Call) for node in ast.walk(test))
        return not calls and ast.dump(test.left) == ast.dump(test.comparators[0])
    return False


def is_check(node: ast.AST, own: frozenset[str] = frozenset()) -> bool:
    """Whether a node can make a test fail by what it found; ``own``: checkers of the same file."""
    if isinstance(node, ast.Assert):
        return not is_true_by_itself(node.test)
    if not isinstance(node, ast.Call):
        return False
    name = called_name(node)
    return name in CONTEXTS | CHECKER_NAMES | own or name.startswith(CHECKER_PREFIXES)


def checks(function: Function, own: frozenset[str] = frozenset()) -> bool:
    """Whether anything in a function is a check."""
    return any(is_check(node, own) for node in ast.walk(function))


def own_checkers(tree: ast.Module) -> frozenset[str]:
    """The functions of a file that check something themselves, whatever their names are."""
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, Function) and not is_test(node) and checks(node)
    )


def is_test(function: Function) -> bool:
    """Whether pytest collects a function as a test."""
    return function.name.startswith("test")


def is_skipped_always(function: Function) -> bool:
    """Whether ``pytest.mark.skip`` is among the decorators: such a test never runs."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "skip"
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
    )


def idle_tests(file: Path) -> Iterator[str]:
    """The tests of a file that cannot fail, one place each."""
    tree = parse(file)
    own = own_checkers(tree)
    for function in functions(tree):
        if not is_test(function):
            continue
        if is_skipped_always(function):
            yield f"{place(file, function.lineno)} {function.name} is never run"
        elif not checks(function, own):
            yield f"{place(file, function.lineno)} {function.name} checks nothing"
