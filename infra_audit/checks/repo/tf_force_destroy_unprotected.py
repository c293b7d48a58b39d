import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import OPERATION, code_of, computed, decided, eased, said_by, sureness
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.terraform_outcomes import Outcome, Sort, folder_of
from infra_audit.terraform_values import Code

BUCKET, SETTING = "aws_s3_bucket", "force_destroy"
VERSIONING, REPLICATION = "aws_s3_bucket_versioning", "aws_s3_bucket_replication_configuration"
OF_BUCKETS = re.compile(r"s3|bucket", re.IGNORECASE)
EXAMPLE: Row = {"path": "s3.tf", "path_class": "code", "line": 1, "type": "resource", "labels": [BUCKET, "media"]}
EXAMPLE |= {"address": f"{BUCKET}.media", "blocks": []}
EXAMPLE |= {"attributes": {SETTING: {"line": 3, "kind": "literal", "value": True}}}
ON: Row = {"line": 6, "kind": "literal", "value": True}


@check(
    id="tf_force_destroy_unprotected",
    title="The code deletes a storage bucket together with all that is in it",
    headline="{n} of {m} storage buckets in the code would be deleted with all their files, and no other copy",
    good_news="None of {m} storage buckets in the code would be deleted with the only copy of what is in it.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="One wrong `terraform destroy`, or a change of its name, deletes every file, which AWS by itself would refuse.",
    action="Keep full storage buckets from being deleted",
    consequence="one wrong command could delete every file of a bucket",
    needs=(OPERATION,),
    remedy="Set force_destroy to false. Keep old versions against single mistakes; against this one, which deletes the"
    " versions too, only a copy in another bucket helps.",
    source="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket#force_destroy-1",
    bad={OPERATION: [EXAMPLE]},
    good={OPERATION: [{**EXAMPLE, "blocks": [{"type": "versioning", "line": 5, "attributes": {"enabled": ON}}]}]},
    scope=Scope.REPOSITORY,
)
def tf_force_destroy_unprotected(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """Left out, force_destroy is false. Versioning and replication are looked for in the bucket and beside it."""
    code = code_of(inventory)
    beside = _Beside(code)
    calls = (call for call in code.calls() if SETTING in call["attributes"] and _makes_bucket(call))
    for row in (*code.resources(BUCKET), *calls):
        for one in code.outcomes(row, SETTING):
            yield _verdict(row, one, code, beside)


def _verdict(row: Row, one: Outcome, code: Code, beside: "_Beside") -> Verdict | Unknown:
    unclear = one.sort in {Sort.UNKNOWN, Sort.GIVEN}
    protected = (not unclear and not one.is_true) or _is_protected(row, one.row, code, beside)
    if protected is None or (unclear and not protected):
        return computed(row, one, SETTING if unclear else "What keeps versions or copies of the bucket")
    return Verdict(
        **decided(row, one),
        **eased(one.row, Severity.HIGH),
        bad=not protected,
        detail=f"{SETTING} is true{said_by(one)}, and nothing keeps versions or copies of what is in the bucket.",
        confidence=sureness(one),
    )


def _makes_bucket(call: Row) -> bool:
    return bool(OF_BUCKETS.search(str(call["attributes"].get("source", {}).get("value"))))


def _is_protected(row: Row, by: Row, code: Code, beside: "_Beside") -> bool | None:
    """`by`: whoever decides that it is deleted; what keeps versions for another caller does not count."""
    answers = [*_inside(row, by, code), *beside.answers(row, by)]
    if True in answers:
        return True
    return None if None in answers else False


def _inside(row: Row, by: Row, code: Code) -> Iterator[bool | None]:
    """What the bucket says itself, as the provider took it before version 4, and as modules take it."""
    for inner in row["blocks"]:
        if inner["type"] == "replication_configuration":
            yield True
        elif inner["type"] == "versioning":
            yield _switched_on(row, inner["attributes"].get("enabled"), by, code)
        elif inner["type"] == "dynamic":
            yield None
    if row["type"] == "module":
        for name in ("versioning", "replication_configuration"):
            if attribute := row["attributes"].get(name):
                yield False if attribute.get("empty") else attribute.get("switched_on")


def _switched_on(row: Row, attribute: Row | None, by: Row, code: Code) -> bool | None:
    """None where it is not known, or on for some callers and off for others."""
    if attribute is None:
        return False
    answers = {
        None if one.sort in {Sort.UNKNOWN, Sort.GIVEN} else one.is_true or one.value == "Enabled"
        for one in code.settled(row, attribute, by)
    }
    return answers.pop() if len(answers) == 1 else None


class _Beside:
    """The resources that switch versions and copies on for a bucket, by the folder they stand in."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._named: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self._unclear: set[str] = set()
        for row in code.resources(VERSIONING, REPLICATION):
            names = list(_names(_bucket_of(row)))
            for name in names:
                self._named[folder_of(row), name].append(row)
            if not names:
                self._unclear.add(folder_of(row))

    def answers(self, bucket: Row, by: Row) -> Iterator[bool | None]:
        folder = folder_of(bucket)
        names = {bucket["address"], *_names(bucket["attributes"].get("bucket", {}))}
        found = [row for name in names for row in self._named.get((folder, name), ())]
        for row in found:
            answer = self._answer_of(row, by)
            if self._code.is_always_made(row, by):
                yield answer
            else:
                yield None if answer is not False and self._code.may_be_made(row, by) else False
        if not found and folder in self._unclear:
            yield None

    def _answer_of(self, row: Row, by: Row) -> bool | None:
        if row["labels"][0] == REPLICATION:
            return True
        inner = next((one for one in row["blocks"] if one["type"] == "versioning_configuration"), None)
        return _switched_on(row, inner["attributes"].get("status") if inner else None, by, self._code)


def _bucket_of(row: Row) -> Row:
    """What says which bucket is meant: with `for_each = aws_s3_bucket.logs` it is `each.value` that does not."""
    named: Row = row["attributes"].get("bucket", {})
    of_each = str(named.get("value")).startswith("each.") or any(
        str(one).startswith("each.") for one in named.get("mentions", ())
    )
    return row["attributes"].get("for_each", named) if of_each else named


def _names(attribute: Row) -> Iterator[str]:
    """What the bucket may be called by: `aws_s3_bucket.logs`, `local.name`, "acme-logs"; nothing where computed."""
    if attribute.get("kind") == "literal" and attribute.get("value"):
        yield f'"{attribute["value"]}"'
    references = [attribute["value"]] if attribute.get("kind") == "reference" else attribute.get("mentions", [])
    for reference in references:
        parts = str(reference).split(".")
        if parts[0] == BUCKET:
            yield ".".join(parts[:2])
        elif attribute.get("kind") == "reference" and parts[0] in {"var", "local"}:
            yield str(reference)
