"""From an inventory to findings, passes and gaps.

What was not read is not assessed: it is named, with the missing IAM action and who denied it. Only what was read
can pass.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime

from infra_audit.chains import Chain, chains
from infra_audit.environments import environment_of, is_production_like
from infra_audit.errors import kind_and_place
from infra_audit.finding import Finding as Finding
from infra_audit.fingerprints import finding_fingerprint
from infra_audit.importing.joining import join
from infra_audit.inventory import GLOBAL, Ending, Inventory, Place, Row, Unit
from infra_audit.registry import Check, CheckSettings, Scope, Severity, Unknown, Verdict, catalogue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Gap:
    """Something a check should have judged and could not."""

    check: str
    account: str
    region: str
    unit: str
    reason: str
    denied_by: str | None = None
    iam_action: str | None = None
    resource: str | None = None
    repository: str = ""
    message: str = ""


@dataclass
class Evaluation:
    """Findings worst first; how many resources each check examined and passed; what was not assessed; and chains."""

    findings: list[Finding] = field(default_factory=list)
    examined: dict[str, int] = field(default_factory=dict)
    passed: dict[str, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    looked_at: dict[str, set[str]] = field(default_factory=dict, repr=False)  # by check, the resources it judged


def evaluate(
    inventory: Inventory,
    *,
    settings: CheckSettings,
    now: datetime,
    key: bytes,
    checks: Iterable[Check] | None = None,
) -> Evaluation:
    """Judge an inventory by every check, or those given. `key` keys the fingerprints. The same in, the same out."""
    result = Evaluation()
    gaps: set[Gap] = set()
    for one in catalogue().values() if checks is None else checks:
        _judge(one, inventory, settings, now, key, result, gaps)
    result.findings.sort(key=_worst_first)
    result.chains = chains(inventory, result.findings)
    _join_others(inventory, key, result)
    result.gaps = sorted(gaps, key=lambda gap: tuple(str(part or "") for part in asdict(gap).values()))
    return result


def _worst_first(finding: Finding) -> tuple[int | str, ...]:
    told = finding
    return Severity(told.severity).rank, told.check, told.account, told.region, told.resource, told.fingerprint


def _join_others(inventory: Inventory, key: bytes, result: Evaluation) -> None:
    """What other tools found. Resources that only they looked at count as examined, and none of them as passed."""
    result.findings, beyond = join(inventory, result.findings, result.looked_at, key=key)
    result.findings.sort(key=_worst_first)
    for check, resources in beyond.items():
        result.examined[check] = result.examined.get(check, 0) + resources
        result.passed.setdefault(check, 0)


def _judge(
    one: Check,
    inventory: Inventory,
    settings: CheckSettings,
    now: datetime,
    key: bytes,
    result: Evaluation,
    gaps: set[Gap],
) -> None:
    examined: set[tuple[Place, str]] = set()
    bad: set[tuple[Place, str]] = set()
    half_read: set[tuple[Place, str]] = set()  # one question answered, another not
    seen: set[str] = set()
    assessed = False
    for place, view in _cells(one, inventory):
        gaps.update(_unread(one, view, place))
        if not all(_was_read(operation, view) for operation in one.needs):
            continue
        try:
            verdicts = list(one.judge(view, settings, now))
        except Exception as error:  # a mistake in one check keeps neither the others nor the run from their end
            logger.error("The check %s at %s: %s", one.id, place, kind_and_place(error))
            gaps.add(_broken(one, place, error))
            continue
        assessed = True
        for verdict in verdicts:
            if isinstance(verdict, Unknown):
                gaps.update(_unknown(one, view, place, verdict))
                half_read.add((place, verdict.resource))
                continue
            examined.add((place, verdict.resource))
            if not verdict.bad:
                continue
            bad.add((place, verdict.resource))
            finding = _finding(one, verdict, view, place, settings, key)
            if finding.fingerprint not in seen:
                seen.add(finding.fingerprint)
                result.findings.append(finding)
    if assessed:
        result.looked_at[one.id] = {resource for _place, resource in examined}
        result.examined[one.id] = len(examined)
        result.passed[one.id] = len(examined - bad - half_read)


def _broken(one: Check, place: Place, error: Exception) -> Gap:
    return Gap(
        check=one.id,
        account=place.account,
        region=place.region,
        unit=next(iter(one.reads), ""),
        reason=Ending.ERROR.value,
        repository=place.repository,
        message=f"The check met a mistake of its own ({type(error).__name__}), so it says nothing here.",
    )


def _cells(one: Check, inventory: Inventory) -> Iterator[tuple[Place, Inventory]]:
    """Each place at which the check decides, with what can be seen from there."""
    if one.scope is Scope.RUN:
        if any(inventory.units(operation) for operation in one.reads):
            yield Place(), inventory
        return
    primary = one.over or one.needs[:1] or one.consults[:1]
    places = {_cell_of(unit.place, one.scope) for operation in primary for unit in inventory.units(operation)}
    for place in sorted(places):
        yield place, _view(inventory, place, one.scope, primary)


def _cell_of(place: Place, scope: Scope) -> Place:
    if scope is Scope.ACCOUNT:
        return Place(place.partition, place.account, GLOBAL)
    return place


def _view(inventory: Inventory, place: Place, scope: Scope, primary: tuple[str, ...]) -> Inventory:
    """What is judged is of that very place; what helps to judge it may hold for the whole account or run."""
    if scope is Scope.REPOSITORY:
        return inventory.where(repository=place.repository)
    if scope is Scope.ACCOUNT:
        return inventory.where(account=place.account)
    wider = inventory.where(account=place.account, region=place.region)
    return Inventory(tuple(u for u in wider.all_units if u.operation not in primary or u.place == place), wider.run)


def _was_read(operation: str, view: Inventory) -> bool:
    units = view.units(operation)
    return bool(units) and all(unit.ending.readable for unit in units)


def _unread(one: Check, view: Inventory, place: Place) -> Iterator[Gap]:
    for operation in one.needs:
        if not view.units(operation):
            yield Gap(
                check=one.id,
                account=place.account,
                region=place.region,
                unit=operation,
                reason=Ending.ERROR.value,
                repository=place.repository,
                message="This was not collected.",
            )
    for operation in (*one.needs, *one.over):
        for unit in view.units(operation):
            if not unit.ending.readable or unit.ending is Ending.TRUNCATED:
                yield _gap(one, unit)
    for operation in one.reads:
        for unit in view.units(operation):
            yield from _misses(one, unit)


def _misses(one: Check, unit: Unit) -> Iterator[Gap]:
    """The single resources that a unit could not read."""
    for miss in unit.unread:
        yield Gap(
            check=one.id,
            account=unit.place.account,
            region=unit.place.region,
            unit=unit.operation,
            reason=miss.reason.value,
            denied_by=miss.denied_by,
            iam_action=miss.iam_action,
            resource=miss.resource,
            repository=unit.place.repository,
            message=unit.message,
        )


def _unknown(one: Check, view: Inventory, place: Place, unknown: Unknown) -> Iterator[Gap]:
    found = view.find(unknown.resource)
    causes = [] if unknown.because else view.incomplete(unknown.operation)
    for unit in causes:
        named = [miss for miss in _misses(one, unit) if miss.resource == unknown.resource]
        yield from named or [_gap(one, unit, resource=unknown.resource)]
    if not causes:
        yield Gap(
            check=one.id,
            account=place.account,
            region=found[1].place.region if found else place.region,
            unit=unknown.operation,
            reason=(Ending.NOT_APPLICABLE if unknown.because else Ending.ERROR).value,
            resource=unknown.resource,
            repository=place.repository,
            message=unknown.because or "This was not collected.",
        )


def _gap(one: Check, unit: Unit, resource: str | None = None) -> Gap:
    return Gap(
        check=one.id,
        account=unit.place.account,
        region=unit.place.region,
        unit=unit.operation,
        reason=unit.ending.value,
        denied_by=unit.denied_by,
        iam_action=unit.iam_action,
        resource=resource,
        repository=unit.place.repository,
        message=unit.message,
    )


def _finding(
    one: Check, verdict: Verdict, view: Inventory, place: Place, settings: CheckSettings, key: bytes
) -> Finding:
    found = view.find(verdict.resource)
    row: Row = found[0] if found else {}
    unit_place = found[1].place if found else place
    region = row.get("region") or unit_place.region
    tags = row.get("tags") or {}
    environment = environment_of(tags, verdict.resource_name or row.get("name", ""))
    severity, reason = _severity(one, verdict, settings, environment)
    where = Place(unit_place.partition, unit_place.account, region, unit_place.repository)
    return Finding(
        check=one.id,
        severity=severity.value,
        severity_reason=reason,
        effort=one.effort.value,
        confidence=verdict.confidence,
        title=one.title,
        detail=verdict.detail,
        remedy=one.remedy,
        evidence=dict(verdict.evidence),
        account=where.account,
        region=region,
        resource=verdict.resource,
        resource_type=verdict.resource_type or row.get("type", ""),
        resource_name=verdict.resource_name or row.get("name", ""),
        tags=tags,
        environment=environment,
        fingerprint=finding_fingerprint(key, one.id, where, verdict.resource, verdict.sub_key),
        repository=where.repository,
        path=verdict.path,
        line=verdict.line,
        commit=verdict.commit,
        date=verdict.date,
        at_head=verdict.at_head,
        author=verdict.author,
    )


def _severity(one: Check, verdict: Verdict, settings: CheckSettings, environment: str | None) -> tuple[Severity, str]:
    if one.id in settings.severities:
        return settings.severities[one.id], "Set by the practice."
    if verdict.severity is not None:
        return verdict.severity, verdict.severity_reason
    if one.eased_outside_production and environment and not is_production_like(environment):
        return one.severity.milder(), f"One step milder: the environment is {environment}."
    return one.severity, ""


def by_check(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings grouped by check id, in the order they came."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.check].append(finding)
    return dict(grouped)
