"""Storing what a client read alone, as if our own workers had."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby

from discovery.models import AwsAccount, Run, Shard, Unit
from discovery.services import shards
from infra_audit import inventory
from infra_audit.snapshots import Snapshot
from infra_audit.states import OPERATION as STATES


def read_at(snapshots: Sequence[Snapshot]) -> datetime | None:
    """The moment that ages are counted to: when the last of them was read."""
    return max((one.head.read_at for one in snapshots), default=None)


def states(snapshots: Sequence[Snapshot]) -> list[inventory.Unit]:
    """What they say of Terraform states, which are of no account."""
    return [unit for one in snapshots for unit in one.units if unit.operation == STATES]


def store(run: Run, snapshot: Snapshot) -> None:
    """Its units, in one ended shard a place; the first knows what signing in took. Call it inside a transaction."""
    account = _account(run, snapshot)
    signing_in = [asdict(one) for one in snapshot.head.signing_in]
    of_account = [unit for unit in snapshot.units if unit.operation != STATES]
    for place, units in groupby(sorted(of_account, key=lambda unit: unit.place), key=lambda unit: unit.place):
        told = list(units)
        shard = Shard.objects.create(
            run=run,
            kind=Shard.Kind.PLACE,
            aws_account=account,
            region=place.region,
            status=Shard.Status.DONE,
            planned=[unit.operation for unit in told],
            calls=signing_in,
        )
        signing_in = []
        Unit.objects.bulk_create(
            [Unit(run=run, shard=shard, operation=unit.operation, **shards.unit_fields(unit)) for unit in told]
        )


def _account(run: Run, snapshot: Snapshot) -> AwsAccount:
    """The client's account of that number; one that we do not know yet is made, without any way into it."""
    told = snapshot.head.account
    mine = AwsAccount.objects.filter(organisation=run.organisation)
    account = mine.filter(account_id=told["id"]).order_by("handed_over", "id").first()
    if account is None:
        name = f"{told['alias'] or told['id']}, handed over"
        account = AwsAccount(organisation=run.organisation, name=name, handed_over=True, account_id=told["id"])
    account.partition, account.org_role = told["partition"], told["org_role"]
    if not (snapshot.is_redacted and account.alias):  # a pseudonym is no better name than the one we know
        account.alias = told["alias"]
    if account.handed_over:
        account.consent = AwsAccount.Consent(snapshot.head.consent)
    account.save()
    return account
