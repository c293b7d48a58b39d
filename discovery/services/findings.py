"""From what the engine says of a run to findings that are recognised from run to run, and rulings on them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Practice, User
from discovery import choosing, queries_calls
from discovery.models import Finding, Occurrence, Run, Shard
from discovery.one_account import OneAccount, Seen
from discovery.queries_accounts import accounts_read
from infra_audit import call_log, delivery_measures, repository_facts
from infra_audit import evaluate as engine
from infra_audit.accounts import of_account, of_accounts
from infra_audit.iac import told as told_of_code
from infra_audit.inventory import COMPLETE, GLOBAL, Inventory
from infra_audit.network_map import network_map
from infra_audit.regions import empty_regions
from infra_audit.registry import Check, CheckSettings, Scope, catalogue
from infra_audit.resources import Resources

BATCH = 500
STILL_OPEN = [
    Finding.Status.OPEN,
    Finding.Status.PUBLISHED,
    Finding.Status.AGREED,
    Finding.Status.DISPUTED,
    Finding.Status.FIXED,
    Finding.Status.REGRESSED,
    Finding.Status.ACCEPTED_RISK,
]
DETAILS = (
    "severity",
    "severity_reason",
    "effort",
    "confidence",
    "title",
    "detail",
    "remedy",
    "evidence",
    "tags",
    "environment",
    "path",
    "line",
    "commit",
    "date",
    "at_head",
    "author",
)


def judge(run: Seen, inventory: Inventory, checks: Iterable[Check] | None = None) -> engine.Evaluation:
    """What the engine makes of an inventory, by the practice's settings, at the run's moment; without `checks` by all
    that the run makes, or of one account by those that decide within it."""
    practice = Practice.get()
    checks = _checks_of(run) if checks is None else checks
    settings = CheckSettings(required_tags=tuple(practice.tag_policy))
    return engine.evaluate(inventory, settings=settings, now=run.as_of, key=practice.fingerprint_key, checks=checks)


def _checks_of(run: Seen) -> Iterable[Check]:
    made = choosing.checks_of(run.only_checks)
    return of_accounts(made) if isinstance(run, OneAccount) else made


def judge_shard(shard: Shard) -> engine.Evaluation:
    """The findings that one shard decides alone, so that they show while others still run."""
    inventory = Inventory(tuple(unit.as_engine_unit() for unit in shard.units.all()))
    there = set(inventory.operations())
    ready = [
        one
        for one in choosing.checks_of(shard.run.only_checks)
        if one.scope in {Scope.REGION, Scope.REPOSITORY} and there >= {*one.needs, *one.consults}
    ]
    return judge(shard.run, inventory, ready)


def record(run: Run, evaluation: engine.Evaluation, *, final: bool) -> None:
    """Store an evaluation's findings as occurrences of the run. Call it inside a transaction.

    A final evaluation is the whole truth: what an earlier, partial one stored beyond it goes, and findings of
    earlier runs that were looked for and are gone become fixed.
    """
    before = _seen_before(run)
    told_now: set[int] = set()
    for told in _batches(evaluation.findings):  # thousands of rows at once would take more memory than the audit
        rows = _occurrences(run, told, before)
        Occurrence.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["run", "finding"],
            update_fields=["status", *DETAILS],
        )
        told_now.update(row.finding_id for row in rows)
        if final:
            _mark_regressed(rows)
    if final:
        stale = [pk for pk, finding in run.occurrences.values_list("pk", "finding_id") if finding not in told_now]
        for batch in _batches(stale):
            Occurrence.objects.filter(pk__in=batch).delete()
        _mark_fixed(run, evaluation, told_now)


def _occurrences(run: Run, told: Sequence[engine.Finding], before: set[str]) -> list[Occurrence]:
    """Rows not stored yet; `before` are the fingerprints that earlier runs saw."""
    known = _stored_findings(run, told)
    today = clock.today(Practice.get().zone)
    return [
        Occurrence(
            run=run,
            finding=known[one.fingerprint],
            status=_delta(known[one.fingerprint], seen_before=one.fingerprint in before, today=today),
            **{name: getattr(one, name) for name in DETAILS},
        )
        for one in told
    ]


def _stored_findings(run: Run, told: Sequence[engine.Finding]) -> dict[str, Finding]:
    """A row for each finding, by fingerprint; those not known yet are made."""
    now = clock.now()
    Finding.objects.bulk_create(
        [
            Finding(
                organisation=run.organisation,
                fingerprint=one.fingerprint,
                check_id=one.check,
                account=one.account,
                region=one.region,
                repository=one.repository,
                resource=one.resource,
                resource_type=one.resource_type,
                resource_name=one.resource_name[:300],
                first_seen_at=now,
                last_seen_at=now,
            )
            for one in told
        ],
        update_conflicts=True,
        unique_fields=["organisation", "fingerprint"],
        update_fields=["last_seen_at", "resource_type", "resource_name"],
    )
    mine = Finding.objects.filter(organisation=run.organisation)
    return {one.fingerprint: one for one in mine.filter(fingerprint__in=[one.fingerprint for one in told])}


def _seen_before(run: Run) -> set[str]:
    """Fingerprints that an earlier run of the client saw."""
    earlier = Occurrence.objects.filter(run__organisation=run.organisation, run__pk__lt=run.pk)
    return set(
        earlier.exclude(status=Occurrence.Status.FIXED).values_list("finding__fingerprint", flat=True).distinct()
    )


def _delta(finding: Finding, *, seen_before: bool, today: date) -> Occurrence.Status:
    if finding.status in {Finding.Status.VERIFIED, Finding.Status.FIXED}:
        return Occurrence.Status.REGRESSED
    if finding.status == Finding.Status.ACCEPTED_RISK:
        still_accepted = finding.accepted_until is None or finding.accepted_until >= today
        return Occurrence.Status.ACCEPTED if still_accepted else Occurrence.Status.REGRESSED
    return Occurrence.Status.STILL if seen_before else Occurrence.Status.NEW


def _mark_regressed(rows: Iterable[Occurrence]) -> None:
    back = [row.finding_id for row in rows if row.status == Occurrence.Status.REGRESSED]
    for batch in _batches(back):
        Finding.objects.filter(pk__in=batch).update(status=Finding.Status.REGRESSED)


def _mark_fixed(run: Run, evaluation: engine.Evaluation, told_now: set[int]) -> None:
    """Findings that an earlier run saw, that this one looked for in the same place, and that are gone."""
    looked = Looked(stored_places(run), evaluation)
    gone = [
        finding
        for finding in Finding.objects.filter(organisation=run.organisation, status__in=STILL_OPEN)
        if finding.pk not in told_now and looked.for_(finding)
    ]
    last = {row.finding_id: row for row in _latest_occurrences(run, gone)}
    Occurrence.objects.bulk_create(
        [
            Occurrence(
                run=run,
                finding=finding,
                status=Occurrence.Status.FIXED,
                **{name: getattr(last[finding.pk], name) for name in DETAILS},
            )
            for finding in gone
            if finding.pk in last
        ],
        batch_size=BATCH,
    )
    for batch in _batches([finding.pk for finding in gone]):
        Finding.objects.filter(pk__in=batch).update(status=Finding.Status.VERIFIED)


def _latest_occurrences(run: Run, findings: Sequence[Finding]) -> Iterator[Occurrence]:
    """Of each finding the one of the last run before this that saw it."""
    earlier = Occurrence.objects.filter(finding=OuterRef("finding"), run__pk__lt=run.pk).order_by("-run_id")
    for batch in _batches([finding.pk for finding in findings]):
        yield from Occurrence.objects.filter(finding__in=batch, pk=Subquery(earlier.values("pk")[:1]))


def stored_places(run: Run) -> dict[str, set[tuple[str, str, str]]]:
    """For each operation, the (account, region, repository) at which the run read all there is."""
    places: dict[str, set[tuple[str, str, str]]] = {}
    complete = run.units.filter(ending__in=[ending.value for ending in COMPLETE])
    for operation, *place in complete.values_list("operation", "account", "region", "repository"):
        places.setdefault(operation, set()).add((place[0], place[1], place[2]))
    return places


class Looked:
    """Whether a run looked for a finding where it once was. A gap is never a "fixed"."""

    def __init__(self, places: Mapping[str, set[tuple[str, str, str]]], evaluation: engine.Evaluation) -> None:
        self._places = places
        self._gaps: dict[tuple[str, str | None], list[engine.Gap]] = {}  # by check, and resource where it names one
        for gap in evaluation.gaps:
            self._gaps.setdefault((gap.check, gap.resource), []).append(gap)
        self._assessed = set(evaluation.examined)

    def for_(self, finding: Finding) -> bool:
        one = catalogue().get(finding.check_id)
        if one is None or one.id not in self._assessed:
            return False
        gaps = (*self._gaps.get((one.id, None), ()), *self._gaps.get((one.id, finding.resource), ()))
        if any(_touches(gap, finding) for gap in gaps):
            return False
        if one.scope is Scope.RUN:
            return True
        here = {
            (finding.account, finding.region, finding.repository),
            (finding.account, GLOBAL, finding.repository),
        }
        primary = one.over or one.needs[:1] or one.consults[:1]
        return any(here & self._places.get(operation, set()) for operation in primary)


def _touches(gap: engine.Gap, finding: Finding) -> bool:
    """True where the gap, which names no resource or that very one, could be hiding the finding."""
    if gap.repository != finding.repository:
        return False
    if not gap.account:
        return True
    return gap.account == finding.account and gap.region in {finding.region, GLOBAL, ""}


def results_by_account(run: Run, inventory: Inventory) -> dict[str, dict[str, Any]]:
    """By number, what each account says by itself; empty where there is but one."""
    numbers = accounts_read(run).order_by("account_id").values_list("account_id", flat=True)
    if len(numbers) < 2:
        return {}
    told = {}
    for number in numbers:
        seen, alone = OneAccount(run, number), of_account(inventory, number)
        told[number] = result(seen, judge(seen, alone), alone)
    return told


def result(run: Seen, evaluation: engine.Evaluation, inventory: Inventory) -> dict[str, Any]:
    """What a run keeps besides its findings, in JSON types: see the published schema for the fields' meaning.

    Whoever read for some checks only has not seen enough to say what is in code, how networks hang together, what
    repositories are made with and which regions are empty.
    """
    whole = inventory if run.is_whole else Inventory()
    code = told_of_code(whole)
    places = Counter((unit.place.account, row.get("region") or unit.place.region) for row, unit in Resources(inventory))
    kinds = {
        row["arn"]: row["type"] for unit in inventory.all_units for row in unit.rows if {"arn", "type"} <= row.keys()
    }
    return {
        "chains": [chain.as_json() for chain in evaluation.chains],
        "examined": evaluation.examined,
        "passed": evaluation.passed,
        "not_assessed": [asdict(gap) for gap in evaluation.gaps],
        "inventory": dict(sorted(Counter(kinds.values()).items())),
        "places": [
            {"account": account, "region": region, "resources": count}
            for (account, region), count in sorted(places.items())
        ],
        "iac_coverage": code.coverage,
        "iac_coverage_by": code.coverage_by,
        "iac_tools": code.tools,
        "iac_states": {"given": code.states_given, "read": code.states},
        "network": network_map(whole),
        "tools": repository_facts.tools(whole),
        "delivery": delivery_measures.told(whole, run.as_of),
        "documentation": repository_facts.documentation(whole),
        "regions": sorted({u.place.region for u in inventory.all_units if u.place.region not in {"", GLOBAL}}),
        "empty_regions": empty_regions(whole),
        "api_calls": sum(unit.api_calls for unit in inventory.all_units)
        + sum(map(call_log.counted, queries_calls.signing_in(run).values())),
    }


@transaction.atomic
def mark_false_positive(*, finding: Finding, reason: str, actor: User) -> None:
    """Rule that a finding is none; later runs remember it by its fingerprint. Raises DomainError without a reason."""
    if not reason.strip():
        raise DomainError(_("Say why this is no finding: later runs will show the reason."))
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    finding.move_to(Finding.Status.FALSE_POSITIVE)
    _rule(finding, reason.strip()[:500], actor)
    events.record(finding, "finding.ruled_false", actor=actor, reason=finding.ruling_reason)


@transaction.atomic
def withdraw_false_positive(*, finding: Finding, actor: User) -> None:
    """Take the ruling back: the finding is open again."""
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    finding.move_to(Finding.Status.OPEN)
    _rule(finding, "", actor)
    events.record(finding, "finding.reopened", actor=actor)


def _rule(finding: Finding, reason: str, actor: User) -> None:
    finding.ruling_reason = reason
    finding.ruled_by = actor
    finding.ruled_at = clock.now()
    finding.save(update_fields=["status", "ruling_reason", "ruled_by", "ruled_at"])


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Pieces small enough for SQLite's limit on the variables of one query."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
