"""One JSON object a line for Cloud Logging, readable lines on a terminal, and no secret in either."""

import json
import logging
import sys
from contextvars import ContextVar
from typing import Any

from shared.clock import utc_now

_CONTEXT: ContextVar[dict[str, str] | None] = ContextVar("log_context", default=None)
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
    """Replaces every known secret by [redacted], wherever it stands."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)

    def scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[redacted]")
        return text

    def scrub_all(self, value: Any) -> Any:
        """The same value with every string inside it scrubbed."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, dict):
            return {key: self.scrub_all(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.scrub_all(each) for each in value]
        return value


class JsonFormatter(logging.Formatter):
    """Cloud Logging's structured form; the redactor sees the finished line."""

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
        return self._redactor.scrub(json.dumps(line, default=str))


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
