"""Where the deployed services are reached."""

from deploy.gcp.gcloud import Gcloud
from deploy.registry import services


def addresses(gcloud: Gcloud) -> dict[str, str]:
    """Service -> https address, of those that are deployed. Raises GcloudError."""
    rows = gcloud.find("run", "services", "list", f"--region={gcloud.environment.region}") or ()
    urls = {row["metadata"]["name"]: row.get("status", {}).get("url") for row in rows}
    return {name: urls[s.cloud_run] for name, s in services().items() if urls.get(s.cloud_run)}
