"""The accounts of a run: those that were read, and those that were named and were not."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from discovery.models import AwsAccount, Run, Shard
from discovery.one_account import Seen, accounts_with_results
from discovery.queries_clients import SeverityTold, severities_by, worst_of
from infra_audit.accounts import Left, LeftOut, account_in


def accounts_read(run: Seen) -> QuerySet[AwsAccount]:
    """Each number once: of two ways into one account it is the one by which it was read."""
    ways = run.shards.filter(kind=Shard.Kind.PLACE).values("aws_account")
    return AwsAccount.objects.filter(pk__in=ways).exclude(account_id="")


def accounts_left_out(run: Seen) -> list[LeftOut]:
    """Who refused to let us in, then what was listed twice or is not active. One query."""
    failed = run.shards.filter(kind=Shard.Kind.ACCOUNT).exclude(failure="").select_related("aws_account")
    refused = [
        LeftOut(_number(one.account), one.account.name, Left.FAILED.value, one.failure) for one in failed.order_by("pk")
    ]
    return [*refused, *(LeftOut(**row) for row in run.left_out)]


def _number(account: AwsAccount) -> str:
    """What the role's ARN says; else what an earlier audit learned."""
    return account_in(account.role_arn) or account.account_id


@dataclass(frozen=True)
class AccountLine:
    """One account of a run. `message` says why it was not read, and then nothing was found in it; `has_documents`:
    there is a summary and a JSON of it alone."""

    number: str
    name: str
    findings: int = 0
    worst: Sequence[SeverityTold] = ()
    message: str = ""
    failed: bool = False
    has_documents: bool = False


def account_lines(run: Run, left_out: Sequence[LeftOut]) -> list[AccountLine]:
    """Every account that was named, those that were read first. Two queries; nothing for a run of one account."""
    read = list(accounts_read(run))
    if len(read) + len(left_out) < 2:
        return []
    counts = severities_by(run.occurrences.bad(), "finding__account")
    documents = set(accounts_with_results(run))
    told = [
        AccountLine(
            number=one.account_id,
            name=one.alias or one.name,
            findings=sum(counts[one.account_id].values()),
            worst=worst_of(counts[one.account_id]),
            has_documents=one.account_id in documents,
        )
        for one in read
    ]
    others = [
        AccountLine(one.account, one.name, message=one.message, failed=one.reason == Left.FAILED) for one in left_out
    ]
    return [*told, *others]
