"""One JSON object a line for Cloud Logging, readable lines on a terminal, and no secret in either."""

import json
import logging
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import SplitResult, quote, quote_plus, unquote, urlsplit

from shared.clock import utc_now

_CONTEXT: ContextVar[dict[str, str] | None] = ContextVar("log_context", default=None)
_REDACTED = "[redacted]"
# What is shorter is no secret by itself, as /1 is not.
_LEAST_PART = 8
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def bind(**fields: str) -> None:
    """Adds fields (correlation_id, game_date, ...) to every later log line of this request."""
    _CONTEXT.set({**(_CONTEXT.get() or {}), **fields})


def clear() -> None:
    """Forgets what was bound; called at the start of each request."""
    _CONTEXT.set(None)


def bound() -> dict[str, str]:
    """What is bound at present."""
    return dict(_CONTEXT.get() or {})


class Redactor:
    """Replaces every known secret by [redacted], wherever it stands and however it is written there."""

    def __init__(self, secrets: frozenset[str]) -> None:
        known = {part for secret in secrets for part in _parts(secret)}
        self._forms = sorted({form for part in known for form in _forms(part)}, key=len, reverse=True)

    def scrub(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, _REDACTED)
        return text

    def scrub_bytes(self, raw: bytes) -> bytes:
        """The same of a body that may be no text."""
        for form in self._forms:
            raw = raw.replace(form.encode(), _REDACTED.encode())
        return raw

    def scrub_all(self, value: Any) -> Any:
        """The same value with every string inside it scrubbed."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, dict):
            return {key: self.scrub_all(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.scrub_all(each) for each in value]
        return value


def _parts(secret: str) -> Iterator[str]:
    """The secret; of an address also what an error may quote of it alone: its password, or its path."""
    yield secret
    address = _address(secret)
    if address:
        target = address._replace(scheme="", netloc="").geturl()
        for part in (address.username, address.password, target, target.lstrip("/")):
            if part and len(part) >= _LEAST_PART:
                yield from (part, unquote(part))


def _address(secret: str) -> SplitResult | None:
    """None for what is no address, or one that nobody could ask."""
    try:
        return urlsplit(secret) if "://" in secret else None
    except ValueError:
        return None


def _forms(text: str) -> Iterator[str]:
    """A text as it stands in addresses, forms, JSON and Python's quotes."""
    yield from (text, quote(text), quote(text, safe=""), quote_plus(text), repr(text)[1:-1])
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])


class JsonFormatter(logging.Formatter):
    """Cloud Logging's structured form; the redactor sees each value and the finished line."""

    def __init__(self, service: str, project: str, redactor: Redactor) -> None:
        super().__init__()
        self._service, self._project, self._redactor = service, project, redactor

    def format(self, record: logging.LogRecord) -> str:
        context = bound()
        trace = context.pop("trace", None)
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        line: dict[str, Any] = {
            "severity": record.levelname,
            "time": utc_now().isoformat(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **context,
            **extra,
        }
        if trace:
            line["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{trace}"
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # Inside, before JSON escapes what may be escaped already; and the finished line, keys and all.
        told = json.dumps(
            self._redactor.scrub_all(line), default=lambda value: self._redactor.scrub(str(value))
        )
        return self._redactor.scrub(told)


class LineFormatter(logging.Formatter):
    """For a terminal: time, level, what, and the bound fields."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{key}={value}" for key, value in bound().items())
        return self._redactor.scrub(f"{super().format(record)} {fields}".rstrip())


def configure(service: str, project: str, level: str, secrets: frozenset[str]) -> None:
    """Sends all logging of this process to standard error, once."""
    redactor = Redactor(secrets)
    terminal = sys.stderr.isatty()
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(redactor) if terminal else JsonFormatter(service, project, redactor))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("google").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
