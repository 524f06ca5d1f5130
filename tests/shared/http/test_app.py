"""Every route but / and /health needs a credential; every error is a problem document."""

import hmac
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import BaseModel, ConfigDict

from shared.http.app import MAX_BODY_BYTES, create_service
from shared.http.auth import api_key_is_valid
from shared.http.bodies import EmptyBody
from shared.settings import Settings

KEY = {"X-API-Key": "second-test-key"}


@pytest.fixture
def client(settings: Settings, certs_url: str) -> FlaskClient:
    def broken() -> None:
        raise ConnectionError("canary-detail")

    settings = settings.model_copy(update={"OIDC_CERTS_URL": certs_url})
    app = create_service(settings, "test", {"warehouse": lambda: None})

    @app.get("/crash")
    def crash() -> str:
        raise RuntimeError("canary-detail")

    @app.post("/echo")
    def echo() -> str:
        return "ok"

    app.extensions["broken"] = broken
    return app.test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/", "/health"])
def test_identity_is_open(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.json["service"] == "analytics"
    assert {"revision", "commit"} <= set(response.json)


@pytest.mark.parametrize(
    "path",
    ["/ready", "/echo", "/nowhere", "/openapi.json", "/health/"],
)
def test_everything_else_needs_a_credential(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize("key", ["", "wrong", "first-test-ke", "first-test-key,second-test-key", "é"])
def test_a_wrong_key_is_refused(client: FlaskClient, key: str) -> None:
    assert client.get("/ready", headers={"X-API-Key": key.encode().decode("latin-1")}).status_code == 401


@pytest.mark.parametrize("key", ["first-test-key", "second-test-key"])
def test_each_of_the_keys_opens_so_that_keys_can_be_rotated(client: FlaskClient, key: str) -> None:
    assert client.get("/ready", headers={"X-API-Key": key}).status_code == 200


def test_a_key_in_the_query_is_worth_nothing(client: FlaskClient) -> None:
    assert client.get("/ready?key=first-test-key").status_code == 401


def test_a_token_made_by_google_for_this_service_opens(client: FlaskClient, issuer: Any) -> None:
    assert client.get("/ready", headers=bearer(issuer.token())).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "nba-props/worker"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"email": "someone@else.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    client: FlaskClient, issuer: Any, changes: dict[str, object]
) -> None:
    assert client.get("/ready", headers=bearer(issuer.token(**changes))).status_code == 401


def test_a_token_of_another_signer_or_without_signature_is_refused(
    client: FlaskClient, issuer: Any, impostor: Any
) -> None:
    head, claims, _ = issuer.token().split(".")
    for token in (
        impostor.token(),
        f"{head}.{claims}.",
        f"{head}.{claims}.SIGNATURE_REMOVED_BY_GOOGLE",
        "x",
    ):
        assert client.get("/ready", headers=bearer(token)).status_code == 401


def test_unreachable_signing_keys_are_transient_not_a_refusal(settings: Settings, issuer: Any) -> None:
    settings = settings.model_copy(update={"OIDC_CERTS_URL": "http://127.0.0.1:1/certs"})
    client = create_service(settings, "test", {}).test_client()
    assert client.get("/ready", headers=bearer(issuer.token())).status_code == 503


def test_a_crash_shows_no_detail(client: FlaskClient) -> None:
    response = client.get("/crash", headers=KEY)
    assert response.status_code == 500
    assert response.mimetype == "application/problem+json"
    assert "canary" not in response.text
    assert "Traceback" not in response.text


def test_a_body_over_the_limit_is_413(client: FlaskClient) -> None:
    response = client.post("/echo", headers=KEY, data=b"x" * (MAX_BODY_BYTES + 1))
    assert response.status_code == 413
    assert "body" in response.json["detail"]


def test_a_body_nested_deeper_than_the_parser_goes_is_400(settings: Settings) -> None:
    class Body(BaseModel):
        name: str

    app = create_service(settings, "test", {})

    @app.post("/order")
    def order(body: Body) -> str:
        return body.name

    nested = {"data": b"[" * 20_000, "content_type": "application/json"}
    response = app.test_client().post("/order", headers=KEY, **nested)
    assert response.status_code == 400
    assert "nested too deeply" in response.json["detail"]


def test_a_body_that_is_no_object_is_told_so_and_an_unknown_field_which_there_are(settings: Settings) -> None:
    class Body(BaseModel):
        model_config = ConfigDict(extra="forbid")

        name: str
        places: tuple[str, ...] = ()

    app = create_service(settings, "test", {})

    @app.post("/order")
    def order(body: Body) -> str:
        return body.name

    @app.post("/look")
    def look(body: EmptyBody) -> str:
        return "ok"

    client, json_type = app.test_client(), {**KEY, "Content-Type": "application/json"}
    for data in (b'"x"', b"", b"[]", b"{not json"):
        for path in ("/order", "/look"):
            refused = client.post(path, headers=json_type, data=data)
            assert refused.status_code == 422
            assert refused.json["detail"].startswith("body: must be a JSON object, {} if it says nothing")
    wrong = {"name": "x", "surprise": 1, "places": "x"}
    detail = client.post("/order", headers=KEY, json=wrong).json["detail"]
    assert detail == "places: Input should be a list; surprise: is unknown; use name, places"
    detail = client.post("/look", headers=KEY, json={"surprise": 1}).json["detail"]
    assert detail == "surprise: is unknown; use no field at all, as in {}"


def test_unknown_routes_and_methods_are_problems(client: FlaskClient) -> None:
    assert client.get("/nowhere", headers=KEY).status_code == 404
    response = client.get("/echo", headers=KEY)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert response.mimetype == "application/problem+json"


def test_not_ready_is_503_and_names_the_dependency(settings: Settings) -> None:
    def broken() -> None:
        raise ConnectionError("canary-detail")

    client = create_service(settings, "test", {"bus": broken, "warehouse": lambda: None}).test_client()
    response = client.get("/ready", headers=KEY)
    assert response.status_code == 503
    assert response.json["checks"]["bus"]["status"] == "fail"
    assert response.json["checks"]["warehouse"]["status"] == "pass"
    assert "canary" not in response.text


def test_the_openapi_document_lists_the_routes(client: FlaskClient) -> None:
    document = json.loads(client.get("/openapi.json", headers=KEY).data)
    assert {"/health", "/ready"} <= set(document["paths"])


def test_the_openapi_document_says_where_a_credential_is_needed(client: FlaskClient) -> None:
    document = json.loads(client.get("/openapi.json", headers=KEY).data)
    schemes = document["components"]["securitySchemes"]
    assert (schemes["api_key"]["in"], schemes["api_key"]["name"]) == ("header", "X-API-Key")
    assert (schemes["oidc"]["type"], schemes["oidc"]["scheme"]) == ("http", "bearer")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path in ("/", "/health"):
                assert "security" not in operation
                assert "401" not in operation.get("responses", {})
            else:
                assert operation["security"] == [{"api_key": []}, {"oidc": []}]
                assert set(operation["responses"]["401"]["content"]) == {"application/problem+json"}


def test_a_correlation_id_is_kept_if_it_is_harmless(client: FlaskClient) -> None:
    assert (
        client.get("/health", headers={"X-Correlation-Id": "abc123"}).headers["X-Correlation-Id"] == "abc123"
    )
    assert client.get("/health", headers={"X-Correlation-Id": "a b{}"}).headers["X-Correlation-Id"] != "a b{}"


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        ("105445aa7843bc8bf206b12000100000/1;o=1", "105445aa7843bc8bf206b12000100000"),
        ("105445aa7843bc8bf206b12000100000", "105445aa7843bc8bf206b12000100000"),
        *(("a-key-in-the-wrong-place", None), ("", None), ("x" * 9_000, None), ('"}, {"severity": "', None)),
    ],
)
def test_a_trace_is_logged_if_it_is_one(
    settings: Settings, capsys: pytest.CaptureFixture[str], header: str, trace: str | None
) -> None:
    client = create_service(settings, "test", {}).test_client()
    client.get("/health", headers={"X-Cloud-Trace-Context": header})
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    found = line.get("logging.googleapis.com/trace")
    assert found == (trace and f"projects/nba-local/traces/{trace}")


class Guarded(str):
    """A key that says so when it is compared with in any other way than in constant time."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a key was compared by ==")


@pytest.mark.parametrize(("given", "valid"), [("first", True), ("last", True), ("firs", False), ("é", False)])
def test_a_key_is_compared_with_every_key_and_only_in_constant_time(
    monkeypatch: pytest.MonkeyPatch, given: str, valid: bool
) -> None:
    compared = []
    digest = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda *pair: compared.append(pair) or digest(*pair))
    keys = tuple(Guarded(key) for key in ("first", "middle", "last"))
    assert api_key_is_valid(Guarded(given), keys) is valid
    assert compared == [(given.encode(), key.encode()) for key in keys]
