"""Who may call: an X-API-Key of this service, or a Google-signed OIDC token of a known service account.

Every route needs it except `/health` and `/`. A Bearer header that is not verified is worth nothing. What
people open in a browser, which sends neither, is a blueprint with a gate of its own (`register_guarded`).
"""

import hmac
import logging
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from typing import Any

import requests
from cachecontrol import CacheControl
from flask import Blueprint, Flask, request
from google.auth import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from werkzeug.wrappers import Response

from shared.http.problems import ProblemError
from shared.settings import Settings

_LOG = logging.getLogger(__name__)
OPEN_PATHS = frozenset({"/", "/health"})
_GOOGLE_CERTS = "https://www.googleapis.com/oauth2/v1/certs"
_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
_CERTS_TIMEOUT_SECONDS = 5
_GATES = "nba_props_gates"
# Lets the request pass with None; else says what is answered in place of the view.
Gate = Callable[[], Response | None]


def api_key_is_valid(given: str, valid: tuple[str, ...]) -> bool:
    """Compares with every key, in constant time for each."""
    matches = [hmac.compare_digest(given.encode(), key.encode()) for key in valid]
    return any(matches)


class _BoundedRequest(Request):
    """Fetches the signing keys within seconds; Google's own default is two minutes."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bounded = {**kwargs, "timeout": _CERTS_TIMEOUT_SECONDS}
        return super().__call__(*args, **bounded)  # type: ignore[no-untyped-call]


class OidcVerifier:
    """Checks signature, expiry, audience, issuer, email_verified and the account's place on the list."""

    def __init__(self, audience: str, accounts: tuple[str, ...], certs_url: str | None = None) -> None:
        self._audience, self._accounts = audience, frozenset(accounts)
        self._certs_url = certs_url or _GOOGLE_CERTS

    @cached_property
    def _transport(self) -> Request:
        return _BoundedRequest(session=CacheControl(requests.Session()))

    def refusal(self, token: str) -> str | None:
        """Why the token is refused, or None.

        Raises:
            google.auth.exceptions.TransportError: the signing keys could not be fetched.
        """
        try:
            claims = id_token.verify_token(token, self._transport, self._audience, self._certs_url)
        except exceptions.TransportError:
            raise
        except (ValueError, exceptions.GoogleAuthError) as error:
            return f"token is not valid: {type(error).__name__}"
        if claims.get("iss") not in _ISSUERS:
            return "token has a wrong issuer"
        if claims.get("email_verified") is not True:
            return "token's email is not verified"
        if claims.get("email") not in self._accounts:
            return "token's service account is not on the list"
        return None


def _unauthorized(reason: str) -> ProblemError:
    _LOG.warning("refused a request: %s", reason, extra={"path": request.path})
    return ProblemError(
        HTTPStatus.UNAUTHORIZED, "Send a valid X-API-Key, or an OIDC token made for this service's audience."
    )


def _check_bearer(verifier: OidcVerifier, token: str) -> None:
    try:
        reason = verifier.refusal(token)
    except exceptions.TransportError as error:
        _LOG.error("the token signing keys could not be fetched: %s", error)
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "Token keys unavailable; try again.") from error
    if reason:
        raise _unauthorized(reason)


def register_guarded(app: Flask, blueprint: Blueprint, gate: Gate) -> None:
    """Adds a blueprint whose routes are guarded by a gate of their own in place of `install`'s.

    There is no way to add routes without any: the one function that looks at every request runs either gate.
    """
    app.extensions.setdefault(_GATES, {})[blueprint.name] = gate
    app.register_blueprint(blueprint)


def install(app: Flask, settings: Settings) -> None:
    """Makes authentication the first thing that happens to every request."""
    verifier = OidcVerifier(settings.OIDC_AUDIENCE, settings.OIDC_SERVICE_ACCOUNTS, settings.OIDC_CERTS_URL)
    gates: dict[str, Gate] = app.extensions.setdefault(_GATES, {})

    @app.before_request
    def authenticate() -> Response | None:
        if request.path in OPEN_PATHS:
            return None
        # Of the route that was found, not of the path that was sent.
        if gate := gates.get(request.blueprint or ""):
            return gate()
        _check_headers(verifier, settings.VALID_API_KEYS)
        return None


def _check_headers(verifier: OidcVerifier, keys: tuple[str, ...]) -> None:
    key = request.headers.get("X-API-Key")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if key is not None:
        if not api_key_is_valid(key, keys):
            raise _unauthorized("wrong X-API-Key")
    elif scheme.lower() == "bearer" and token:
        _check_bearer(verifier, token.strip())
    else:
        raise _unauthorized("no credential")
