"""What a run saw and what it did not, in words. Nothing here guesses: it groups what the engine said."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.models import StateFile
from discovery.one_account import Seen
from discovery.queries_accounts import accounts_left_out, accounts_read
from discovery.subjects import subject, type_label
from discovery.wording import capitalised, listed, plural
from infra_audit.accounts import Left, LeftOut
from infra_audit.inventory import GLOBAL, READABLE, Ending

MOST_MISSED = 30
MOST_UNSEEN = 4
MOST_NAMES = 4
MOST_KINDS = 10

CONSENT = "consent"
PRICE = "free calls only"
SHORT_REASONS = {
    Ending.DENIED: gettext_lazy("denied"),
    Ending.UNSUPPORTED: gettext_lazy("not offered there"),
    Ending.NOT_APPLICABLE: gettext_lazy("cannot be known from here"),
    Ending.THROTTLED: gettext_lazy("AWS asked us to slow down"),
    Ending.TRUNCATED: gettext_lazy("only the first part read"),
    Ending.ERROR: gettext_lazy("could not be read"),
    Ending.PARTIAL: gettext_lazy("only in part"),
}


@dataclass(frozen=True)
class Missed:
    """One line of what was not assessed: what, where, why, and the permission that would open it."""

    what: str
    where: str
    why: str
    permission: str


@dataclass(frozen=True)
class Unseen:
    """The same for the first page: "Budgets, backup plans": "denied"."""

    what: str
    why: str


@dataclass(frozen=True)
class AccountLine:
    """An account with the regions that hold something and those that were read and hold nothing."""

    name: str
    number: str
    used: tuple[str, ...]
    empty: tuple[str, ...]
    resources: int


@dataclass(frozen=True)
class LeftOutLine:
    """An account that was named and not read, and why: a sentence."""

    name: str
    number: str
    why: str


@dataclass(frozen=True)
class IacLine:
    """Of one kind of resource: how many are defined where."""

    label: str
    managed: int
    unmanaged: int
    derived: int
    unknown: int


@dataclass(frozen=True)
class Coverage:
    """All that page 2 says. `readings` are units: one operation at one place."""

    scope: str
    accounts: tuple[AccountLine, ...]
    left_out: tuple[LeftOutLine, ...]
    repositories: tuple[str, ...]
    states: tuple[str, ...]
    kinds: str  # "23 servers, 18 databases"
    readings: int
    readings_done: int
    missed: tuple[Missed, ...]
    missed_more: int
    unseen: tuple[Unseen, ...]
    unseen_more: int


def coverage_of(run: Seen) -> Coverage:
    """What the run saw, from its units and its result. An account that could not be opened is said once, as such, and
    not with each of the readings that it hides."""
    left_out = accounts_left_out(run)
    failed = numbers_failed(run, left_out)
    accounts = tuple(one for one in _accounts(run) if one.number not in failed)
    repositories = tuple(sorted(_audited_repositories(run)))
    given = StateFile.objects.filter(organisation=run.organisation).values_list("name", flat=True)
    states = tuple(sorted({*given, *run.result.get("iac_states", {}).get("read", ())}))
    readable = Q(ending__in=[ending.value for ending in READABLE])
    count = run.units.aggregate(all=Count("pk"), done=Count("pk", filter=readable))
    gaps = [gap for gap in run.result.get("not_assessed", []) if gap["account"] not in failed]
    missed = missed_lines(gaps)
    unseen = (*unopened_lines(left_out), *unseen_lines(gaps))
    return Coverage(
        scope=_scope(accounts, repositories),
        accounts=accounts,
        left_out=tuple(LeftOutLine(one.name, one.account, one.message) for one in left_out),
        repositories=repositories,
        states=states,
        kinds=_kinds(run.result.get("inventory", {})),
        readings=count["all"],
        readings_done=count["done"],
        missed=missed[:MOST_MISSED],
        missed_more=max(0, len(missed) - MOST_MISSED),
        unseen=unseen[:MOST_UNSEEN],
        unseen_more=max(0, len(unseen) - MOST_UNSEEN),
    )


def numbers_failed(run: Seen, left_out: Sequence[LeftOut]) -> set[str]:
    """The accounts into which no way led."""
    refused = {one.account for one in left_out if one.reason == Left.FAILED}
    return refused - set(accounts_read(run).values_list("account_id", flat=True)) if refused else set()


def unopened_lines(left_out: Iterable[LeftOut]) -> tuple[Unseen, ...]:
    """For the first page: what could not be opened at all."""
    names = sorted(one.name or one.account for one in left_out if one.reason == Left.FAILED)
    if not names:
        return ()
    what = _("AWS account %(names)s") if len(names) == 1 else _("AWS accounts %(names)s")
    return (Unseen(what=what % {"names": _some(names)}, why=_("would not let us in")),)


def _accounts(run: Seen) -> tuple[AccountLine, ...]:
    names = {one.account_id: one.alias or one.name for one in accounts_read(run)}
    resources: dict[str, dict[str, int]] = defaultdict(dict)
    for place in run.result.get("places", []):
        resources[place["account"]][place["region"]] = place["resources"]
    read: dict[str, set[str]] = defaultdict(set)
    for account, region in run.units.exclude(account="").values_list("account", "region").distinct().order_by():
        read[account].add(region)
    empty = {(place["account"], place["region"]) for place in run.result.get("empty_regions", [])}
    lines = []
    for account in sorted(read):
        there = resources[account]
        regions = sorted(read[account] - {GLOBAL, ""})
        lines.append(
            AccountLine(
                name=names.get(account, account),
                number=account,
                used=tuple(one for one in regions if there.get(one)),
                empty=tuple(one for one in regions if (account, one) in empty),
                resources=sum(there.values()),
            )
        )
    return tuple(lines)


def empty_lines(result: Mapping[str, Any]) -> tuple[str, ...]:
    """ "123456789012: eu-north-1, eu-west-3"; without the number where the run saw a single account."""
    there: dict[str, list[str]] = defaultdict(list)
    for place in result.get("empty_regions", []):
        there[place["account"]].append(place["region"])
    alone = len({place["account"] for place in result.get("places", [])} | set(there)) == 1
    return tuple(("" if alone else f"{account}: ") + ", ".join(regions) for account, regions in sorted(there.items()))


def _audited_repositories(run: Seen) -> set[str]:
    read = run.units.exclude(repository="").filter(ending__in=[ending.value for ending in READABLE])
    return set(read.values_list("repository", flat=True).distinct().order_by())


def _kinds(inventory: Mapping[str, int]) -> str:
    """The most numerous kinds of resource; of what there is only one is not spoken."""
    most = sorted(((count, type_label(kind)) for kind, count in inventory.items() if count > 1), reverse=True)
    told = [f"{count:,} {label if label[:2].isupper() else label[0].lower() + label[1:]}" for count, label in most]
    return ", ".join(told[:MOST_KINDS])


def _scope(accounts: tuple[AccountLine, ...], repositories: tuple[str, ...]) -> str:
    """ "1 AWS account in 2 regions (15 more are empty), 3 code repositories"."""
    parts = []
    if accounts:
        used = {region for account in accounts for region in account.used}
        empty = {region for account in accounts for region in account.empty} - used
        part = plural(len(accounts), "AWS account")
        if used:
            part += f" in {plural(len(used), 'region')}"
        if empty:
            part += f" ({len(empty)} {'more ' if used else ''}{'is' if len(empty) == 1 else 'are'} empty)"
        parts.append(part)
    if repositories:
        parts.append(plural(len(repositories), "code repository", "code repositories"))
    return ", ".join(parts) or _("nothing could be read")


def missed_lines(gaps: Iterable[Mapping[str, Any]]) -> tuple[Missed, ...]:
    """Gaps grouped by what would close them: one line a permission and who denied it, or a reason. Widest first."""
    grouped: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for gap in gaps:
        grouped[_cause(gap)].append(gap)
    ordered = sorted(
        grouped.values(), key=lambda some: (-len({gap["check"] for gap in some}), -len(some), _cause(some[0]))
    )
    return tuple(_missed(some) for some in ordered)


def _cause(gap: Mapping[str, Any]) -> tuple[str, ...]:
    if gap["reason"] == Ending.DENIED:
        permission = "" if _by_consent(gap) else gap["iam_action"] or gap["unit"]
        return (gap["reason"], permission, gap["denied_by"] or "")
    return (gap["reason"], gap.get("message") or gap["unit"], "")


def _missed(gaps: list[Mapping[str, Any]]) -> Missed:
    first = gaps[0]
    denied = first["reason"] == Ending.DENIED
    return Missed(
        what=capitalised(_some(sorted({subject(gap["unit"]) for gap in gaps}))),
        where=_where(gaps),
        why=_why(first),
        permission=(first["iam_action"] or "") if denied and not _by_consent(first) else "",
    )


def _by_consent(gap: Mapping[str, Any]) -> bool:
    return CONSENT in (gap["denied_by"] or "")


def _by_price(gap: Mapping[str, Any]) -> bool:
    return PRICE in (gap["denied_by"] or "")


def _why(gap: Mapping[str, Any]) -> str:
    """A sentence without its full stop."""
    reason = Ending(gap["reason"])
    if reason is Ending.DENIED:
        if _by_price(gap):
            return _("Not asked: AWS charges for each of these questions")
        if _by_consent(gap):
            return _("Not read: it was agreed to read metadata only")
        who = gap["denied_by"] or ""
        return _("Denied; AWS does not say by what") if who in {"", "unknown"} else f"Denied by the {who}"
    words = capitalised(str(SHORT_REASONS[reason]))
    return (gap.get("message") or words).rstrip(".")


def _where(gaps: list[Mapping[str, Any]]) -> str:
    repositories = sorted({gap["repository"] for gap in gaps if gap.get("repository")})
    accounts = {gap["account"] for gap in gaps if gap["account"]}
    regions = sorted({gap["region"] for gap in gaps if gap["region"] not in {"", GLOBAL}})
    parts = [_some(repositories)] if repositories else []
    if all(gap["resource"] for gap in gaps):
        parts.append(_some(sorted({_name(gap["resource"]) for gap in gaps})))
    elif accounts and not regions and not repositories:
        parts.append(_("the whole account") if len(accounts) == 1 else "")
    if regions:
        parts.append(_some(regions) if len(regions) <= MOST_NAMES else plural(len(regions), "region"))
    if len(accounts) > 1:
        parts.append(plural(len(accounts), "account"))
    return ", ".join(filter(None, parts)) or _("the whole run")


def _name(resource: str) -> str:
    """The last part of an ARN: what people call it."""
    return re.split(r"[:/]", resource)[-1] or resource


def _some(names: list[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"
    return listed(names)


def unseen_lines(gaps: Iterable[Mapping[str, Any]]) -> tuple[Unseen, ...]:
    """For the first page: subjects by what kept us from them. What was read but for single resources comes last."""
    grouped: dict[tuple[bool, str], set[str]] = defaultdict(set)
    for gap in gaps:
        why = _("not read, as agreed") if _by_consent(gap) else str(SHORT_REASONS[Ending(gap["reason"])])
        in_part = bool(gap["resource"])
        grouped[in_part, f"{why} in places" if in_part else why].add(subject(gap["unit"]))
    return tuple(
        Unseen(what=capitalised(_some(sorted(subjects))), why=why)
        for (_part, why), subjects in sorted(grouped.items(), key=lambda item: (item[0][0], item[0][1]))
    )


def iac_lines(result: Mapping[str, Any]) -> tuple[IacLine, ...]:
    """One line a kind of resource that somebody could have defined, the most numerous first."""
    lines = [
        IacLine(
            label=type_label(kind), **{name: share[name] for name in ("managed", "unmanaged", "derived", "unknown")}
        )
        for kind, share in result.get("iac_coverage", {}).items()
    ]
    weighty = [line for line in lines if line.managed + line.unmanaged + line.unknown]
    return tuple(sorted(weighty, key=lambda line: (-(line.managed + line.unmanaged + line.unknown), line.label)))
