"""The emulator as an identity provider: its key, the certificate it publishes, the tokens it signs."""

import hashlib
import threading
import time
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt

from deploy.local.pubsub.database import Database

ISSUER = "https://accounts.google.com"
LIFETIME = timedelta(hours=1)
# A token is used again for this long: signing costs about as much as a whole push.
REUSE = timedelta(minutes=10)


class TokenIssuer:
    """Signs OIDC tokens that look like Google's for a service account, with a key kept in the data folder."""

    def __init__(self, database: Database) -> None:
        self._certificate, key = _certificate_and_key(database)
        self._key_id = hashlib.sha256(self._certificate.encode()).hexdigest()[:40]
        self._signer = crypt.RSASigner.from_string(key, self._key_id)  # type: ignore[no-untyped-call]
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str], tuple[float, str]] = {}

    def certificates(self) -> dict[str, str]:
        """Return {key id: PEM certificate}, the form of https://www.googleapis.com/oauth2/v1/certs."""
        return {self._key_id: self._certificate}

    def token(self, audience: str, email: str) -> str:
        """Return a signed token that is valid for 50 minutes at least."""
        now = time.time()
        with self._lock:
            minted, token = self._tokens.get((audience, email), (0.0, ""))
            if now - minted > REUSE.total_seconds():
                token = _signed(self._signer, _claims(audience, email, int(now)))
                self._tokens[audience, email] = (now, token)
        return token


def _signed(signer: crypt.RSASigner, claims: dict[str, str | int | bool]) -> str:
    return str(jwt.encode(signer, claims), "ascii")  # type: ignore[no-untyped-call]


def _claims(audience: str, email: str, now: int) -> dict[str, str | int | bool]:
    subject = str(int(hashlib.sha256(email.encode()).hexdigest(), 16) % 10**21)
    return {
        "iss": ISSUER,
        "aud": audience,
        "azp": subject,
        "sub": subject,
        "email": email,
        "email_verified": True,
        "iat": now,
        "exp": now + int(LIFETIME.total_seconds()),
    }


def _certificate_and_key(database: Database) -> tuple[str, str]:
    certificate, key = database.setting("oidc.certificate"), database.setting("oidc.key")
    if certificate is None or key is None:
        certificate, key = _new_certificate_and_key()
        database.set_settings({"oidc.certificate": certificate, "oidc.key": key})
    return certificate, key


def _new_certificate_and_key() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local Pub/Sub emulator")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3_650))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return pem, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
