"""Evaluates Flux: the text and its parameters decide, never a table of known queries."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import flux_tables as tables
from flux_parser import FluxError, Node, Parser
from flux_values import Duration, Time

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def run(text: str, extern: dict[str, Any] | None, read: Callable[[str], tables.Stream]) -> Any:
    """Return the stream of tables of the last expression; `read(bucket)` gives what is stored."""
    scope = _parameters(extern or {})
    result = None
    for statement in Parser(text).program():
        if statement[0] == "assign":
            scope[statement[1]] = _Evaluator(scope, read).value(statement[2])
        else:
            result = _Evaluator(scope, read).value(statement)
    if result is None:
        raise FluxError("this Flux script returns no streaming data")
    return result


def _parameters(extern: dict[str, Any]) -> dict[str, Any]:
    """Return the values that an `extern` file declares: its option statements, as an AST."""
    values = {}
    for statement in extern.get("body", []):
        assignment = statement["assignment"]
        if statement["type"] != "OptionStatement" or assignment["type"] != "VariableAssignment":
            raise FluxError("extern may only set options")
        values[assignment["id"]["name"]] = _literal(assignment["init"])
    return values


def _literal(node: dict[str, Any]) -> Any:
    kind = node["type"]
    if kind == "ArrayExpression":
        return [_literal(element) for element in node["elements"]]
    if kind == "DurationLiteral":
        return Duration(sum(int(v["magnitude"]) * _UNITS[v["unit"]] for v in node["values"]))
    makers: dict[str, Callable[[Any], Any]] = {
        "StringLiteral": str,
        "IntegerLiteral": int,
        "FloatLiteral": float,
        "BooleanLiteral": bool,
        "DateTimeLiteral": Time.parsed,
    }
    return makers[kind](node["value"])


class _Evaluator:
    def __init__(self, scope: dict[str, Any], read: Callable[[str], tables.Stream]) -> None:
        self.scope = scope
        self.read = read

    def value(self, node: Node) -> Any:
        kind = node[0]
        if kind == "literal":
            return node[1]
        if kind == "array":
            return [self.value(item) for item in node[1]]
        if kind == "name":
            return self.name(node[1])
        if kind == "lambda":
            return node
        if kind == "pipe":
            return self.call(node[2], self.value(node[1]))
        if kind == "call":
            return self.call(node, None)
        raise FluxError(f"a {kind} cannot stand here")

    def name(self, name: str) -> Any:
        if name in self.scope:
            return self.scope[name]
        if name in {"sum", "count", "first", "last"}:
            return ("name", name)
        raise FluxError(f"undefined identifier {name}")

    def call(self, node: Node, piped: tables.Stream | None) -> Any:
        if node[1][0] != "name":
            raise FluxError("only plain functions can be called")
        name, arguments = node[1][1], node[2]
        method = getattr(self, f"do_{name}", None)
        if method is None:
            raise FluxError(f"undefined identifier {name}")
        values = {key: self.value(value) for key, value in arguments.items()}
        if piped is not None and name not in {"range", "filter"}:
            piped = [table for table in piped if table.rows]
        try:
            return method(**values) if piped is None else method(piped, **values)
        except TypeError as error:
            raise FluxError(f"{name}: {error}") from error

    def do_from(self, *, bucket: str) -> tables.Stream:
        return self.read(bucket)

    def do_range(self, piped: tables.Stream, *, start: Any, stop: Any) -> tables.Stream:
        return tables.range_(piped, start, stop)

    def do_filter(self, piped: tables.Stream, *, fn: Node) -> tables.Stream:
        _, (parameter,), body = fn
        columns: set[str] = set()
        predicate = self.compiled(body, parameter, columns)
        return tables.filter_(piped, predicate, columns)

    def do_aggregateWindow(  # noqa: N802 - Flux's name
        self,
        piped: tables.Stream,
        *,
        every: Duration,
        fn: Node,
        timeSrc: str = "_stop",  # noqa: N803 - Flux's name
        createEmpty: bool = True,  # noqa: N803 - Flux's name
    ) -> tables.Stream:
        functions = {"sum": tables.sum_, "count": tables.count}
        return tables.aggregate_window(piped, every, functions[fn[1]], timeSrc, createEmpty)

    def do_sum(self, piped: tables.Stream) -> tables.Stream:
        return tables.sum_(piped)

    def do_first(self, piped: tables.Stream) -> tables.Stream:
        return tables.first(piped)

    def do_last(self, piped: tables.Stream) -> tables.Stream:
        return tables.last(piped)

    def do_group(self, piped: tables.Stream, *, columns: list[str] | None = None) -> tables.Stream:
        return tables.group(piped, columns or [])

    def do_pivot(
        self,
        piped: tables.Stream,
        *,
        rowKey: list[str],  # noqa: N803 - Flux's name
        columnKey: list[str],  # noqa: N803 - Flux's name
        valueColumn: str,  # noqa: N803 - Flux's name
    ) -> tables.Stream:
        return tables.pivot(piped, rowKey, columnKey, valueColumn)

    def do_keep(self, piped: tables.Stream, *, columns: list[str]) -> tables.Stream:
        return tables.keep(piped, columns)

    def do_drop(self, piped: tables.Stream, *, columns: list[str]) -> tables.Stream:
        return tables.drop(piped, columns)

    def do_distinct(self, piped: tables.Stream, *, column: str) -> tables.Stream:
        return tables.distinct(piped, column)

    def do_sort(
        self, piped: tables.Stream, *, columns: list[str], desc: bool = False
    ) -> tables.Stream:
        return tables.sort(piped, columns, desc)

    def do_limit(self, piped: tables.Stream, *, n: int) -> tables.Stream:
        return tables.limit(piped, n)

    def do_union(self, *, tables: list[tables.Stream]) -> tables.Stream:  # type: ignore[name-defined]
        return _union(tables)

    def compiled(self, node: Node, row: str, columns: set[str]) -> Callable[[Any], Any]:
        """Return a predicate as a function; `columns` collects what it looks at."""
        kind = node[0]
        if kind == "member" and node[1] == ("name", row):
            column = node[2]
            columns.add(column)
            return lambda r: r.get(column)
        if kind == "binary":
            return self.compiled_binary(node, row, columns)
        if kind == "unary":
            inner = self.compiled(node[2], row, columns)
            if node[1] == "exists":
                return lambda r: inner(r) is not None
            return lambda r: not inner(r)
        if kind == "call" and node[1] == ("name", "contains"):
            value = self.compiled(node[2]["value"], row, columns)
            wanted = self.value(node[2]["set"])
            return lambda r: value(r) in wanted
        constant = self.value(node)
        return lambda _: constant

    def compiled_binary(self, node: Node, row: str, columns: set[str]) -> Callable[[Any], Any]:
        _, symbol, left_node, right_node = node
        left = self.compiled(left_node, row, columns)
        right = self.compiled(right_node, row, columns)
        if symbol == "and":
            return lambda r: left(r) is True and right(r) is True
        if symbol == "or":
            return lambda r: left(r) is True or right(r) is True
        compare = _COMPARE[symbol]

        def compared(r: Any) -> bool:
            a, b = left(r), right(r)
            if a is None or b is None:
                return False  # null compares to nothing
            if isinstance(a, str) != isinstance(b, str):
                raise FluxError(f"type conflict: {type(a).__name__} and {type(b).__name__}")
            return compare(a, b)

        return compared


_union = tables.union
