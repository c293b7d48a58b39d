"""What watches the bill."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("budgets.describe_budgets", iam=("budgets:ViewBudget",), is_global=True)
def describe_budgets(reader: Reader) -> Iterator[Row]:
    """{arn, name, kind: "COST" / "USAGE" / …, period: "MONTHLY" / …, limit: {"Amount", "Unit"} or None, accounts}.

    `accounts`: those whose costs alone it looks at; None where it looks at all, [] where it looks at some other part.
    One endpoint serves a whole partition. A member account sees its own budgets, never its payer's.
    """
    for one in reader.pages("budgets", "describe_budgets", "Budgets", AccountId=reader.account):
        yield {
            "arn": reader.arn("budgets", f"budget/{one['BudgetName']}", region=""),
            "name": one["BudgetName"],
            "kind": one["BudgetType"],
            "period": one["TimeUnit"],
            "limit": one.get("BudgetLimit"),
            "accounts": _accounts(one),
        }


def _accounts(budget: Mapping[str, Any]) -> list[str] | None:
    """Filters are written in either of two ways, the older a mapping and the newer an expression."""
    older: Mapping[str, list[str]] = budget.get("CostFilters") or {}
    newer: Mapping[str, Any] = budget.get("FilterExpression") or {}
    if not older and not newer:
        return None
    if set(older) == {"LinkedAccount"}:
        return list(older["LinkedAccount"])
    named: Mapping[str, Any] = newer.get("Dimensions") or {}
    return list(named["Values"]) if named.get("Key") == "LINKED_ACCOUNT" else []
