"""Credentials in what stacks were given and what they tell. Scanned here, in memory: only detections leave."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._settings import settings_row
from infra_audit.collectors.aws.cloudformation import living_stacks
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row

PARAMETER, OUTPUT = "parameter", "output"


@collector("cloudformation.stack_values", iam=("cloudformation:DescribeStacks",), consent=Consent.CONFIGURATION)
def stack_values(reader: Reader) -> Iterator[Row]:
    """A stack each: `settings_row`, whose names are "parameter DbPassword", "output Endpoint". No call of its own.

    A parameter with NoEcho is answered in asterisks; an output of the same value is not. `masked` counts the former.
    """
    for one in living_stacks(reader):
        values = dict(_values(one))
        masked = sum(bool(value) and not value.strip("*") for value in values.values())
        yield settings_row(reader, one["StackId"], values, masked=masked)


def _values(stack: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in stack.get("Parameters") or ():
        # A parameter may name one of Parameter Store: then what counts is the value that was found there.
        value = one.get("ResolvedValue") or one.get("ParameterValue") or ""
        yield f"{PARAMETER} {one['ParameterKey']}", value
    for one in stack.get("Outputs") or ():
        yield f"{OUTPUT} {one['OutputKey']}", one.get("OutputValue") or ""
