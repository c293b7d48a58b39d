"""The whole of Harbour & Pine, ready to be audited: account, repositories, Terraform states, and the truth."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from demo.account import REFUSED, SEED, SeededAccount, seed_account
from demo.emulator import Emulator, start
from demo.faults import Faults
from demo.mending import mend
from demo.repository import build
from demo.samples.labels import labels
from demo.samples.shop import shop
from demo.samples.warehouse import warehouse
from demo.state import write_state
from demo.truth import Planted, Truth

OF_ALL_REPOSITORIES = Truth((Planted("no_load_test", "repositories"),))  # judged once, over all of them


@dataclass(frozen=True)
class Company:
    """What an audit is pointed at. `repositories` and `states` are paths."""

    emulator: Emulator
    account: SeededAccount
    repositories: tuple[Path, ...]
    states: tuple[Path, ...]
    truth: Truth

    def mend(self) -> None:
        """What happens between two audits."""
        mend(self.emulator)

    def close(self) -> None:
        """Stop the emulated account; files stay where they are."""
        self.emulator.stop()


def open_company(
    folder: Path,
    *,
    now: datetime | None = None,
    seed: int = SEED,
    resources: int = 0,
    emulator: Emulator | None = None,
) -> Company:
    """Make it all; repositories and states go into `folder`, which must be empty. Whoever opens it closes it.

    `resources`: about how many the account is to have, where it shall be a larger company than it is. `emulator`: an
    empty one that runs already. Without it, one is started.
    """
    samples = (shop(seed), warehouse(), labels())
    repositories = tuple(build(one, folder) for one in samples)
    with ExitStack() as stopped_if_it_fails:
        if emulator is None:
            emulator = start()
            stopped_if_it_fails.callback(emulator.stop)
        account = seed_account(emulator.url, now=now, seed=seed, resources=resources)
        emulator.clear_calls()
        emulator.set_faults(Faults(deny=REFUSED))
        stopped_if_it_fails.pop_all()
    states = (write_state(account.state, folder / "shop-prod.tfstate"),)
    truth = sum((one.truth for one in samples), account.truth + OF_ALL_REPOSITORIES)
    return Company(emulator, account, repositories, states, truth)


@contextmanager
def company(folder: Path, *, now: datetime | None = None, seed: int = SEED, resources: int = 0) -> Iterator[Company]:
    """As `open_company`, closed at the end of the block."""
    opened = open_company(folder, now=now, seed=seed, resources=resources)
    try:
        yield opened
    finally:
        opened.close()
