"""The shards of a run that are repositories: what each will read, and the reading."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from django.conf import settings

from discovery import choosing
from discovery.models import Repository, Run, Shard, Unit
from discovery.services import github, shards
from infra_audit.collectors.repo.betterleaks import find_program
from infra_audit.github.way_in import GitHubWayIn
from infra_audit.repositories import RepositoryTarget, collect_repository, planned_repository


def planned(run: Run, repositories: Sequence[Repository], way_in: GitHubWayIn | None) -> Iterator[Shard]:
    """A shard each, not stored yet. Without `way_in`, GitHub is reached as the client's access says."""
    if repositories and way_in is None:
        way_in = github.way_in_for(run.organisation)
    skip = choosing.left_out(run.only_checks)
    for one in repositories:
        operations = [operation for operation in planned_repository(_target(one, way_in)) if operation not in skip]
        yield Shard(run=run, kind=Shard.Kind.REPOSITORY, repository=one, planned=operations)


def collect(shard: Shard, *, way_in: GitHubWayIn | None, key: bytes, stop: Callable[[], bool]) -> None:
    """Read what is planned and not stored yet, or was throttled. Raises LeaseLostError."""
    if shard.repository is None:
        raise TypeError(f"Shard {shard.pk} is of no repository.")
    stored = set(Unit.objects.filter(shard=shard).values_list("operation", flat=True)) - shards.throttled(shard)
    collect_repository(
        _target(shard.repository, way_in or github.way_in_for(shard.run.organisation)),
        key=key,
        now=shard.run.as_of,
        emit=partial(shards.store_unit, shard),
        stop=stop,
        betterleaks=find_program() if settings.ASKS_BETTERLEAKS else None,
        done=choosing.left_out(shard.run.only_checks).union(stored),
    )


def _target(repository: Repository, way_in: GitHubWayIn | None) -> RepositoryTarget:
    return RepositoryTarget(location=repository.location, name=repository.name, github=way_in)
