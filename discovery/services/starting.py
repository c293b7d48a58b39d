"""Starts a run: what is to be read, by whose word, in which shards."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Organisation, User
from discovery import choosing, tasks
from discovery.models import AwsAccount, Repository, Run, Shard, Unit
from discovery.services import handed_over, repository_shards, shards, targets
from infra_audit import CATALOGUE_VERSION, TOOL_VERSION
from infra_audit.accounts import LeftOut
from infra_audit.github.way_in import GitHubWayIn
from infra_audit.inventory import Unit as EngineUnit
from infra_audit.snapshots import Snapshot

# A command does its shards itself; the workers' sweep looks after what it left behind, if it was killed.
COMMAND_HEAD_START = timedelta(minutes=10)


class UnderWayError(DomainError):
    """A run of the client has not ended yet."""


def start_run(
    *,
    organisation: Organisation,
    accounts: Sequence[AwsAccount],
    repositories: Sequence[Repository],
    actor: User | None,
    metadata_only: bool = False,
    as_of: datetime | None = None,
    in_this_process: bool = False,
    snapshots: Sequence[Snapshot] = (),
    imported: EngineUnit | None = None,
    only_checks: Sequence[str] = (),
    left_out: Sequence[LeftOut] = (),
    github_way_in: GitHubWayIn | None = None,
) -> Run:
    """Make a run with one shard for each account and repository, and ring for the workers once it is stored.

    `as_of` is the moment that ages are counted to. With `in_this_process` nobody is rung for: the caller drains it.
    What `snapshots` say, and the findings of other tools that are `imported`, is stored at once. With `only_checks`,
    ids that the catalogue knows, nothing is read but what they need. Accounts that are `left_out` are told in every
    document. `github_way_in`: the one that `drain` will be given. Raises DomainError where there is nothing to audit
    and where an account can be read by nobody but the client, UnderWayError where a run of the client is.
    """
    if not accounts and not repositories and not snapshots:
        raise DomainError(_("Choose at least one AWS account or repository to audit."))
    _refuse_unreachable(accounts)
    _refuse_gone(repositories)
    if only_checks:
        accounts, repositories = _worth_reading(only_checks, accounts, repositories)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        if (
            not in_this_process
            and organisation.runs.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING]).exists()
        ):
            raise UnderWayError(_("A run of this client is under way. Wait for it, or cancel it first."))
        run = Run.objects.create(
            organisation=organisation,
            started_by=actor,
            metadata_only=metadata_only,
            only_checks=list(only_checks),
            as_of=as_of or handed_over.read_at(snapshots) or clock.now(),
            tool_version=TOOL_VERSION,
            catalogue_version=CATALOGUE_VERSION,
            left_out=[one.as_json() for one in left_out],
        )
        if state := targets.merged_states(organisation, handed_over.states(snapshots)):
            Unit.objects.create(run=run, operation=state.operation, **shards.unit_fields(state))
        if imported:
            Unit.objects.create(run=run, operation=imported.operation, **shards.unit_fields(imported))
        made = Shard.objects.bulk_create(
            [
                *(Shard(run=run, kind=Shard.Kind.ACCOUNT, aws_account=account) for account in accounts),
                *repository_shards.planned(run, repositories, github_way_in),
            ]
        )
        for snapshot in snapshots:
            handed_over.store(run, snapshot)
        if not made:
            Run.objects.filter(pk=run.pk).update(status=Run.Status.RUNNING)
        events.record(
            run,
            "run.started",
            actor=actor,
            accounts=len(accounts) + len(snapshots),
            repositories=len(repositories),
        )
        if in_this_process:
            Shard.objects.filter(run=run).update(not_before=clock.real_now() + COMMAND_HEAD_START)
        else:
            for shard in made:
                transaction.on_commit(partial(tasks.execute_shard.delay, shard.pk))
    return run


def _refuse_unreachable(accounts: Sequence[AwsAccount]) -> None:
    for account in accounts:
        if account.handed_over:
            raise DomainError(_("%(account)s was read by the client: say how it is reached first."), account=account)


def _refuse_gone(repositories: Sequence[Repository]) -> None:
    for one in repositories:
        if one.was_read:
            raise DomainError(
                _("%(name)s was sent as a file, which is gone since it was read: send it again."), name=one
            )


def _worth_reading(
    ids: Sequence[str], accounts: Sequence[AwsAccount], repositories: Sequence[Repository]
) -> tuple[Sequence[AwsAccount], Sequence[Repository]]:
    """Those in which a chosen check looks at anything. Raises DomainError where none does."""
    accounts = accounts if choosing.reads_accounts(ids) else []
    repositories = repositories if choosing.reads_repositories(ids) else []
    if not accounts and not repositories:
        raise DomainError(_("None of the checks that were chosen looks at any of this."))
    return accounts, repositories
