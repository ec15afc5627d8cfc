"""Formulas of other axes, such as ``flatness + 1/(eta*sqrt(T))``: read into a tree and walked, never executed."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping

from sco_flat.errors import InputError

FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt, "log": math.log, "log2": math.log2, "log10": math.log10, "exp": math.exp, "floor": math.floor,
    "ceil": math.ceil, "round": round, "abs": abs, "min": min, "max": max,
}  # fmt: skip
OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: math.pow, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
LONGEST = 1000
DEEPEST = 60
"""Operations within each other."""
MEND = f"use numbers, names of axes, + - * / ** and {', '.join(FUNCTIONS)}"


def parse(key: str, text: str) -> ast.expr:
    """Read a formula into a tree of allowed nodes.

    Parameters
    ----------
    key : str
        What it is for, named in errors.
    text : str
        The formula.

    Raises
    ------
    InputError
        For anything but arithmetic on numbers and names.
    """
    if len(text) > LONGEST:
        raise InputError(key, text[:40] + "...", f"a formula has at most {LONGEST} characters", "shorten it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a compiler for code that is never compiled
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(key, text, "is not a formula", MEND) from None
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [part for node in level for part in ast.iter_child_nodes(node)]
    if level:
        raise InputError(key, text, "is nested too deeply", "simplify it")
    _check(key, text, tree)
    return tree


def _check(key: str, text: str, node: ast.AST) -> None:
    if isinstance(node, ast.Constant):
        allowed = type(node.value) in (int, float)
        parts: list[ast.expr] = []
    elif isinstance(node, ast.Name):
        allowed, parts = True, []
    elif isinstance(node, ast.BinOp):
        allowed, parts = type(node.op) in OPERATORS, [node.left, node.right]
    elif isinstance(node, ast.UnaryOp):
        allowed, parts = type(node.op) in OPERATORS, [node.operand]
    elif isinstance(node, ast.Call):
        known = isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
        allowed, parts = known and not node.keywords, node.args
    else:
        allowed, parts = False, []
    if not allowed:
        raise InputError(key, text, f"{ast.unparse(node)[:40]!r} is not allowed in a formula", MEND)
    for part in parts:
        _check(key, text, part)


def names(tree: ast.expr) -> set[str]:
    """Names of axes that a formula reads."""
    if isinstance(tree, ast.Name):
        return {tree.id}
    parts = tree.args if isinstance(tree, ast.Call) else ast.iter_child_nodes(tree)
    return set().union(*(names(part) for part in parts if isinstance(part, ast.expr)))


def renamed(tree: ast.expr, columns: Mapping[str, str]) -> ast.expr:
    """Put the columns' own names into a formula that calls them otherwise."""

    class Names(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(columns.get(node.id, node.id))

        def visit_Call(self, node: ast.Call) -> ast.Call:
            return ast.Call(node.func, [self.visit(part) for part in node.args], [])

    found: ast.expr = Names().visit(tree)
    return found


def evaluate(key: str, text: str, tree: ast.expr, values: Mapping[str, object]) -> float:
    """Value of a formula.

    Parameters
    ----------
    key, text : str
        Named in errors.
    tree : ast.expr
        From `parse`.
    values : mapping
        By name.

    Raises
    ------
    InputError
        For a name that is missing or not a number, and for a result that is not a finite number.
    """
    try:
        found = _walk(key, text, tree, values)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise InputError(key, text, f"has no value ({error}) at {_shown(values)}", "change an axis") from None
    if not math.isfinite(found):
        raise InputError(key, text, f"is not finite at {_shown(values)}", "change an axis")
    return found


def _shown(values: Mapping[str, object]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in values.items())


def _walk(key: str, text: str, node: ast.expr, values: Mapping[str, object]) -> float:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        value = values.get(node.id)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise InputError(key, text, f"{node.id!r} is not a number here", f"known names are {', '.join(values)}")
        return float(value)
    if isinstance(node, ast.BinOp):
        left, right = _walk(key, text, node.left, values), _walk(key, text, node.right, values)
        return float(OPERATORS[type(node.op)](left, right))
    if isinstance(node, ast.UnaryOp):
        return float(OPERATORS[type(node.op)](_walk(key, text, node.operand, values)))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    return float(FUNCTIONS[node.func.id](*(_walk(key, text, part, values) for part in node.args)))
