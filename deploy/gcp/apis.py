"""The Google APIs that the platform uses."""

from deploy.gcp.changes import Found, commanded
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
    """Enables what is not enabled, all at once; nothing is ever disabled."""

    name = "APIs"

    def look(self, gcloud: Gcloud) -> Found:
        enabled = {row["config"]["name"] for row in gcloud.read("services", "list", "--enabled") or ()}
        lacking = [api for api in APIS if api not in enabled]
        if not lacking:
            return Found()
        enable = Command(("services", "enable", *lacking), "the platform calls them")
        return Found((commanded(f"APIs {', '.join(lacking)}", enable),))
