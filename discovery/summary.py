"""From a run and what staff chose to the words of its executive summary.

`summary_content` reads the database once; what comes out holds everything that the document says, in JSON types, so
that a frozen summary can be drawn again from its snapshot alone.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date

from core import clock
from core.models import Practice, User
from discovery import found, networks
from discovery.code_words import Share, code_sentence, environment_rows
from discovery.coverage import Coverage, IacLine, coverage_of, iac_lines
from discovery.delivery_words import RepositoryLine, ToolLine, repository_lines, telling_tools, tool_lines
from discovery.found import CheckCount
from discovery.models import Summary, SummaryEntry
from discovery.one_account import Seen, seen_by
from discovery.queries_accounts import accounts_read
from discovery.telling import AppendixGroup, GlanceLine, Horizon, Telling, Topic
from infra_audit.proof import logs_insights
from infra_audit.registry import Severity, catalogue

SCHEMA = 1


@dataclass(frozen=True)
class ActionLine:
    action: str
    consequence: str
    calendar_time: str


@dataclass(frozen=True)
class ChainLine:
    """How findings lead to one another, and each step of it."""

    sentence: str
    links: tuple[str, ...]


@dataclass(frozen=True)
class SeverityLine:
    severity: str
    bad: int
    examined: int


@dataclass(frozen=True)
class NextStep:
    day: str
    decision: str
    person: str


@dataclass(frozen=True)
class ChangesLine:
    since: str
    new: int
    fixed: int
    still: int
    regressed: int
    uncompared: int


@dataclass(frozen=True)
class CallsLine:
    """How many requests were sent to AWS, and what shows them in the client's own CloudTrail."""

    count: int
    query: str


@dataclass(frozen=True)
class SummaryContent:
    """Everything the document says."""

    schema: int
    language: str
    client: str
    account: str  # "production (123456789012)", where it is of one account alone
    practice: str
    by: str
    day: str
    seen_on: str
    verdict: str
    actions: tuple[ActionLine, ...]
    chains: tuple[ChainLine, ...]
    good_news: tuple[str, ...]
    severities: tuple[SeverityLine, ...]
    not_seen_extra: str
    next: NextStep
    words: str
    coverage: Coverage
    changes: ChangesLine | None
    glance: tuple[GlanceLine, ...]
    brief: int  # groups beside those, told in a few lines
    topics: tuple[Topic, ...]
    findings: int
    accepted: int
    iac: tuple[IacLine, ...]
    networks: tuple[Mapping[str, Any], ...]  # as the run keeps them: infra_audit.network_map
    networks_more: int
    horizons: tuple[Horizon, ...]
    appendix: tuple[AppendixGroup, ...]
    appendix_more: int
    code: str
    code_by_environment: tuple[Share, ...]
    calls: CallsLine | None
    tools: tuple[ToolLine, ...]
    tools_more: int
    delivery: RepositoryLine | None  # of the busiest repository
    delivery_more: int  # how many other repositories there are

    def as_snapshot(self) -> dict[str, Any]:
        """In JSON types: what is stored, hashed and drawn from."""
        told: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return told


def summary_content(summary: Summary) -> SummaryContent:
    """What the summary says now. A fixed number of queries, for 0 findings as for 20,000."""
    run, practice = seen_by(summary), Practice.get()
    entries = list(summary.entries.all())
    counts = found.counted(run)
    hidden = {entry.check_id for entry in entries if entry.decision == SummaryEntry.Decision.HIDE and entry.check_id}
    kept = [
        entry
        for entry in entries
        if entry.decision == SummaryEntry.Decision.KEEP and (not entry.check_id or entry.check_id in counts)
    ]
    told = Telling(run, kept, counts)
    locale = summary.organisation.locale
    tools, repositories = tool_lines(run.result), repository_lines(run.result)
    telling = telling_tools(tools)
    drawn, more = ((), 0) if hidden & networks.TOLD_BY_DRAWING else networks.kept_in_summary(run.result)
    return SummaryContent(
        schema=SCHEMA,
        language=locale.partition("_")[0],
        client=summary.organisation.name,
        account=account_told(summary),
        practice=practice.name,
        by=written_by(summary),
        day=in_locale(summary.frozen_at or clock.now(), practice.zone, locale),
        seen_on=in_locale(run.as_of, practice.zone, locale),
        verdict=summary.verdict,
        actions=tuple(
            ActionLine(one.action, one.consequence, one.calendar_time) for one in summary.actions.order_by("rank")
        ),
        chains=tuple(
            ChainLine(one.sentence, tuple(link.text for link in one.links)) for one in found.leading_chains(run, hidden)
        ),
        good_news=tuple(summary.good_news),
        severities=severity_lines(run, counts, hidden),
        not_seen_extra=summary.not_seen_extra,
        next=NextStep(
            day=_day(summary.next_date, locale, "full"), decision=summary.next_decision, person=summary.next_person
        ),
        words=summary.words,
        coverage=coverage_of(run),
        changes=_changes(run, hidden, practice.zone, locale),
        glance=told.glance(),
        brief=told.brief(),
        topics=told.topics(),
        findings=sum(counts[entry.check_id].findings if entry.check_id else 1 for entry in kept),
        accepted=found.accepted_risks(run, hidden),
        iac=() if "resource_not_in_iac" in hidden else iac_lines(run.result),
        networks=drawn,
        networks_more=more,
        horizons=told.horizons(),
        appendix=told.appendix(),
        appendix_more=told.left_out(),
        code="" if "resource_not_in_iac" in hidden else code_sentence(run.result),
        code_by_environment=() if "resource_not_in_iac" in hidden else environment_rows(run.result),
        calls=_calls(run),
        tools=telling,
        tools_more=len(tools) - len(telling),
        delivery=next(iter(repositories), None),
        delivery_more=max(0, len(repositories) - 1),
    )


def account_told(summary: Summary) -> str:
    """ "production (123456789012)" for a summary of one account, else ""."""
    if not summary.account:
        return ""
    known = accounts_read(seen_by(summary)).first()
    name = known and (known.alias or known.name)
    return f"{name} ({summary.account})" if name and name != summary.account else summary.account


def _calls(run: Seen) -> CallsLine | None:
    """None where no account was read. Who came in by no role is known by the program's name alone."""
    if not (count := run.result.get("api_calls", 0)):
        return None
    arns = list(run.shards.filter(kind="account").values_list("aws_account__role_arn", flat=True))
    roles = sorted({arn.rpartition("/")[2] for arn in arns if arn}) if all(arns) else []
    return CallsLine(count, logs_insights(roles))


def written_by(summary: Summary) -> str:
    """Whoever made the summary, else the practice's first consultant, else the practice."""
    author = summary.made_by or User.objects.filter(is_consultant=True, is_active=True).order_by("pk").first()
    return str(author or Practice.get())


def in_locale(moment: datetime, zone: str, locale: str) -> str:
    """The calendar date in the practice's zone, spelled as the client's locale does."""
    return _day(moment.astimezone(ZoneInfo(zone)).date(), locale)


def _day(day: date | None, locale: str, style: Literal["long", "full"] = "long") -> str:
    return format_date(day, style, locale) if day else ""


def severity_lines(run: Seen, counts: Mapping[str, CheckCount], hidden: set[str]) -> tuple[SeverityLine, ...]:
    """Of each severity: bad resources, of those examined by checks that judge at it, or judged one to it."""
    examined = {check_id: n for check_id, n in run.result.get("examined", {}).items() if check_id not in hidden}
    lines = []
    for severity in Severity:
        bad = {check_id: count.by_severity.get(severity, 0) for check_id, count in counts.items()}
        judged = [one for one in examined if bad.get(one) or _default_severity(one) == severity]
        found_bad = sum(bad[one] for one in judged if one in bad)
        lines.append(SeverityLine(severity.value, found_bad, max(found_bad, sum(examined[one] for one in judged))))
    return tuple(line for line in lines if line.examined)


def _default_severity(check_id: str) -> Severity | None:
    check = catalogue().get(check_id)
    return check.severity if check else None


def _changes(run: Seen, hidden: set[str], zone: str, locale: str) -> ChangesLine | None:
    changes = found.changes_since(run, hidden)
    if changes is None:
        return None
    since = in_locale(datetime.fromisoformat(changes.since), zone, locale)
    return ChangesLine(since, changes.new, changes.fixed, changes.still, changes.regressed, changes.uncompared)
