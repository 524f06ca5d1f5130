"""Sessions without a store: a cookie signed with a secret that is derived from the API key that opened it.

The key itself is in no cookie. A key that is taken out of the configuration ends the sessions that it opened,
and no others. What is signed carries its time, by `shared/clock.py`.
"""

import hashlib
import hmac
import secrets
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from itsdangerous import BadSignature, TimestampSigner

from shared.clock import utc_now
from shared.http.auth import api_key_is_valid

LIFETIME = timedelta(hours=12)
_SALT = "nba-props console session"
_FAILURES, _WINDOW = 10, timedelta(minutes=1)


class _Signer(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(utc_now().timestamp())


@dataclass(frozen=True)
class Session:
    """Somebody who has shown a key.

    Args:
        csrf_token: what each of his forms has to send back; no other site can know it.
    """

    csrf_token: str


class Sessions:
    """Opens and reads sessions.

    Args:
        keys: the service's API keys.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = keys

    def open(self, key: str) -> str | None:
        """The cookie of a new session; None for a key that is not valid."""
        if not api_key_is_valid(key, self._keys):
            return None
        return _signer(_secret(key)).sign(secrets.token_urlsafe(16)).decode()

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie that was signed here within its lifetime."""
        for key in self._keys:
            secret = _secret(key)
            try:
                identity = _signer(secret).unsign(cookie, max_age=int(LIFETIME.total_seconds()))
            except BadSignature:  # expired ones too
                continue
            return Session(hmac.new(secret, b"csrf:" + identity, hashlib.sha256).hexdigest())
        return None


def _secret(key: str) -> bytes:
    return hmac.new(key.encode(), _SALT.encode(), hashlib.sha256).digest()


def _signer(secret: bytes) -> _Signer:
    return _Signer(secret, salt=_SALT, digest_method=hashlib.sha256)


class FailedLogins:
    """Ten wrong keys a minute, of all callers together: behind a front end all have one address.

    Kept in this process; whoever is refused can still send his key as a header.
    """

    def __init__(self) -> None:
        self._times: deque[datetime] = deque(maxlen=_FAILURES)
        self._lock = Lock()

    def add(self) -> None:
        with self._lock:
            self._times.append(utc_now())

    def wait(self) -> timedelta | None:
        """How long nobody may try; None when anybody may."""
        with self._lock:
            if len(self._times) < _FAILURES:
                return None
            left = self._times[0] + _WINDOW - utc_now()
        return left if left > timedelta(0) else None
