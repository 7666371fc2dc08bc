"""Parses the part of Flux that a reader of time series needs, into nested tuples.

Nodes: ("name", n) ("literal", v) ("member", of, n) ("call", fn, {argument: node}) ("pipe", a, b)
("lambda", parameters, body) ("binary", op, a, b) ("unary", op, a) ("array", [nodes])
("object", {key: node}) ("assign", n, node).
"""

from __future__ import annotations

import re
from typing import Any

from flux_values import Duration, Time, duration_of

Node = tuple[Any, ...]


class FluxError(Exception):
    """The text is not Flux, or asks for something that would fail on a server."""


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<time>\d{4}-\d\d-\d\dT[0-9:.]+Z)
  | (?P<duration>(?:\d+(?:ns|us|ms|mo|[smhdwy]))+)
  | (?P<number>\d+\.\d+|\d+)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<symbol>\|>|=>|==|!=|<=|>=|[-+*/<>=(){}\[\],.:])
    """,
    re.VERBOSE,
)
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def tokens_of(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FluxError(f"error at {at}: invalid token {text[at : at + 10]!r}")
        at = match.end()
        if match.lastgroup != "space":
            tokens.append((str(match.lastgroup), match.group()))
    return [*tokens, ("end", "")]


class Parser:
    """Recursive descent, one method per level of precedence."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.at = 0

    def program(self) -> list[Node]:
        statements = []
        while self.peek()[0] != "end":
            statements.append(self.statement())
        return statements

    def statement(self) -> Node:
        if self.peek()[0] == "name" and self.tokens[self.at + 1] == ("symbol", "="):
            name = self.take()[1]
            self.expect("=")
            return ("assign", name, self.expression())
        return self.expression()

    def expression(self) -> Node:
        left = self.conjunction()
        while self.peek() == ("name", "or"):
            self.take()
            left = ("binary", "or", left, self.conjunction())
        return left

    def conjunction(self) -> Node:
        left = self.negation()
        while self.peek() == ("name", "and"):
            self.take()
            left = ("binary", "and", left, self.negation())
        return left

    def negation(self) -> Node:
        if self.peek() in {("name", "not"), ("name", "exists")}:
            return ("unary", self.take()[1], self.negation())
        return self.comparison()

    def comparison(self) -> Node:
        left = self.piped()
        while self.peek()[0] == "symbol" and self.peek()[1] in _COMPARISONS:
            left = ("binary", self.take()[1], left, self.piped())
        return left

    def piped(self) -> Node:
        left = self.postfix()
        while self.peek() == ("symbol", "|>"):
            self.take()
            right = self.postfix()
            if right[0] != "call":
                raise FluxError("pipe destination must be a function call")
            left = ("pipe", left, right)
        return left

    def postfix(self) -> Node:
        node = self.primary()
        while self.peek() in {("symbol", "."), ("symbol", "("), ("symbol", "[")}:
            symbol = self.take()[1]
            if symbol == ".":
                node = ("member", node, self.take_kind("name"))
            elif symbol == "(":
                node = ("call", node, self.arguments(")"))
            else:
                node = ("member", node, self.take_kind("string")[1:-1])
                self.expect("]")
        return node

    def primary(self) -> Node:
        kind, text = self.take()
        if kind == "name":
            return ("literal", text == "true") if text in {"true", "false"} else ("name", text)
        if kind == "string":
            return ("literal", re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "number":
            return ("literal", float(text) if "." in text else int(text))
        if kind == "duration":
            return ("literal", duration_of(text))
        if kind == "time":
            return ("literal", Time.parsed(text))
        if text == "[":
            return ("array", self.items("]"))
        if text == "{":
            return ("object", self.arguments("}"))
        if text == "(":
            return self.parenthesis()
        raise FluxError(f"unexpected {text!r}")

    def parenthesis(self) -> Node:
        """Parse a lambda, or an expression in parentheses."""
        start = self.at
        names = []
        while self.peek()[0] == "name" and self.tokens[self.at + 1][1] in {",", ")"}:
            names.append(self.take()[1])
            if self.peek()[1] == ",":
                self.take()
        if self.peek()[1] == ")" and self.tokens[self.at + 1] == ("symbol", "=>"):
            self.at += 2
            return ("lambda", tuple(names), self.expression())
        self.at = start
        node = self.expression()
        self.expect(")")
        return node

    def arguments(self, closing: str) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while self.peek()[1] != closing:
            name = self.take_kind("name")
            self.expect(":")
            if name in found:
                raise FluxError(f"duplicate argument {name}")
            found[name] = self.expression()
            if self.peek()[1] == ",":
                self.take()
        self.expect(closing)
        return found

    def items(self, closing: str) -> list[Node]:
        found = []
        while self.peek()[1] != closing:
            found.append(self.expression())
            if self.peek()[1] == ",":
                self.take()
        self.expect(closing)
        return found

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at]

    def take(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def take_kind(self, kind: str) -> str:
        found, text = self.take()
        if found != kind:
            raise FluxError(f"expected a {kind}, got {text!r}")
        return text

    def expect(self, symbol: str) -> None:
        _, text = self.take()
        if text != symbol:
            raise FluxError(f"expected {symbol!r}, got {text!r}")


__all__ = ["Duration", "FluxError", "Node", "Parser"]
