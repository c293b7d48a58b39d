"""What watches the bill."""

from collections.abc import Iterator

from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("budgets.describe_budgets", iam=("budgets:ViewBudget",), is_global=True)
def describe_budgets(reader: Reader) -> Iterator[Row]:
    """{arn, name, kind: "COST" / "USAGE" / …, period: "MONTHLY" / …, limit: {"Amount", "Unit"} or None}.

    One endpoint serves a whole partition. A member account sees its own budgets, never its payer's.
    """
    for one in reader.pages("budgets", "describe_budgets", "Budgets", AccountId=reader.account):
        yield {
            "arn": reader.arn("budgets", f"budget/{one['BudgetName']}", region=""),
            "name": one["BudgetName"],
            "kind": one["BudgetType"],
            "period": one["TimeUnit"],
            "limit": one.get("BudgetLimit"),
        }
