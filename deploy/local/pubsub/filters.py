"""The part of Pub/Sub's filter language that the emulator knows; anything else is refused, never ignored.

Source: https://cloud.google.com/pubsub/docs/subscription-message-filter#filtering_syntax

    attributes.phase = "raw"      attributes.phase != "raw"      hasPrefix(attributes.phase, "ra")
    attributes:phase              a AND b      a OR b      NOT a      -a      (a)
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from deploy.local.pubsub.errors import InvalidArgument

Predicate = Callable[[Mapping[str, str]], bool]

MAX_BYTES = 256
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|!=|[=().,:-]|[A-Za-z0-9_][A-Za-z0-9_-]*)')
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


@lru_cache(maxsize=1024)
def compile_filter(text: str) -> Predicate:
    """Return the test of a message's attributes that `text` describes; an empty filter lets all pass.

    A message without the key satisfies `!=`, as it satisfies NOT with `=`.

    Raises InvalidArgument: not in the language above, or longer than 256 bytes.
    """
    if not text:
        return lambda attributes: True
    if len(text.encode()) > MAX_BYTES:
        raise InvalidArgument(f"filter: longer than {MAX_BYTES} bytes")
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def parse(self) -> Predicate:
        predicate = self._expression()
        if self._peek():
            raise self._refusal()
        return predicate

    def _expression(self) -> Predicate:
        terms = [self._term()]
        operator = self._peek()
        if operator not in ("AND", "OR"):
            return terms[0]
        while self._peek() == operator:
            self._take()
            terms.append(self._term())
        if self._peek() in ("AND", "OR"):
            raise InvalidArgument(f"filter: put parentheses around AND beside OR in {self._text!r}")
        every_or_any = all if operator == "AND" else any
        return lambda attributes: every_or_any(term(attributes) for term in terms)

    def _term(self) -> Predicate:
        token = self._take()
        if token in ("NOT", "-"):
            return _negation(self._term())
        if token == "(":
            predicate = self._expression()
            self._expect(")")
            return predicate
        if token == "hasPrefix":
            return self._has_prefix()
        if token == "attributes":
            return self._comparison()
        raise self._refusal()

    def _has_prefix(self) -> Predicate:
        self._expect("(", "attributes", ".")
        key = self._key()
        self._expect(",")
        prefix = self._string()
        self._expect(")")
        return lambda attributes: attributes.get(key, "").startswith(prefix) and key in attributes

    def _comparison(self) -> Predicate:
        if self._peek() == ":":
            self._take()
            present = self._key()
            return lambda attributes: present in attributes
        self._expect(".")
        key, operator, value = self._key(), self._take(), self._string()
        if operator not in ("=", "!="):
            raise self._refusal()
        equals: Predicate = lambda attributes: attributes.get(key) == value  # noqa: E731
        return equals if operator == "=" else _negation(equals)

    def _key(self) -> str:
        token = self._peek()
        return self._take() if _NAME.fullmatch(token) else self._string()

    def _string(self) -> str:
        try:
            value = json.loads(self._take())
        except ValueError:
            raise self._refusal() from None
        if not isinstance(value, str):
            raise self._refusal()
        return value

    def _expect(self, *tokens: str) -> None:
        for token in tokens:
            if self._take() != token:
                raise self._refusal()

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token

    def _refusal(self) -> InvalidArgument:
        near = self._tokens[self._next - 1] if 0 < self._next <= len(self._tokens) else "its end"
        return InvalidArgument(f"filter: cannot read {self._text!r} near {near}")


def _negation(predicate: Predicate) -> Predicate:
    return lambda attributes: not predicate(attributes)


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidArgument(f"filter: cannot read {text!r} from {text[position:].strip()!r} on")
        tokens.append(match.group(1))
        position = match.end()
    return tokens
