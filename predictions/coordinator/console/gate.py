"""Who may see the console: whoever has a session, with whose token forms come. Others see the login."""

import hmac
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from predictions.coordinator.console.session import LIFETIME, Session, Sessions
from shared.http.problems import ProblemError

_OPEN = frozenset({"console.login", "console.log_in", "console.static"})
# No form here is longer than a key and a reason.
_MAX_FORM_BYTES = 8_000
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_NAMES = {"session": "nba_props_console", "form": "nba_props_login"}


class ConsoleGate:
    """Stands before every route of the console."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def __call__(self) -> Response | None:
        """Lets who has a session pass, with it in `g.console_session`."""
        request.max_content_length = _MAX_FORM_BYTES
        session = self._sessions.read(read_cookie("session"))
        g.console_session = session
        if request.endpoint in _OPEN:
            return None
        if session is None:
            return redirect(_login_url(), HTTPStatus.SEE_OTHER)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            check_token(session.csrf_token)
        return None


def current_session() -> Session | None:
    """The session of this request."""
    session: Session | None = g.get("console_session")
    return session


def check_token(expected: str) -> None:
    """Refuses a form that this console did not make for this visitor.

    Raises:
        ProblemError: 403.
    """
    given = request.form.get("csrf_token", "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ProblemError(HTTPStatus.FORBIDDEN, "The form is out of date: open the page again and repeat.")


def _login_url() -> str:
    here = request.full_path.rstrip("?")
    login = url_for("console.login")
    return f"{login}?{urlencode({'next': here})}" if request.method == "GET" else login


def safe_next(target: str) -> str:
    """The page to go to after the login: one of ours, whatever the address says."""
    home = url_for("console.grid")
    # urlsplit leaves out line breaks and tabs, which a header with the whole address cannot have.
    if any(character < " " or character in "\x7f\\" for character in target):
        return home
    try:
        parts = urlsplit(target)
    except ValueError:
        return home
    ours = not parts.scheme and not parts.netloc and (parts.path == home or parts.path.startswith(f"{home}/"))
    return target if ours else home


def read_cookie(kind: str) -> str:
    return request.cookies.get(_cookie_name(kind), "")


def set_cookie(response: Response, kind: str, value: str) -> None:
    response.set_cookie(
        _cookie_name(kind),
        value,
        max_age=LIFETIME,
        path="/",
        secure=_is_secure(),
        httponly=True,
        samesite="Strict",
    )


def delete_cookie(response: Response, kind: str) -> None:
    response.delete_cookie(
        _cookie_name(kind), path="/", secure=_is_secure(), httponly=True, samesite="Strict"
    )


def _is_secure() -> bool:
    """Browsers keep no Secure cookie of plain http, which is all that one machine has."""
    return (urlsplit(f"//{request.host}").hostname or "") not in _LOCAL


def _cookie_name(kind: str) -> str:
    """With the prefix by which browsers refuse it from other hosts and from plain http."""
    return f"__Host-{_NAMES[kind]}" if _is_secure() else _NAMES[kind]
