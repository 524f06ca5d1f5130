"""What POST /scrape takes, and what it refuses by name."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from scrapers.source import Source, Task
from shared.clock import eastern_date
from shared.fields import IsoDate, LeadMinutes, Moment
from shared.http.problems import field_problem
from shared.identity.games import parse_game_id
from shared.messages import AsOf, DateSpan


class ScrapeRequest(BaseModel):
    """A source and its dates: `game_date`, or `from_date` and `to_date`, or those of `game_id`."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=100)
    game_date: IsoDate | None = Field(default=None, description="One US/Eastern date.")
    from_date: IsoDate | None = Field(default=None, description="First US/Eastern date.")
    to_date: IsoDate | None = Field(default=None, description="Last US/Eastern date, included.")
    game_id: str | None = Field(default=None, description="One game, YYYYMMDD_AWAY_HOME; it says the date.")
    as_of: Moment | None = Field(default=None, description="Nothing known later is fetched.")
    lead_minutes: LeadMinutes | None = Field(
        default=None, description="Replay: what was known so long before each tip-off."
    )

    def parsed(self, sources: Mapping[str, Source], now: datetime) -> tuple[Source, Task]:
        """The source and its task.

        Raises:
            ProblemError: 422 naming the field.
        """
        source = sources.get(self.source)
        if source is None:
            raise field_problem("source", f"unknown source; there are {', '.join(sorted(sources))}")
        span = self._span(source, eastern_date(now))
        return source, Task(span, self._knowledge(now), self.game_id)

    def _span(self, source: Source, today: date) -> DateSpan:
        first, last = self._dates(source)
        if last < first:
            raise field_problem("to_date", f"{last} is before from_date {first}")
        if last - first >= timedelta(days=source.days):
            most = f"{source.days} days" if source.days > 1 else "one date"
            raise field_problem("to_date", f"{source.name} takes at most {most} at a time; ask for fewer")
        if last > today + timedelta(days=source.days_ahead):
            ahead = f"more than {source.days_ahead} days ahead" if source.days_ahead else "in the future"
            given = next((name for name in ("game_date", "game_id") if getattr(self, name)), "to_date")
            raise field_problem(given, f"{last} is {ahead}")
        return DateSpan(from_date=first, to_date=last)

    def _dates(self, source: Source) -> tuple[date, date]:
        if self.game_id is not None:
            return self._date_of_game(source, self.game_id)
        if self.game_date and (self.from_date or self.to_date):
            raise field_problem("game_date", "give game_date, or from_date and to_date, not both")
        first, last = self.from_date or self.game_date, self.to_date or self.game_date
        if first is None:
            raise field_problem("from_date", "give game_date, game_id, or from_date and to_date")
        if last is None:
            raise field_problem("to_date", "give it together with from_date")
        return first, last

    def _date_of_game(self, source: Source, game_id: str) -> tuple[date, date]:
        if self.game_date or self.from_date or self.to_date:
            raise field_problem("game_id", "it says the date: give no other date with it")
        if not source.by_game:
            raise field_problem("game_id", f"{source.name} has no bodies of single games; give game_date")
        try:
            day = parse_game_id(game_id).game_date
        except ValueError as error:
            raise field_problem("game_id", str(error)) from None
        return day, day

    def _knowledge(self, now: datetime) -> AsOf:
        if self.as_of and self.lead_minutes is not None:
            raise field_problem("lead_minutes", "give as_of or lead_minutes, not both")
        if self.as_of and self.as_of > now:
            raise field_problem("as_of", "lies in the future")
        return AsOf(as_of=self.as_of, lead_minutes=self.lead_minutes)
