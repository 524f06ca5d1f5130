"""Where the logs of one cause can be read."""

from urllib.parse import quote

from shared.settings import Settings

_DURATION = "P30D"


def log_url(settings: Settings, field: str, value: str) -> str | None:
    """Cloud Logging's page of the lines with a field of a value; None on one machine, which has files.

    Args:
        field: of the log line, e.g. correlation_id or message.
    """
    if settings.PUBSUB_EMULATOR_HOST or settings.BIGQUERY_EMULATOR_HOST:
        return None
    wanted = quote(f'jsonPayload.{field}="{value}"', safe="")
    project = quote(settings.GOOGLE_CLOUD_PROJECT, safe="")
    return (
        f"https://console.cloud.google.com/logs/query;query={wanted};duration={_DURATION}?project={project}"
    )
