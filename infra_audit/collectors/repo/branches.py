"""Which branches lead to a commit, and which of them hold a credential in a file: sets of branches, one bit each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST = 1_000  # told apart; all beyond share one bit, which nothing takes away
EACH = (1 << MOST) - 1

Place = tuple[str, str]  # a path, also of a member of an archive, and a fingerprint


def branches_to(commits: Sequence[str], parents: Mapping[str, Iterable[str]], tips: Iterable[str]) -> dict[str, int]:
    """The branches that lead to each commit; none where no branch does. `commits` stand with their parents first."""
    found = {tip: 1 << min(number, MOST) for number, tip in enumerate(dict.fromkeys(tips))}
    for commit in reversed(commits):
        if leading := found.get(commit):
            for parent in parents[commit]:
                known = found.get(parent, 0) | leading
                found[parent] = leading if known == leading else known  # one number for a whole line of commits
    return found


class HeldInFile:
    """What the versions of one file hold, as far as its history was read: each place with the branches it is on."""

    def __init__(self) -> None:
        self._on: dict[Place, int] = {}

    def __iter__(self) -> Iterator[Place]:
        return iter(self._on)

    def __len__(self) -> int:
        return len(self._on)

    def bring(self, places: Iterable[Place], branches: int, *, most: int) -> None:
        """A commit that these branches have brought them; more than so many are not kept."""
        for place in places:
            if place in self._on or len(self._on) < most:
                self._on[place] = self._on.get(place, 0) | branches

    def take(self, places: Iterable[Place], branches: int) -> Iterator[Place]:
        """A commit that these branches have took them away: yields what no branch holds any more."""
        for place in places:
            self._on[place] &= ~(branches & EACH)
            if not self._on[place]:
                del self._on[place]
                yield place
