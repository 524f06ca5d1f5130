"""Where a deployment lives, and what its things are called there."""

import re
from dataclasses import dataclass

from deploy.registry import Service

PUSH, BUILD, DEPLOYER = "nba-push", "nba-build", "nba-deployer"
DEFAULT_REGION, DEFAULT_ENV = "us-west2", "prod"
# https://cloud.google.com/resource-manager/docs/creating-managing-projects
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_ENV = re.compile(r"[a-z][a-z0-9]{0,11}")


def runtime_name(service: str) -> str:
    """What the account that a service runs as is called, before the @."""
    return f"nba-{service}"


class EnvironmentNameError(ValueError):
    """A project, region or environment has no valid name; the text names the option and the remedy."""


@dataclass(frozen=True)
class Environment:
    """One deployment of the platform: a Google Cloud project, a region, and a label such as `prod`.

    Names of things do not carry `env`: one project holds one environment, as its datasets and topics are the
    project's own.
    """

    project: str
    region: str = DEFAULT_REGION
    env: str = DEFAULT_ENV

    def __post_init__(self) -> None:
        """Raises EnvironmentNameError."""
        for option, value, pattern, example in (
            ("--project", self.project, _PROJECT, "nba-props-prod"),
            ("--region", self.region, _REGION, DEFAULT_REGION),
            ("--env", self.env, _ENV, DEFAULT_ENV),
        ):
            if not pattern.fullmatch(value):
                raise EnvironmentNameError(f"{option} {value!r} is not a valid name; one is {example}")

    def account(self, name: str) -> str:
        """The e-mail address of a service account of the project."""
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def runtime_account(self, service: Service) -> str:
        """The account that a service runs as."""
        return self.account(runtime_name(service.name))

    @property
    def build_account(self) -> str:
        """The account that Cloud Build builds images as."""
        return self.account(BUILD)

    @property
    def deployer_account(self) -> str:
        """The account that may deploy, roll back and apply what the repository says."""
        return self.account(DEPLOYER)

    def variables(self, service: Service) -> dict[str, str]:
        """What a service's environment says in this deployment, besides its secrets and its commit."""
        return {
            "SERVICE": service.name,
            "GOOGLE_CLOUD_PROJECT": self.project,
            "BIGQUERY_LOCATION": self.region,
            "OIDC_AUDIENCE": service.audience,
            "OIDC_SERVICE_ACCOUNTS": self.push_account,
        }

    @property
    def push_account(self) -> str:
        """The account whose tokens Pub/Sub pushes and Cloud Scheduler calls with."""
        return self.account(PUSH)
