"""Who signs tokens, in Google's place and in nobody's."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from flask import Flask, jsonify
from google.auth import crypt, jwt
from werkzeug.serving import make_server


class Issuer:
    """Stands in for Google at the edge: a key pair and its certificate."""

    account = "push@nba-local.iam.gserviceaccount.com"

    def __init__(self, name: str) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
            .decode()
        )

    def token(self, **changes: object) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": "nba-props/analytics",
            "email": self.account,
            "email_verified": True,
            "sub": "1",
            "iat": now,
            "exp": now + 3600,
        }
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        signer = crypt.RSASigner.from_string(pem, key_id="k1")
        return jwt.encode(signer, claims | changes).decode()


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer("google")


@pytest.fixture(scope="session")
def impostor() -> Issuer:
    """Signs with a key that nobody has published, under the name of one that somebody has."""
    return Issuer("google")


@pytest.fixture(scope="session")
def certs_url(issuer: Issuer) -> Iterator[str]:
    app = Flask("certs")
    app.add_url_rule("/certs", view_func=lambda: jsonify({"k1": issuer.certificate}))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/certs"
    server.shutdown()
    thread.join()
    server.server_close()
