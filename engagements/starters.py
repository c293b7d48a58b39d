"""What a proposal begins with, so that a first one takes minutes. Everything in it is there to be edited."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from engagements.models import ProposalRevision

Kind = ProposalRevision.Kind
VALID_DAYS = 21
STARTS_AFTER_DAYS = 14


@dataclass(frozen=True)
class StandardTerms:
    """The terms that a practice begins with; it makes a version of its own on /settings/terms/."""

    name: str
    plain_words: str
    body: str
    cancellation_fee: str = ""


@dataclass(frozen=True)
class Starter:
    """The words of one kind of proposal. `line` is title, outcome and done-when of a first line."""

    kind: Kind
    about: str
    title: str
    line: tuple[str, str, str]
    words: dict[str, str]
    exclusions: tuple[str, ...]
    assumptions: tuple[str, ...]
    deposit_percent: int
    payment_plan: tuple[tuple[str, str], ...]
    terms: StandardTerms


def starter(kind: str) -> Starter:
    """Raises KeyError for a kind that has none."""
    makers: dict[str, Callable[[], Starter]] = {
        Kind.PAID_DISCOVERY: _paid_discovery,
        Kind.FIXED_BID: _fixed_bid,
        Kind.CAPPED_TIME: _capped_time,
    }
    return makers[kind]()


def _paid_discovery() -> Starter:
    return Starter(
        kind=Kind.PAID_DISCOVERY,
        about=_("Look first, for a small fixed price that counts towards the work that follows."),
        title=_("Discovery"),
        line=(
            _("Discovery: interviews and a read-only audit"),
            _(
                "You know what could go wrong in your cloud accounts and repositories, what to do first, and what it"
                " will cost."
            ),
            _("The executive summary is delivered as a PDF and walked through with you in one meeting."),
        ),
        words=_common()
        | {
            "last_day": _(
                "- You hold a written executive summary with the three things to do first.\n"
                "- Every statement in it names its evidence, and what we could not see is named too.\n"
                "- You can act on it with us, with somebody else, or on your own."
            ),
            "timeline": _("- Week 1: access, interviews, audit.\n- Week 2: the summary, and a meeting about it."),
            "needs": _(
                "- Read-only access to the accounts and repositories, by the first day.\n"
                "- One hour each with up to four of your people, in the first week."
            ),
        },
        exclusions=(
            _("Changes to your systems: discovery reads and writes nothing."),
            _("A penetration test."),
        ),
        assumptions=(
            _("Read-only access is there on the first day."),
            _("The people we ask to talk to have an hour for us in the first week."),
        ),
        deposit_percent=50,
        payment_plan=((_("When the summary is delivered"), "50"),),
        terms=_terms(_("Paid discovery")),
    )


def _fixed_bid() -> Starter:
    return Starter(
        kind=Kind.FIXED_BID,
        about=_("A price and a date for an outcome. Scope changes by trade, or by a signed change order."),
        title=_("Fixed bid"),
        line=(_("The first piece of work"), "", ""),
        words=_common()
        | {
            "last_day": _(
                "- Everything listed below is done, as its “done when” says.\n"
                "- Your team has seen it work, and runs it without us."
            ),
            "needs": _(
                "- Access to the accounts and repositories, by the first day.\n"
                "- One person who may decide, and answers within two working days."
            ),
        },
        exclusions=(
            _("Work that is not listed under what you get."),
            _("Fees of cloud providers and licences: you pay them directly."),
            _("Operation and on-call duty after the last day."),
        ),
        assumptions=(
            _("Access is there on the first day."),
            _("Questions are answered within two working days."),
            _("No other team changes the same systems at the same time without telling us."),
        ),
        deposit_percent=30,
        payment_plan=((_("When half of the work is delivered"), "40"),),
        terms=_terms(_("Fixed bid"), _("A fifth of the price that is still open, if you cancel after the start.")),
    )


def _capped_time() -> Starter:
    return Starter(
        kind=Kind.CAPPED_TIME,
        about=_("Billed from the work log, and never above the cap without your word."),
        title=_("Work by the hour, with a cap"),
        line=(_("The first piece of work"), "", ""),
        words=_common()
        | {
            "last_day": _("- What is listed below is done, or the cap is reached and you decided what comes next."),
            "needs": _(
                "- Access to the accounts and repositories, by the first day.\n"
                "- One person who says each week what comes next."
            ),
        },
        exclusions=(
            _("Hours beyond the cap: we ask first."),
            _("Fees of cloud providers and licences: you pay them directly."),
        ),
        assumptions=(
            _("Access is there on the first day."),
            _("You read the weekly report and say what comes first."),
        ),
        deposit_percent=20,
        payment_plan=(),
        terms=_terms(_("Capped time and materials")),
    )


def _common() -> dict[str, str]:
    return {
        "who": _(
            "We do the work ourselves and pass it on to nobody. What we learn of you stays with us, during the work and"
            " after it. On the last day our access is revoked, and you get a list of what it was."
        ),
        "next_morning": _(
            "You get the invoice for the deposit and a list of the access we need. As soon as the deposit has cleared,"
            " the work begins; every week you get a report that fits on one screen."
        ),
        "trade_rule": _(
            "Plans change, and you should not pay twice for it. Suppose that halfway you no longer need the second log"
            " store, but need a copy of the staging environment. We take the one out and put the other in: same value,"
            " same price, agreed with one click. If the new piece is worth more or takes longer, you first get a change"
            " order of one page that says by how much, and nothing of it is begun before you have signed."
        ),
    }


def _terms(name: str, cancellation_fee: str = "") -> StandardTerms:
    return StandardTerms(
        name=name,
        plain_words=_(
            "- You pay the deposit, then we start.\n"
            "- What we make for you is yours once it is paid.\n"
            "- You look at what we deliver within five working days; what you do not send back counts as accepted.\n"
            "- Either side may stop with two weeks' notice; what is done until then is paid.\n"
            "- What we learn of each other stays between us."
        ),
        body=_(
            "## 1. What is agreed\n\n"
            "The proposal that you signed, with its lines, exclusions and assumptions, and these terms. Changes are"
            " agreed in writing, by a trade or a change order.\n\n"
            "## 2. Price and payment\n\n"
            "Prices are without tax. The deposit is due on signing; work begins when it has cleared. Invoices are due"
            " within 14 days. If one is more than 14 days late, we may pause the work after telling you the day;"
            " dates then move by as many days.\n\n"
            "## 3. Delivery and acceptance\n\n"
            "Each item is delivered when what its line calls “done” is true. You accept it, or send it back with the"
            " reason. If we hear nothing within the days named here, it counts as accepted.\n\n"
            "## 4. Rights\n\n"
            "What we make for you becomes yours with full payment. Tools and know-how that we brought stay ours; you"
            " may use them in what we made, without limit of time.\n\n"
            "## 5. Confidence and access\n\n"
            "Neither side passes on what it learns of the other. We use the access you give us for this work alone, and"
            " hand it back when it ends.\n\n"
            "## 6. Liability\n\n"
            "We are liable for what we break through carelessness, up to the price of this agreement; without limit"
            " where the law allows none.\n\n"
            "## 7. Ending\n\n"
            "Either side may end the agreement with 14 days' notice in writing. What was delivered and what was begun"
            " until then is paid."
        ),
        cancellation_fee=cancellation_fee,
    )
