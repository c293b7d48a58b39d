"""The accounts of a run: those that were read, and those that were named and were not."""

from django.db.models import QuerySet

from discovery.models import AwsAccount, Run, Shard
from infra_audit.accounts import Left, LeftOut, account_in


def accounts_read(run: Run) -> QuerySet[AwsAccount]:
    """Each number once: of two ways into one account it is the one by which it was read."""
    return AwsAccount.objects.filter(pk__in=run.shards.filter(kind=Shard.Kind.PLACE).values("aws_account"))


def accounts_left_out(run: Run) -> list[LeftOut]:
    """Who refused to let us in, then what was listed twice or is not active. One query."""
    failed = run.shards.filter(kind=Shard.Kind.ACCOUNT).exclude(failure="").select_related("aws_account")
    refused = [
        LeftOut(_number(one.account), one.account.name, Left.FAILED.value, one.failure) for one in failed.order_by("pk")
    ]
    return [*refused, *(LeftOut(**row) for row in run.left_out)]


def _number(account: AwsAccount) -> str:
    """What the role's ARN says; else what an earlier audit learned."""
    return account_in(account.role_arn) or account.account_id
