"""The official BigQuery client, aimed at Google Cloud or at the emulator by its settings alone."""

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from shared.settings import Settings


def make_client(project: str, location: str, emulator: str | None = None) -> bigquery.Client:
    """A client; `emulator` is the http://host:port of a local BigQuery.

    The emulator has no location, and without credentials of its own the client would look for Google's.
    """
    if emulator is None:
        return bigquery.Client(project=project, location=location)
    return bigquery.Client(
        project=project,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": emulator},
    )


def client_for(settings: Settings) -> bigquery.Client:
    """The client of a service."""
    return make_client(
        settings.GOOGLE_CLOUD_PROJECT, settings.BIGQUERY_LOCATION, settings.BIGQUERY_EMULATOR_HOST
    )
