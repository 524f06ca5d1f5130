"""A service that lacks a setting stops and names it, and never shows a secret."""

import pytest

from shared.settings import LOCAL_ONLY, Settings, SettingsError, load_settings

GOOD = {
    "SERVICE": "raw",
    "PORT": "8080",
    "GOOGLE_CLOUD_PROJECT": "p",
    "VALID_API_KEYS": "one, two",
    "OIDC_AUDIENCE": "nba-props/raw",
    "OIDC_SERVICE_ACCOUNTS": "a@p.iam.gserviceaccount.com",
}

BIGQUERY = ("BIGQUERY_EMULATOR_HOST", "BIGQUERY_STORAGE_EMULATOR_HOST")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_a_complete_environment_is_read() -> None:
    settings = load_settings()
    assert settings.VALID_API_KEYS == ("one", "two")
    assert settings.BIGQUERY_LOCATION == "us-west2"
    assert settings.ALLOW_DEGRADED_MODE is False


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_missing_or_blank_required_variable_stops_the_start_with_its_name(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings()


@pytest.mark.parametrize("name", LOCAL_ONLY)
def test_an_emulator_on_cloud_run_stops_the_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (name, *(both for both in BIGQUERY if name in BIGQUERY)):
        monkeypatch.setenv(each, "http://127.0.0.1:1")
    load_settings()
    monkeypatch.setenv("K_SERVICE", "nba-phase2-raw-processors")
    with pytest.raises(SettingsError, match=name):
        load_settings()


@pytest.mark.parametrize("name", BIGQUERY)
def test_half_of_an_emulated_bigquery_stops_the_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other half would be Google's."""
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    with pytest.raises(SettingsError, match="must be set together"):
        load_settings()


def test_blank_optional_secrets_count_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODDS_API_KEY", "  ")
    assert load_settings().ODDS_API_KEY is None


def test_neither_an_error_nor_a_representation_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VALID_API_KEYS", "canary-key")
    monkeypatch.setenv("ODDS_API_KEY", "canary-odds")
    assert "canary" not in repr(load_settings())
    monkeypatch.setenv("PORT", "canary-port")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "canary" not in str(error.value)
    assert "PORT" in str(error.value)
