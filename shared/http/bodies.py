"""Bodies of requests that several routes take."""

from pydantic import BaseModel, ConfigDict


class EmptyBody(BaseModel):
    """An empty JSON object: what a route that takes nothing is sent."""

    model_config = ConfigDict(extra="forbid")
