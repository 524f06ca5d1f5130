"""The login exchanges a key for a session; the logout ends it in this browser."""

import logging
import secrets
from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from predictions.coordinator.console import gate
from predictions.coordinator.console.session import FailedLogins, Sessions

_LOG = logging.getLogger(__name__)


def add_login(console: Blueprint, sessions: Sessions) -> None:
    """GET and POST /console/login, POST /console/logout."""
    failures = FailedLogins()

    @console.get("/login")
    def login() -> Response:
        target = gate.safe_next(request.args.get("next", ""))
        if gate.current_session():
            return redirect(target, HTTPStatus.SEE_OTHER)
        return _form(target)

    @console.post("/login")
    def log_in() -> Response:
        # There is no session yet whose token the form could bring: it brings back what its cookie has.
        gate.check_token(gate.read_cookie("form"))
        target = gate.safe_next(request.form.get("next", ""))
        if wait := failures.wait():
            return _refused(target, HTTPStatus.TOO_MANY_REQUESTS, int(wait.total_seconds()) + 1)
        cookie = sessions.open(request.form.get("key", "").strip())
        if cookie is None:
            failures.add()
            _LOG.warning("console: a login with a wrong key")
            return _refused(target, HTTPStatus.UNAUTHORIZED)
        _LOG.info("console: a session begins")
        response = redirect(target, HTTPStatus.SEE_OTHER)
        gate.set_cookie(response, "session", cookie)
        gate.delete_cookie(response, "form")
        return response

    @console.post("/logout")
    def logout() -> Response:
        _LOG.info("console: a session ends")
        response = redirect(url_for("console.login"), HTTPStatus.SEE_OTHER)
        gate.delete_cookie(response, "session")
        return response


def _form(target: str, message: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response:
    token = gate.read_cookie("form") or secrets.token_urlsafe(24)
    page = render_template("console/login.html", csrf_token=token, next=target, message=message)
    response = make_response(page, status)
    gate.set_cookie(response, "form", token)
    return response


def _refused(target: str, status: HTTPStatus, wait: int | None = None) -> Response:
    if wait is None:
        return _form(target, "That key is not valid here.", status)
    response = _form(target, f"Too many wrong keys. Try again in {wait} seconds.", status)
    response.headers["Retry-After"] = str(wait)
    return response
