"""The parts of a deployment in the order in which they can be made."""

from deploy.gcp.accounts import Accounts
from deploy.gcp.apis import Apis
from deploy.gcp.changes import Step
from deploy.gcp.environment import Environment
from deploy.gcp.monitoring.steps import Metrics
from deploy.gcp.schedules import Schedules
from deploy.gcp.secret_store import Secrets
from deploy.gcp.subscriptions import Subscriptions
from deploy.gcp.tables import Tables, warehouse_of
from deploy.gcp.topics import Topics


def steps(environment: Environment) -> list[Step]:
    """What the services need comes before what needs their addresses."""
    tables = Tables(lambda: warehouse_of(environment.project, environment.region))
    return [Apis(), Accounts(), Secrets(), tables, Topics(), Metrics(), Subscriptions(), Schedules()]
