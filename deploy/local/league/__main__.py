"""Command line: `python -m deploy.local.league --seed 7 --out DIR --days 45`."""

import argparse
import sys
from pathlib import Path

from deploy.local.league.generator import generate
from deploy.local.league.schedule import LeagueError


def main(arguments: list[str] | None = None) -> int:
    """Generate a league; 0 when it is there, 2 with one line on stderr when the arguments are wrong."""
    given = _parser().parse_args(arguments)
    try:
        files = generate(given.seed, given.out, given.seasons, given.days, given.first_season)
    except (LeagueError, OSError) as error:
        sys.stderr.write(f"league: {error}\n")
        return 2
    sys.stdout.write(f"archive {files.archive}\noracle  {files.oracle}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.league",
        description="Write a simulated league: an archive of what providers know and, apart, the oracle.",
        epilog="example: python -m deploy.local.league --seed 7 --out /tmp/league --days 45",
    )
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same league")
    parser.add_argument("--out", type=Path, required=True, help="folder, new or empty or an older league")
    parser.add_argument("--seasons", type=int, default=1, help="how many seasons (default 1)")
    parser.add_argument("--days", type=int, help="only the first so many days of each season (default all)")
    parser.add_argument("--first-season", type=int, default=2024, help="year it starts (default 2024)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
