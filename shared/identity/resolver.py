"""Turns a provider's spelling of a name into a known player, or says that it cannot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.identity.names import player_lookup, suffixless_lookup


@dataclass(frozen=True)
class Player:
    """A known identity: the NBA person id and the canonical player_lookup."""

    player_id: int
    player_lookup: str
    player_name: str
    team: str | None = None


@dataclass
class Resolver:
    """Resolves names among known players: alias, then exact lookup, then the suffix-less key.

    A key that fits several players resolves none of them unless the team decides. A player may be given
    under several spellings; the last one given is his own.
    """

    players: Iterable[Player]
    aliases: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id: dict[int, Player] = {}
        self._by_key: dict[str, set[int]] = {}
        self._spellings: dict[int, set[str]] = {}
        for player in self.players:
            self._by_id[player.player_id] = player
            self._spellings.setdefault(player.player_id, set()).add(player.player_lookup)
            for key in (player.player_lookup, suffixless_lookup(player.player_name)):
                self._by_key.setdefault(key, set()).add(player.player_id)

    def resolve(self, name: str, teams: Iterable[str] = ()) -> Player | None:
        """The one known player that `name` means among `teams` (any team when empty), else None."""
        lookup = player_lookup(name)
        meant = self._by_id.get(self.aliases.get(lookup, -1))
        if meant:
            return meant
        wanted = frozenset(teams)
        for key in (lookup, suffixless_lookup(name)):
            found = [self._by_id[each] for each in self._by_key.get(key, ())]
            exact = [p for p in found if key in self._spellings[p.player_id]]
            for candidates in (exact, found):
                on_team = [p for p in candidates if p.team in wanted]
                for group in (on_team, candidates):
                    if len(group) == 1:
                        return group[0]
        return None
