"""A simulated league: an archive as providers would know it and, apart, an oracle that knows the truth."""

from deploy.local.league.generator import cached, generate
from deploy.local.league.schedule import LeagueError
from deploy.local.league.writer import LeagueFiles

__all__ = ["LeagueError", "LeagueFiles", "cached", "generate"]
