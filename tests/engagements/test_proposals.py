"""Writing a proposal: started, worded, lined, revised, thrown away."""

from decimal import Decimal

import pytest

from core.errors import DomainError, TransitionError
from core.models import Event, Organisation
from core.money import Money
from engagements import hooks, starters
from engagements.models import Proposal, ProposalLine, ProposalRevision, Terms
from engagements.offer import Offer
from engagements.services import lines, proposals, terms
from engagements.services.lines import LineWords
from engagements.services.proposals import LAST, Beginning
from engagements.services.terms import TermsWords
from tests.engagement_factories import (
    make_alternative,
    make_draft,
    make_line,
    make_option,
    make_sent_revision,
)
from tests.factories import make_organisation, organisation_of
from tests.money_factories import make_selling_rate
from tests.outreach_factories import day, make_contact, make_lead

Kind = ProposalRevision.Kind


def begin(actor, **fields):
    return proposals.start_proposal(beginning=Beginning(**{"start": Kind.FIXED_BID, **fields}), actor=actor)


@pytest.mark.parametrize("start", [Kind.FIXED_BID, Kind.PAID_DISCOVERY, Kind.CAPPED_TIME])
def test_a_starter_brings_everything_but_the_price(ada, start):
    draft = begin(ada, start=start, organisation=make_organisation())

    offer = Offer.of(draft)
    assert draft.reference == "P-1"
    assert offer.terms is not None
    assert offer.trade_rule
    assert offer.exclusions
    assert offer.assumptions
    assert offer.valid_until == day(starters.VALID_DAYS)
    assert draft.starts_on.weekday() == 0
    assert sum((Decimal(part["percent"]) for part in draft.payment_plan), Decimal(draft.deposit_percent)) <= 100


def test_a_new_client_is_made_by_its_name_and_an_old_one_is_found(ada):
    first = begin(ada, client_name="Tern & Tide")
    second = begin(ada, client_name=" tern & tide ")

    assert first.organisation == second.organisation
    assert [first.reference, second.reference] == ["P-1", "P-2"]


def test_without_a_client_nothing_is_started(ada):
    with pytest.raises(DomainError, match="who it is for"):
        begin(ada, client_name="  ")

    assert not Proposal.objects.exists()


def test_a_lead_s_company_becomes_the_client(ada):
    lead = make_lead(ada, contact=make_contact(ada, company="Larkfield"), company="Larkfield")

    draft = begin(ada, lead=lead)

    assert draft.organisation == Organisation.objects.get(name="Larkfield")
    assert draft.proposal.lead == lead


def test_the_first_line_may_come_at_once(ada):
    draft = begin(ada, start=Kind.PAID_DISCOVERY, client_name="Tern", line_price=Decimal(3000))

    line = draft.lines.get()
    assert line.price == Money(3000, "USD")
    assert line.done_when


def test_the_last_one_is_copied_with_new_keys_and_without_the_other_client_s_problem(ada):
    last = make_draft(organisation=make_organisation("Tern"), problem="Tern loses backups", exclusions=["Nights"])
    first = make_line(last)
    make_line(last, "Then this", depends_on=[str(first.key)])

    draft = begin(ada, start=LAST, organisation=make_organisation("Other"))

    copied = list(draft.lines.all())
    assert draft.problem == ""
    assert draft.exclusions == ["Nights"]
    assert [line.title for line in copied] == ["Backups are restored once a week", "Then this"]
    assert copied[0].key != first.key
    assert copied[1].depends_on == [str(copied[0].key)]


def test_without_an_earlier_one_there_is_no_last(ada):
    with pytest.raises(DomainError, match="no earlier proposal"):
        begin(ada, start=LAST, client_name="Tern")


def test_the_verdict_of_the_latest_summary_is_quoted_where_one_is_told(ada, monkeypatch):
    monkeypatch.setattr(hooks, "_verdicts", [lambda _: "", lambda _: "One delete would lose it all."])

    assert begin(ada, client_name="Tern").verdict == "One delete would lose it all."


def test_time_and_materials_take_the_selling_rate(ada):
    make_selling_rate(ada, 180)

    assert begin(ada, start=Kind.CAPPED_TIME, client_name="Tern").rate == Money(180, "USD")


# Lines


def test_lines_are_moved_and_removed_with_what_waited_for_them(ada):
    draft = make_draft()
    one, two, three = (make_line(draft, title) for title in ("one", "two", "three"))
    words = LineWords(title="three", price=three.price, depends_on=[str(one.key)])
    lines.change_line(line=three, words=words, actor=ada)

    lines.move_line(line=three, up=True, actor=ada)
    assert [line.title for line in draft.lines.all()] == ["one", "three", "two"]
    lines.move_line(line=two, up=False, actor=ada)
    lines.remove_line(line=one, actor=ada)

    assert [line.title for line in draft.lines.all()] == ["three", "two"]
    assert draft.lines.get(title="three").depends_on == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"title": "  "}, "what the line is"),
        ({"price": Money(1, "EUR")}, "is in USD"),
        ({"price": Money(-1, "USD")}, "zero or more"),
        ({"kind": ProposalLine.Kind.ALTERNATIVE}, "Name the choice"),
        ({"low_hours": Decimal(3), "high_hours": Decimal(2)}, "in this order"),
        ({"depends_on": ["not-there"]}, "lines of this proposal"),
    ],
)
def test_a_line_that_cannot_be_so_is_refused(ada, wrong, why):
    draft = make_draft()

    with pytest.raises(DomainError, match=why):
        lines.add_line(
            revision=draft, words=LineWords(**{"title": "A line", "price": Money(1, "USD"), **wrong}), actor=ada
        )

    assert not draft.lines.exists()


def test_options_and_alternatives_come_to_a_total(ada):
    draft = make_draft()
    make_line(draft, price="1000")
    make_alternative(draft, "Small", "2000")
    make_alternative(draft, "Large", "5000", is_recommended=True, recommendation="You grow")
    make_option(draft, price="700")

    assert Offer.of(draft).price == Money(6000, "USD")


# Frozen, revised


def test_what_was_sent_is_not_edited(ada):
    sent = make_sent_revision()
    line = sent.lines.get()
    words = LineWords(title="Cheaper", price=Money(1, "USD"))

    for act in (
        lambda: lines.add_line(revision=sent, words=words, actor=ada),
        lambda: lines.change_line(line=line, words=words, actor=ada),
        lambda: lines.move_line(line=line, up=True, actor=ada),
        lambda: lines.remove_line(line=line, actor=ada),
        lambda: proposals.change_words(
            revision=sent, words=proposals.ProposalWords("New", {"problem": "x"}), actor=ada
        ),
        lambda: proposals.discard_draft(revision=sent, actor=ada),
    ):
        with pytest.raises(TransitionError, match="frozen"):
            act()


def test_a_revision_is_a_copy_with_the_same_keys_and_the_sent_one_stays(ada):
    sent = make_sent_revision()

    draft = proposals.revise(revision=sent, actor=ada)

    assert draft.reference == "P-1.2"
    assert draft.lines.get().key == sent.lines.get().key
    assert draft.lines.get().frozen_at is None
    assert proposals.revise(revision=sent, actor=ada) == draft
    sent.refresh_from_db()
    assert sent.status == ProposalRevision.Status.SENT


def test_a_discarded_revision_leaves_what_was_sent_and_a_first_draft_goes_whole(ada):
    sent = make_sent_revision()
    draft = proposals.revise(revision=sent, actor=ada)

    assert proposals.discard_draft(revision=draft, actor=ada) == sent.proposal
    assert list(sent.proposal.revisions.all()) == [sent]

    alone = make_draft()
    make_line(alone)
    assert proposals.discard_draft(revision=alone, actor=ada) is None
    assert Proposal.objects.count() == 1
    assert Event.objects.filter(what="proposal.draft_discarded").count() == 2


# Terms


def test_standard_terms_are_made_once_a_kind(ada):
    make_draft()
    make_draft(title="Another")

    assert [(one.name, one.version) for one in Terms.objects.all()] == [("Fixed bid", 1)]


def test_a_new_version_holds_for_what_comes_and_the_old_one_stays(ada):
    draft = make_draft()
    newer = terms.add_version(name="Fixed bid", words=TermsWords("Plain", "Body"), actor=ada)

    assert newer.version == 2
    assert make_draft(title="Next").terms == newer
    draft.refresh_from_db()
    assert draft.terms.version == 1
    assert draft.terms.retired_at is not None


def test_terms_need_words(ada):
    with pytest.raises(DomainError, match="need a name"):
        terms.add_version(name="Mine", words=TermsWords(" ", "Body"), actor=ada)


# Text


@pytest.mark.parametrize(
    "title",
    ["<script>alert(1)</script>", "{{7*7}}", "](javascript:alert(1))", "x" * 200, "הצעה לגיבוי", "é🚀"],
)
def test_a_title_is_text_whatever_it_looks_like(ada, title):
    draft = make_draft(title=title)
    make_line(draft, title)

    assert Offer.of(draft).title == title
    assert Offer.of(draft).lines[0].title == title


@pytest.mark.parametrize(("currency", "price", "deposit"), [("JPY", "100001", "30000"), ("KWD", "10.005", "3.002")])
def test_each_currency_has_its_own_smallest_coin(ada, ben, currency, price, deposit):
    organisation = organisation_of(ben)
    Organisation.objects.filter(pk=organisation.pk).update(currency=currency)
    draft = make_draft(organisation=Organisation.objects.get(pk=organisation.pk))
    make_line(draft, price=price)

    assert Offer.of(draft).deposit == Money(deposit, currency)
