"""What a draft says before anybody has touched it: sensible choices, from the worst findings and the best news."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.models import Practice
from discovery.found import CheckCount
from discovery.one_account import Seen
from discovery.wording import all_sentence, calendar_time, capitalised, count_sentence, verdict, working_days
from infra_audit.registry import Check, Severity, catalogue

MOST_ACTIONS = 3
GOOD_NEWS = 2
DAYS_TO_DECIDE = 7


@dataclass(frozen=True)
class DraftAction:
    """One of "do first", with the check it comes from."""

    action: str
    consequence: str
    calendar_time: str
    check_id: str


def ranked(counts: Mapping[str, CheckCount]) -> list[CheckCount]:
    """Worst first; of equals the more frequent, then by id, so that a draft is the same each time."""
    return sorted(counts.values(), key=lambda count: (count.worst.rank, -count.resources, count.check_id))


def first_actions(told: Sequence[CheckCount]) -> list[DraftAction]:
    """At most three, each another act. What is only worth knowing is nothing to do first."""
    actions: dict[str, DraftAction] = {}
    for count in told:
        check = catalogue().get(count.check_id)
        if check is None or count.worst is Severity.INFO or check.action in actions:
            continue
        time = calendar_time(working_days(check.effort, count.findings))
        actions[check.action] = DraftAction(check.action, capitalised(check.consequence) + ".", time, check.id)
    return list(actions.values())[:MOST_ACTIONS]


def draft_verdict(run: Seen, told: Sequence[CheckCount], actions: Sequence[DraftAction]) -> str:
    """Consequence, count, way out, of the worst finding; or plainly that nothing was found."""
    if not actions:
        seen = sum(run.result.get("examined", {}).values())
        if not seen:
            return _("Nothing could be read, so nothing is said here about what is good or bad.")
        return _("In what we could read we found nothing that needs doing: {n} questions, all answered well.").replace(
            "{n}", f"{seen:,}"
        )
    by_id = {count.check_id: count for count in told}
    worst = catalogue()[actions[0].check_id]
    count = by_id[worst.id]
    return verdict(
        headline=worst.headline,
        consequence=worst.consequence,
        n=count.resources,
        m=max(count.resources, run.result.get("examined", {}).get(worst.id, 0)),
        changes=len(actions),
        days=sum(working_days(catalogue()[one.check_id].effort, by_id[one.check_id].findings) for one in actions),
    )


def draft_good_news(run: Seen, told: Mapping[str, CheckCount]) -> list[str]:
    """Two things that are true of all that was examined, the weightiest first; nothing is said of what has a gap."""
    examined, passed = run.result.get("examined", {}), run.result.get("passed", {})
    gaps = {gap["check"] for gap in run.result.get("not_assessed", [])}
    good = [
        check
        for check in catalogue().values()
        if examined.get(check.id) and passed.get(check.id) == examined[check.id] and check.good_news
        if check.id not in gaps and check.id not in told and not _says_none_of_one(check, examined[check.id])
    ]
    good.sort(key=lambda check: (check.severity.rank, -examined[check.id], check.id))
    news = [all_sentence(check.good_news, examined[check.id]) for check in good]
    return (news + _other_good_news(run, told))[:GOOD_NEWS]


def _says_none_of_one(check: Check, examined: int) -> bool:
    """ "None of 1 …" is no sentence."""
    return examined == 1 and not check.good_news.startswith("All {m} ")


def _other_good_news(run: Seen, told: Mapping[str, CheckCount]) -> list[str]:
    """Where no check passed whole: what was opened to us, then where most is well."""
    news = []
    gaps = run.result.get("not_assessed", [])
    readings = run.units.count()
    if readings and not gaps:
        news.append(_("You opened all that we asked for: none of %(n)s readings was refused.") % {"n": f"{readings:,}"})
    examined = run.result.get("examined", {})
    partly = [
        (
            check.severity.rank,
            -passed / examined[check.id],
            check.good_news.replace("All {m} ", "{n} of {m} ", 1),
            check.id,
        )
        for check, passed in ((catalogue().get(one), n) for one, n in run.result.get("passed", {}).items())
        if check and check.id in told and check.good_news.startswith("All {m} ") and 2 * passed > examined[check.id]
    ]
    for _rank, _share, sentence, check_id in sorted(partly):
        news.append(count_sentence(sentence, run.result["passed"][check_id], examined[check_id]))
    return news


def decision_day(run: Seen) -> date:
    """A week after the run's moment, in the practice's zone, on a working day."""
    day = run.as_of.astimezone(ZoneInfo(Practice.get().zone)).date() + timedelta(days=DAYS_TO_DECIDE)
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() >= 5 else 0)


def draft_decision(actions: Sequence[DraftAction]) -> str:
    if not actions:
        return _("When shall we look again?")
    if len(actions) == 1:
        return _("May the change above start?")
    return _("May these changes start, in this order?")
