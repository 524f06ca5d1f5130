"""The one model of a service's environment; a missing or blank variable stops the start with its name."""

from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOCAL_ONLY = (
    "PUBSUB_EMULATOR_HOST",
    "BIGQUERY_EMULATOR_HOST",
    "BIGQUERY_STORAGE_EMULATOR_HOST",
    "UPSTREAM_BASE_URL",
    "OIDC_CERTS_URL",
)
CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class SettingsError(SystemExit):
    """The environment is unusable; as a SystemExit it ends the process with this message and status 1."""


class Settings(BaseSettings):
    """What a service reads from its environment, and nothing else does."""

    model_config = SettingsConfigDict(
        case_sensitive=True, extra="ignore", hide_input_in_errors=True, str_strip_whitespace=True
    )

    SERVICE: str = Field(min_length=1)
    PORT: int = Field(ge=1, le=65535)
    GOOGLE_CLOUD_PROJECT: str = Field(min_length=1)
    VALID_API_KEYS: CommaSeparated = Field(min_length=1, repr=False)
    OIDC_AUDIENCE: str = Field(min_length=1)
    OIDC_SERVICE_ACCOUNTS: CommaSeparated = Field(min_length=1)

    ALLOW_DEGRADED_MODE: bool = False
    COMPLETENESS_THRESHOLD: float = Field(default=0.9, gt=0, le=1)
    BIGQUERY_LOCATION: str = "us-west2"
    LOG_LEVEL: str = "INFO"
    K_REVISION: str = "local"
    K_SERVICE: str | None = None
    COMMIT_SHA: str = "unknown"
    SENTRY_DSN: str | None = Field(default=None, repr=False)
    ODDS_API_KEY: str | None = Field(default=None, repr=False)
    BDL_API_KEY: str | None = Field(default=None, repr=False)
    BETTINGPROS_API_KEY: str | None = Field(default=None, repr=False)
    SCRAPER_PROXY_URL: str | None = Field(default=None, repr=False)
    ALERT_WEBHOOK_URL: str | None = Field(default=None, repr=False)

    PUBSUB_EMULATOR_HOST: str | None = None
    BIGQUERY_EMULATOR_HOST: str | None = None
    BIGQUERY_STORAGE_EMULATOR_HOST: str | None = None
    UPSTREAM_BASE_URL: str | None = None
    OIDC_CERTS_URL: str | None = None

    @field_validator("VALID_API_KEYS", "OIDC_SERVICE_ACCOUNTS", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator(
        "SENTRY_DSN",
        "ODDS_API_KEY",
        "BDL_API_KEY",
        "BETTINGPROS_API_KEY",
        "SCRAPER_PROXY_URL",
        "ALERT_WEBHOOK_URL",
        *LOCAL_ONLY,
        mode="before",
    )
    @classmethod
    def _blank_is_absent(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("ALERT_WEBHOOK_URL")
    @classmethod
    def _is_private(cls, value: str | None) -> str | None:
        """What an alert says is nobody else's business: encrypted, or not on a network at all."""
        url = urlsplit(value or "")
        local = url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1")
        if value and not (local or (url.scheme == "https" and url.hostname)):
            raise ValueError("must be an https:// address, or http:// on this machine")
        return value

    @model_validator(mode="after")
    def _no_emulators_on_cloud_run(self) -> "Settings":
        found = [name for name in LOCAL_ONLY if getattr(self, name)]
        if self.K_SERVICE and found:
            raise ValueError(f"{', '.join(found)} must not be set on Cloud Run (K_SERVICE is set)")
        return self

    @model_validator(mode="after")
    def _one_bigquery(self) -> "Settings":
        if bool(self.BIGQUERY_EMULATOR_HOST) != bool(self.BIGQUERY_STORAGE_EMULATOR_HOST):
            raise ValueError(
                "BIGQUERY_EMULATOR_HOST and BIGQUERY_STORAGE_EMULATOR_HOST must be set together: "
                "the REST and the gRPC address of one emulator"
            )
        return self

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Every secret value in this environment, for the redaction filter."""
        named = (
            self.SENTRY_DSN,
            self.ODDS_API_KEY,
            self.BDL_API_KEY,
            self.BETTINGPROS_API_KEY,
            self.SCRAPER_PROXY_URL,
            self.ALERT_WEBHOOK_URL,
        )
        return frozenset(value for value in (*self.VALID_API_KEYS, *named) if value)


def load_settings() -> Settings:
    """The environment as settings.

    Raises:
        SettingsError: naming every variable that is missing, blank or malformed, never its value.
    """
    try:
        return Settings()  # the fields come from the environment
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc'])) or 'environment'}: {e['msg']}" for e in error.errors()]
        raise SettingsError("Bad environment:\n  " + "\n  ".join(problems)) from None
