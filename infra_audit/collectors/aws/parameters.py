"""Credentials in parameters that are kept in plain text. Scanned here, in memory: only detections leave.

Encrypted parameters are never asked for: the list is narrowed to plain ones, values are read by their names, and never
with decryption, which the connection refuses to send and the role refuses by name (`infra_audit.policy`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra_audit.collectors.aws._settings import settings_row
from infra_audit.collectors.aws.endings import DENIED, READ_ERRORS, error_code
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row

PLAIN = "String"
AT_ONCE = 10  # names in one GetParameters
LIMIT = 5_000


@collector("ssm.get_parameters", iam=("ssm:GetParameters", "ssm:DescribeParameters"), consent=Consent.CONFIGURATION)
def get_parameters(reader: Reader) -> Iterator[Row]:
    """A parameter of type String each: `settings_row` with type "ssm:parameter" and name. Capped.

    Where one of ten may not be read AWS refuses all ten, so then each is asked for by itself.
    """
    listed = reader.pages(
        "ssm",
        "describe_parameters",
        "Parameters",
        page_size=50,
        ParameterFilters=[{"Key": "Type", "Option": "Equals", "Values": [PLAIN]}],
    )
    plain = [one for one in listed if one["Type"] == PLAIN]
    names = [one["Name"] for one in reader.capped(plain, LIMIT, len(plain))]
    batches = [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
    if batches:
        _refuse_where_all_is(reader, batches[0])
    for rows in reader.each(lambda batch: _rows(reader, batch), batches):
        yield from rows


def _refuse_where_all_is(reader: Reader, names: Sequence[str]) -> None:
    """One refusal for the whole unit is clearer than one for each of a thousand parameters. Raises what AWS answers."""
    try:
        reader.call("ssm", "get_parameters", Names=list(names))
    except READ_ERRORS as error:
        if error_code(error) in DENIED:
            reader.call("ssm", "get_parameters", Names=[names[-1]])


def _rows(reader: Reader, names: Sequence[str]) -> list[Row]:
    try:
        answered = reader.call("ssm", "get_parameters", Names=list(names))["Parameters"]
    except READ_ERRORS as error:
        if len(names) == 1:
            reader.miss(_arn(reader, names[0]), error)
            return []
        return [row for name in names for row in _rows(reader, [name])]
    return [_row(reader, one) for one in answered if one["Type"] == PLAIN]


def _row(reader: Reader, one: Mapping[str, Any]) -> Row:
    arn, name = one.get("ARN") or _arn(reader, one["Name"]), one["Name"]
    return settings_row(reader, arn, {name: one.get("Value") or ""}, type="ssm:parameter", name=name)


def _arn(reader: Reader, name: str) -> str:
    return reader.arn("ssm", f"parameter/{name.removeprefix('/')}")
