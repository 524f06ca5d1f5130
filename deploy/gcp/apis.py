"""The Google APIs that the platform uses."""

from deploy.gcp.changes import Change, Found, commanded
from deploy.gcp.gcloud import Command, Gcloud

APIS = (
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "bigquerystorage.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
)


class Apis:
    """Enables what is not enabled; nothing is ever disabled."""

    name = "APIs"

    def look(self, gcloud: Gcloud) -> Found:
        enabled = {row["config"]["name"] for row in gcloud.read("services", "list", "--enabled") or ()}
        return Found(tuple(_enable(api) for api in APIS if api not in enabled))


def _enable(api: str) -> Change:
    return commanded(f"API {api}", Command(("services", "enable", api), "the platform calls it"))
