"""Progress reports: what the system drafts, what staff make of it, and that what is published stays."""

import datetime as dt
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from billing.models import Invoice
from core import clock, posting
from core.errors import DomainError, TransitionError
from core.models import Event, Membership
from discovery import comparing
from engagements.models import Engagement
from engagements.services import decisions, items
from engagements.services import engagements as running
from engagements.services.work import log_work
from outreach import dates
from portal import report_queries
from portal.amounts import names_amount
from portal.models import Block, ProgressReport, ReadReceipt, ReportEntry, ReportMail, ReportRevision
from portal.report_document import CUTS, Reader, told_to
from portal.services import nagging, report_telling, reports
from portal.services.receipts import record_receipt
from portal.services.reports import EntryWords
from tests.billing_factories import by_hand, issue, make_particulars, make_printed, pay
from tests.factories import make_client
from tests.report_factories import (
    make_compared_run,
    make_draft_report,
    make_report,
    make_told_finding,
    publish,
    say,
)
from tests.scope_factories import approve, make_engagement, make_order, make_trade, work

OWNER = Reader(sees_money=True, names_items=True)
READER = Reader(sees_money=False, names_items=True)
OVERVIEW = Reader(sees_money=True, names_items=False)
MONDAY = dt.date(2026, 11, 16)
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
HOSTILE = "<script>alert(1)</script> {{7*7}} [x](javascript:alert(1)) </style>"


@pytest.fixture
def one(ada, ben):
    return make_engagement(ben, owner=ada, finishes_on=dates.today() + dt.timedelta(days=30))


@pytest.fixture
def at(settings):
    """Sets the clock to the morning of a day."""
    begun = clock.real_now()

    def set_to(day, minute=0):
        wanted = dt.datetime.combine(day, dt.time(9, minute), tzinfo=dt.UTC)
        settings.CLOCK_OFFSET_S = (wanted - begun).total_seconds()

    set_to(MONDAY)
    return set_to


def lines(draft, block):
    return list(draft.entries.filter(block=block))


def texts(draft, block):
    return [line.text for line in lines(draft, block) if not line.is_hidden]


def edit(draft, block, act="", words=None, *, actor):
    return reports.edit_block(revision=draft, block=block, words=words or {}, act=act, actor=actor)


def told(revision, reader=OWNER):
    return told_to(revision.snapshot, reader)


def ask(one, ada):
    decisions.ask_for_decision(
        engagement=one, question="Which?", wanted_by=dates.today(), waiting_costs="", is_clients=True, actor=ada
    )


def hand_over(item, ada):
    items.hand_over(item=item, handover=items.Handover(title="The proof", note="See."), actor=ada)


def test_items_that_moved_become_outcomes_with_their_proof(one, ada, ben):
    first, second, third, _fourth = one.items.all()
    hand_over(first, ada)
    items.accept_item(item=first, actor=ben)
    hand_over(second, ada)
    items.start_item(item=third, actor=ada)
    log_work(engagement=one, minutes=450, on=dates.today(), note="wrote the module", item=third, actor=ada)

    draft = make_draft_report(one, actor=ada)

    done = lines(draft, Block.DONE)
    assert [line.text for line in done] == ["Item 1", "Item 2", "Item 3"]
    assert done[0].note.startswith("Accepted by Ben")
    assert done[1].note == "Handed over: The proof"
    assert done[2].private == "wrote the module"
    assert texts(draft, Block.NEXT) == ["Item 3", "Item 4"]
    assert texts(draft, Block.NEEDED) == ["Look at “Item 2” and accept it"]
    assert texts(draft, Block.STATUS)[0].startswith("1 of 4 items is accepted, 1 waits for you; the finish stays")


def test_neither_hours_nor_notes_of_the_work_log_are_published(one, ada):
    item = one.items.first()
    items.start_item(item=item, actor=ada)
    log_work(engagement=one, minutes=450, on=dates.today(), note="seven and a half hours", item=item, actor=ada)

    content = str(publish(make_draft_report(one, actor=ada), actor=ada).snapshot)

    assert "half hours" not in content
    assert "450" not in content
    assert "7:30" not in content
    assert "minutes" not in content


def test_a_week_without_work_is_a_report_too(one, ada):
    revision = publish(make_draft_report(one, actor=ada), actor=ada)

    assert told(revision).done == ()
    assert told(revision).status.startswith("0 of 4 items are accepted")
    assert told(revision).scope.came == ()
    assert told(revision).findings is None


def test_only_what_happened_since_the_last_report_is_told(one, ada, ben):
    first, second, *_ = one.items.all()
    hand_over(first, ada)
    items.accept_item(item=first, actor=ben)
    make_report(one, actor=ada)
    hand_over(second, ada)
    items.accept_item(item=second, actor=ben)
    ProgressReport.objects.update(starts_on=dt.date(2026, 1, 5), ends_on=dt.date(2026, 1, 11))

    later = make_draft_report(one, actor=ada)

    assert texts(later, Block.DONE) == ["Item 2"]


def test_what_happens_before_an_amendment_is_told_in_the_next_report(at, one, ada, ben):
    first, second, *_ = one.items.all()
    original = make_report(one, actor=ada)
    at(MONDAY + 2 * DAY)
    hand_over(first, ada)
    approve(make_order(one, actor=ada, incoming=[work("A second region", 2900)]), actor=ben)
    log_work(engagement=one, minutes=60, on=dates.today(), note="looked into it", item=second, actor=ada)
    at(MONDAY + 3 * DAY)
    publish(reports.amend_report(revision=original, reason="A wrong day", actor=ada), actor=ada)
    at(MONDAY + WEEK)

    draft = make_draft_report(one, actor=ada)

    assert texts(draft, Block.DONE) == ["Item 1"]
    assert next(line for line in lines(draft, Block.NEXT) if line.text == "Item 2")
    assert [line.title for line in told(publish(draft, actor=ada)).scope.came] == ["A second region"]


def test_what_happens_between_drafting_and_publishing_is_told_next_time(at, one, ada, ben):
    first, second, *_ = one.items.all()
    draft = make_draft_report(one, actor=ada)
    at(MONDAY + DAY)
    hand_over(first, ada)
    reports.redraft(revision=draft, actor=ada)
    at(MONDAY + 2 * DAY)
    hand_over(second, ada)
    approve(make_order(one, actor=ada, incoming=[work("A second region", 2900)]), actor=ben)
    at(MONDAY + 3 * DAY)
    earlier = told(publish(draft, actor=ada))
    assert [line.text for line in earlier.done] == ["Item 1"]
    assert [line.title for line in earlier.scope.came] == ["A second region"]  # figures are as of publishing
    at(MONDAY + WEEK)

    later = told(make_report(one, actor=ada))

    assert [line.text for line in later.done] == ["Item 2"]
    assert later.scope.came == ()  # told once


def test_an_amended_older_report_is_not_the_newest(at, one, ada, ben):
    organisation = one.organisation
    finding = make_told_finding(organisation)
    make_compared_run(organisation, saw=[finding])
    older = make_report(one, actor=ada)
    at(MONDAY + WEEK)
    make_compared_run(organisation, fixed=[finding])
    newer = make_report(one, actor=ada)
    assert told(newer).findings["fixed"] == 1
    at(MONDAY + WEEK + DAY)
    publish(reports.amend_report(revision=older, reason="A wrong day", actor=ada), actor=ada)
    hand_over(one.items.first(), ada)
    ask(one, ada)

    assert report_queries.latest_report(organisation, ben) == newer
    assert report_queries.unread_and_waited_for(clock.now()).get() == newer
    at(MONDAY + 2 * WEEK)
    make_compared_run(organisation)
    third = make_report(one, actor=ada)
    assert third.since == newer.lines_written_at
    assert third.run_before == newer.run_after
    assert told(third).findings["fixed"] == 0  # told before


def test_at_most_three_things_are_asked_and_five_told(one, ada):
    for n in range(4):
        decisions.ask_for_decision(
            engagement=one,
            question=f"Question {n}?",
            wanted_by=dates.today() + dt.timedelta(days=9 - n),
            waiting_costs="a day",
            is_clients=True,
            actor=ada,
        )
    draft = make_draft_report(one, actor=ada)
    assert texts(draft, Block.NEEDED) == ["Question 3?", "Question 2?", "Question 1?"]  # the most urgent first
    hidden = next(line for line in lines(draft, Block.NEEDED) if line.is_hidden)

    with pytest.raises(DomainError, match="at most 3"):
        edit(draft, Block.NEEDED, f"keep:{hidden.public_id}", actor=ada)
    edit(draft, Block.NEEDED, f"hide:{lines(draft, Block.NEEDED)[0].public_id}", actor=ada)
    edit(draft, Block.NEEDED, f"keep:{hidden.public_id}", actor=ada)

    assert texts(draft, Block.NEEDED) == ["Question 2?", "Question 1?", "Question 0?"]


def test_lines_are_reworded_ordered_added_and_removed(one, ada):
    draft = make_draft_report(one, actor=ada)
    first, second, *_ = lines(draft, Block.NEXT)
    words = {first.public_id: EntryWords("In our words", "Why", dates.today())}
    edit(draft, Block.NEXT, f"down:{first.public_id}", words, actor=ada)
    assert texts(draft, Block.NEXT)[:2] == [second.text, "In our words"]

    mine = reports.add_line(revision=draft, block=Block.RISKS, words=EntryWords("The VPN may fail"), actor=ada)
    assert texts(draft, Block.RISKS) == ["The VPN may fail"]
    edit(draft, Block.RISKS, f"remove:{mine.public_id}", actor=ada)
    edit(draft, Block.NEXT, f"remove:{second.public_id}", actor=ada)  # the system's are hidden, not removed

    assert texts(draft, Block.RISKS) == []
    assert len(texts(draft, Block.NEXT)) == 4
    with pytest.raises(DomainError, match="Write something"):
        reports.add_line(revision=draft, block=Block.RISKS, words=EntryWords("  "), actor=ada)
    with pytest.raises(DomainError, match="no longer there"):
        edit(draft, Block.NEXT, "hide:gone", actor=ada)


def test_drafting_anew_keeps_what_staff_made_of_it(one, ada):
    draft = make_draft_report(one, actor=ada)
    first, second, *_ = lines(draft, Block.NEXT)
    edit(draft, Block.NEXT, f"hide:{second.public_id}", {first.public_id: EntryWords("Mine")}, actor=ada)
    reports.add_line(revision=draft, block=Block.DONE, words=EntryWords("By hand"), actor=ada)
    items.start_item(item=one.items.last(), actor=ada)

    reports.redraft(revision=draft, actor=ada)

    assert "Mine" in texts(draft, Block.NEXT)
    assert second.text not in texts(draft, Block.NEXT)
    assert texts(draft, Block.DONE) == ["By hand", "Item 4"]
    assert ReportEntry.objects.get(revision=draft, text="Item 4", block=Block.NEXT).note == "Goes on"  # refreshed


def test_a_draft_is_begun_once_a_period(one, ada):
    draft = make_draft_report(one, actor=ada)
    assert make_draft_report(one, actor=ada) == draft
    publish(draft, actor=ada)

    with pytest.raises(TransitionError, match="Amend it"):
        make_draft_report(one, actor=ada)


@pytest.mark.both
def test_a_second_publishing_does_nothing(one, ada, django_capture_on_commit_callbacks):
    draft = make_draft_report(one, actor=ada)
    with django_capture_on_commit_callbacks() as rung:
        assert reports.publish_report(revision=draft, actor=ada) is True
        assert reports.publish_report(revision=draft, actor=ada) is False

    assert len(rung) == 2  # the mail and the PDF, once
    published = Event.objects.get(what="report.published")
    assert (published.actor, published.audience) == (ada, Event.Audience.CLIENT)


def test_without_a_sentence_there_is_no_report(one, ada):
    draft = make_draft_report(one, actor=ada)
    draft.entries.filter(block=Block.STATUS).update(is_hidden=True)

    with pytest.raises(DomainError, match="in a sentence"):
        reports.publish_report(revision=draft, actor=ada)


@pytest.mark.both
@pytest.mark.parametrize("change", [{"snapshot": {}}, {"published_at": None}, {"number": 9}, {"reason": "Because"}])
def test_the_database_itself_keeps_what_is_published(one, ada, change):
    revision = make_report(one, actor=ada)

    with pytest.raises(DatabaseError), transaction.atomic():
        ReportRevision.objects.filter(pk=revision.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReportEntry.objects.filter(revision=revision).update(text="Other")
    with pytest.raises(DatabaseError), transaction.atomic():
        ReportEntry.objects.filter(revision=revision).delete()


def test_nothing_published_is_edited(one, ada):
    revision = make_report(one, actor=ada)

    for act in (
        lambda: edit(revision, Block.NEXT, "hide", actor=ada),
        lambda: reports.redraft(revision=revision, actor=ada),
        lambda: reports.discard_draft(revision=revision, actor=ada),
        lambda: reports.add_line(revision=revision, block=Block.DONE, words=EntryWords("x"), actor=ada),
    ):
        with pytest.raises(TransitionError, match="published"):
            act()


def test_what_was_answered_since_it_was_drafted_is_not_asked_for(one, ada, ben):
    decision = decisions.ask_for_decision(
        engagement=one,
        question="Which account?",
        wanted_by=dates.today(),
        waiting_costs="",
        is_clients=True,
        actor=ada,
    )
    draft = make_draft_report(one, actor=ada)
    decisions.decide(decision=decision, answer="The second", actor=ben)

    assert told(publish(draft, actor=ada)).needed == ()


def test_an_amendment_is_a_revision_with_its_reason_and_the_same_figures(one, ada):
    first = make_report(one, actor=ada)
    with pytest.raises(DomainError, match="why"):
        reports.amend_report(revision=first, reason=" ", actor=ada)
    second = reports.amend_report(revision=first, reason="A wrong day", actor=ada)
    assert reports.amend_report(revision=first, reason="Again", actor=ada) == second
    Engagement.objects.filter(pk=one.pk).update(finishes_on=dates.today() + dt.timedelta(days=90))
    say(second, "Now it is right.", actor=ada)
    second = publish(second, actor=ada)
    first.refresh_from_db()

    assert (first.status, second.status, second.number) == ("amended", "published", 2)
    assert second.snapshot["dates"] == first.snapshot["dates"]
    assert told(second).reason == "A wrong day"
    assert told(first).status == "Two of four are done."
    with pytest.raises(TransitionError, match="newer"):
        reports.amend_report(revision=first, reason="Once more", actor=ada)


def test_none_this_time_is_recorded_and_can_be_taken_up_again(one, ada):
    make_draft_report(one, actor=ada)
    skipped = reports.skip_report(engagement=one, actor=ada)
    assert reports.skip_report(engagement=one, actor=ada) == skipped

    assert skipped.skipped_by == ada
    assert Event.objects.filter(what="report.skipped").count() == 1
    assert not ReportRevision.objects.exists()
    draft = make_draft_report(one, actor=ada)
    assert draft.report == skipped
    assert draft.report.skipped_at is None


def test_none_this_time_is_of_the_draft_that_is_open(at, one, ada):
    draft = make_draft_report(one, actor=ada)
    at(MONDAY + WEEK + 3 * DAY)  # the week that went by is no longer written apart

    skipped = reports.skip_report(engagement=one, actor=ada)

    assert skipped == draft.report
    assert not ReportRevision.objects.exists()
    assert make_draft_report(one, actor=ada).report.starts_on == MONDAY + WEEK


def test_an_amendment_is_not_drafted_anew(one, ada):
    amendment = reports.amend_report(revision=make_report(one, actor=ada), reason="A wrong day", actor=ada)
    hand_over(one.items.first(), ada)

    with pytest.raises(TransitionError, match="facts of its time"):
        reports.redraft(revision=amendment, actor=ada)

    assert texts(amendment, Block.DONE) == []


def test_scope_money_and_balance_are_told_to_who_may_see_money(one, ada, ben):
    out = one.items.last()
    approve(make_trade(one, actor=ada, out=[out], incoming=[work("Dashboards", 1000)]), actor=ben)
    approve(make_order(one, actor=ada, incoming=[work("A second region", 2900)], days_change=7), actor=ben)
    make_order(one, actor=ada, incoming=[work("The archive", 1200)], title="Archive")
    revision = make_report(one, actor=ada)

    owner, reader = told(revision), told(revision, READER)

    assert [line.title for line in owner.scope.came] == ["Dashboards", "A second region"]
    assert [line.title for line in owner.scope.went] == ["Item 4"]
    assert owner.money.value.amount == 12900
    assert owner.bar.moves[0].words == "7 days later"
    assert [line.text for line in owner.needed] == ["Sign the change order: CO-2 · Archive"]
    assert reader.money is None
    assert reader.scope.balance is None
    assert reader.needed == ()
    assert all(line.value is None for line in (*reader.scope.came, *reader.scope.went))
    assert not any(figure in str(reader) for figure in ("12900", "2900", "Money("))


def test_an_overview_is_a_sentence_the_dates_and_the_money(one, ada):
    draft = make_draft_report(one, actor=ada)
    reports.add_line(revision=draft, block=Block.DATES, words=EntryWords("Item 1 is late"), actor=ada)
    overview = told(publish(draft, actor=ada), OVERVIEW)

    assert overview.status
    assert overview.bar
    assert overview.money
    assert (overview.needed, overview.done, overview.next, overview.risks) == ((), (), (), ())
    assert overview.findings is None
    assert overview.scope is None
    assert "Item 1" not in str(overview)


def test_findings_are_compared_with_the_run_that_the_last_report_told_of(one, ada):
    organisation = one.organisation
    kept, mended = make_told_finding(organisation), make_told_finding(organisation)
    make_compared_run(organisation, saw=[kept, mended])
    make_compared_run(organisation, saw=[kept, mended])
    first = make_report(one, actor=ada)
    assert told(first).findings["fixed"] == 0
    ProgressReport.objects.update(starts_on=dt.date(2026, 1, 5), ends_on=dt.date(2026, 1, 11))
    make_compared_run(organisation, saw=[kept], fixed=[mended])
    last = make_compared_run(organisation, saw=[kept])

    second = make_report(one, actor=ada)

    found = told(second).findings
    assert (found["fixed"], found["open"], found["not_compared"]) == (1, 1, 0)
    assert found["lines"] == [{"delta": "fixed", "title": "SSH is open to every address", "count": 1}]
    assert (second.run_before, second.run_after) == (first.run_after, last)


def test_where_nothing_ran_since_the_report_says_so(one, ada):
    make_compared_run(one.organisation, saw=[make_told_finding(one.organisation)])
    make_report(one, actor=ada)
    ProgressReport.objects.update(starts_on=dt.date(2026, 1, 5), ends_on=dt.date(2026, 1, 11))

    assert told(make_report(one, actor=ada)).findings["nothing_ran"] is True


def test_a_gap_is_told_as_not_compared(one, ada):
    make_compared_run(one.organisation, saw=[make_told_finding(one.organisation)])
    make_compared_run(one.organisation, looked=False)

    found = told(make_report(one, actor=ada)).findings

    assert (found["fixed"], found["not_compared"], found["open"]) == (0, 1, 1)


def test_what_a_narrow_audit_did_not_look_at_is_compared_with_what_did(at, one, ada):
    organisation = one.organisation
    finding = make_told_finding(organisation)
    wide = make_compared_run(organisation, saw=[finding])
    make_report(one, actor=ada)
    at(MONDAY + WEEK)
    make_compared_run(organisation).units.update(region="", account="", repository="shop")
    narrow = told(make_report(one, actor=ada)).findings
    at(MONDAY + 2 * WEEK)
    make_compared_run(organisation, fixed=[finding])

    revision = make_report(one, actor=ada)

    assert (narrow["fixed"], narrow["open"]) == (0, 1)
    assert revision.run_before == wide
    assert told(revision).findings["fixed"] == 1
    at(MONDAY + 3 * WEEK)
    make_compared_run(organisation)
    assert told(make_report(one, actor=ada)).findings["fixed"] == 0  # told once


def test_a_run_that_ends_while_it_is_published_is_of_the_next_report(one, ada, monkeypatch):
    draft = make_draft_report(one, actor=ada)
    ended = []
    latest = comparing.latest_run

    def and_then_one_ends(organisation):
        ended.append(make_compared_run(one.organisation))
        return latest(organisation)

    monkeypatch.setattr(comparing, "latest_run", and_then_one_ends)

    assert publish(draft, actor=ada).run_after == ended[0]
    assert len(ended) == 1


def test_reports_never_wait_for_the_deposit(ada, ben):
    waiting = make_engagement(ben, owner=ada, cleared=False)
    revision = make_report(waiting, actor=ada)

    assert [line.text for line in told(revision).needed] == ["The deposit has not arrived yet."]
    assert told(revision, READER).needed == ()


FORMS = ("portal/reports/_report.html", "reports/progress_report.html", "email/progress_report.txt")


def pages(seen):
    """The three forms in which somebody reads it, as text."""
    return [render_to_string(one, {"told": seen, "cut": CUTS[0], "url": "", "base": ""}) for one in FORMS]


def test_a_block_that_is_left_out_does_not_say_nothing(one, ada):
    ask(one, ada)
    draft = make_draft_report(one, actor=ada)
    edit(draft, Block.NEEDED, "hide", actor=ada)
    hidden = publish(draft, actor=ada)

    assert told(hidden).needed is None
    for page in pages(told(hidden)):
        assert "needed from you" not in page.lower()
        assert "Nothing from you" not in page
        assert "Nothing. We go on" not in page


def test_where_every_line_is_hidden_it_does_not_say_nothing(one, ada):
    ask(one, ada)
    draft = make_draft_report(one, actor=ada)
    edit(draft, Block.NEEDED, f"hide:{lines(draft, Block.NEEDED)[0].public_id}", actor=ada)

    assert told(publish(draft, actor=ada)).needed is None


def test_where_nothing_is_needed_it_says_how_the_work_stands(one, ada, ben):
    waiting = make_engagement(ben, owner=ada, cleared=False)
    resting = make_engagement(ben, owner=ada)
    running.pause(engagement=resting, why=Engagement.Pause.CLIENT, reason="Away", actor=ada)
    ordered = make_engagement(ben, owner=ada)
    make_order(ordered, actor=ada, incoming=[work("The archive", 1200)])
    for engagement, words in (
        (one, "Nothing. We go on with the work."),
        (waiting, "Nothing from you. The work has not begun yet."),
        (resting, "Nothing from you. The work rests."),
        (ordered, "Nothing from you."),  # an order waits, which readers do not see
    ):
        seen = told(make_report(engagement, actor=ada), READER)
        assert seen.calm == words
        assert all(words in page for page in pages(seen))


def test_a_line_that_names_money_is_for_those_who_may_see_it(one, ada, client, ben):
    draft = make_draft_report(one, actor=ada)
    client.force_login(ada)
    for block in ("needed", "dates"):
        url = reverse("portal:report-block", args=[draft.public_id, block])
        sent = {f"new-{block}-text": "Pay INV-7, 5,000", "act": "add"}
        assert client.post(url, sent).status_code == 302
    url = reverse("portal:report-preview", args=[draft.public_id])
    assert client.get(url).content.decode().count("it seems to name an amount") == 2
    page = client.get(reverse("portal:report-draft", args=[draft.public_id])).content.decode()
    assert page.count("Tick the box, or name none") == 2
    for block in ("needed", "dates"):
        line = lines(draft, block)[0].public_id
        words = {f"line-{line}-text": "Pay INV-7, 5,000", f"line-{line}-is_for_money": "on", "act": ""}
        client.post(reverse("portal:report-block", args=[draft.public_id, block]), words)
    assert "it seems to name an amount" not in client.get(url).content.decode()
    reports.redraft(revision=draft, actor=ada)
    revision = publish(draft, actor=ada)

    assert all("5,000" in page for page in pages(told(revision)))
    assert told(revision, READER).words["dates"] == []
    assert not any("INV-7" in page for page in pages(told(revision, READER)))


def test_what_the_system_drafted_of_money_stays_for_those_who_may_see_it(one, ada):
    make_order(one, actor=ada, incoming=[work("The archive", 1200)], title="Archive")
    draft = make_draft_report(one, actor=ada)
    line = lines(draft, Block.NEEDED)[0]
    edit(draft, Block.NEEDED, words={line.public_id: EntryWords("Sign for the archive, 1,200")}, actor=ada)

    assert told(publish(draft, actor=ada), READER).needed == ()


@pytest.mark.parametrize(
    ("words", "is_amount"),
    [
        ("Pay INV-7, 5,000", True),
        ("$900 is open", True),
        ("900 EUR are open", True),
        ("about 5k", True),
        ("1\u202f200,00", True),
        ("12 of 16 databases", False),
        ("10.100.200.1 answers on 8080", False),
        ("On 2026-11-20 at 10:30", False),
        ("Upgrade to 5.12.100", False),
    ],
)
def test_what_looks_like_an_amount(words, is_amount):
    assert names_amount(words) is is_amount


def test_the_invoice_that_is_due_first_is_needed_of_who_may_see_money(at, one, ada, ben):
    make_particulars(one.organisation, ada)
    make_printed(ada)
    later, late = by_hand(one, ada, 500), by_hand(one, ada, 1000)
    issue(late, ada)
    at(MONDAY + 9 * WEEK)
    issue(later, ada)
    draft = make_draft_report(one, actor=ada)
    revision = publish(draft, actor=ada)

    assert [line.text for line in told(revision).needed] == [f"Pay the invoice: {Invoice.objects.get(pk=late.pk)}"]
    assert told(revision).needed[0].url == reverse("billing:invoice", args=[late.public_id])
    assert told(revision, READER).needed == ()
    assert "See where to pay" in pages(told(revision))[0]


def test_an_invoice_that_was_paid_meanwhile_is_not_asked_for(one, ada, ben):
    make_particulars(one.organisation, ada)
    make_printed(ada)
    invoice = by_hand(one, ada, 1000)
    issue(invoice, ada)
    draft = make_draft_report(one, actor=ada)
    assert len(texts(draft, Block.NEEDED)) == 1
    pay(invoice, 1000, ada)

    assert told(publish(draft, actor=ada)).needed == ()


def test_a_pause_is_named(one, ada):
    paused = running.pause(engagement=one, why=Engagement.Pause.CLIENT, reason="Away", actor=ada)

    assert texts(make_draft_report(paused, actor=ada), Block.STATUS)[0].startswith("The work is paused since")


# Mail


def people(one):
    return {
        role: make_client(role, organisation=one.organisation, role=Membership.Role[role.upper()])
        for role in ("payer", "reader")
    }


def test_the_mail_is_the_first_screen_and_a_reader_sees_no_money(one, ada, ben, cleo):
    people(one)
    make_order(one, actor=ada, incoming=[work("The archive", 1200)], title="Archive")
    revision = make_report(one, actor=ada)
    mail.outbox.clear()

    report_telling.tell_of_report(revision_id=revision.pk)
    report_telling.tell_of_report(revision_id=revision.pk)

    sent = {message.to[0]: message for message in mail.outbox}
    assert sorted(sent) == ["ben@client.example", "payer@client.example", "reader@client.example"]
    for message in sent.values():
        assert "Two of four are done." in message.body
        assert revision.public_id in message.body
        assert message.reply_to == [ada.email]
    for who in ("ben", "payer"):
        assert "$10,000.00" in sent[f"{who}@client.example"].body
        assert "Archive" in sent[f"{who}@client.example"].body
    reader = sent["reader@client.example"].body
    assert not any(word in reader for word in ("$", "10,000", "Archive", "MONEY"))


def test_whom_a_mail_did_not_reach_is_tried_again_and_nobody_twice(at, one, ada, ben, client, monkeypatch):
    people(one)
    revision = make_report(one, actor=ada)
    mail.outbox.clear()
    send = EmailMessage.send

    def fails_for_payer(message):
        if "payer" in message.to[0]:
            raise SMTPServerDisconnected
        return send(message)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", fails_for_payer)
        report_telling.tell_of_report(revision_id=revision.pk)
    assert sorted(message.to[0] for message in mail.outbox) == ["ben@client.example", "reader@client.example"]
    at(MONDAY, minute=5)
    report_telling.tell_of_report(revision_id=revision.pk)  # too early: the first worker may be at it
    assert len(mail.outbox) == 2
    client.force_login(ada)
    page = client.get(reverse("portal:report", args=[revision.public_id])).content.decode()
    assert "payer@client.example, could not be sent" in page
    at(MONDAY, minute=30)
    nagging.finish_published()
    nagging.finish_published()

    assert [message.to[0] for message in mail.outbox[2:]] == ["payer@client.example"]
    revision.refresh_from_db()
    assert revision.told_at


def test_a_mail_that_nobody_takes_is_given_up(at, one, ada, ben, monkeypatch):
    revision = make_report(one, actor=ada)

    def fails(message):
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailMessage, "send", fails)
    for day in range(20):
        at(MONDAY + day * DAY)
        report_telling.tell_of_report(revision_id=revision.pk)

    assert ReportMail.objects.get().tries == posting.MOST_TRIES
    assert ReportMail.objects.get().is_given_up
    assert Event.objects.get(what="report.mail_given_up").data["to"] == ben.email


def test_nobody_is_mailed_late_of_what_was_amended(one, ada, ben):
    first = make_report(one, actor=ada)
    publish(reports.amend_report(revision=first, reason="A wrong day", actor=ada), actor=ada)
    mail.outbox.clear()

    report_telling.tell_of_report(revision_id=first.pk)

    assert mail.outbox == []


def test_nobody_is_mailed_of_a_hidden_project(one, ada):
    revision = make_report(one, actor=ada)
    Engagement.objects.filter(pk=one.pk).update(visibility="hidden")
    mail.outbox.clear()

    report_telling.tell_of_report(revision_id=revision.pk)

    assert mail.outbox == []


def test_an_overviews_mail_names_no_item(one, ada):
    hand_over(one.items.first(), ada)
    revision = make_report(one, actor=ada)
    Engagement.objects.filter(pk=one.pk).update(visibility="overview")
    mail.outbox.clear()

    report_telling.tell_of_report(revision_id=revision.pk)

    assert "Item 1" not in mail.outbox[0].body
    assert "Finish:" in mail.outbox[0].body


def test_a_subject_cannot_carry_a_header(one, ada):
    Engagement.objects.filter(pk=one.pk).update(title="A\r\nBcc: evil@example.com")
    revision = make_report(one, actor=ada)
    mail.outbox.clear()

    report_telling.tell_of_report(revision_id=revision.pk)

    assert "\n" not in mail.outbox[0].subject


# Receipts


def test_a_receipt_is_of_a_clients_person_and_once(one, ada, ben):
    revision = make_report(one, actor=ada)

    assert record_receipt(revision=revision, user=ada) is False
    assert record_receipt(revision=revision, user=ben) is True
    assert record_receipt(revision=revision, user=ben) is False
    assert ReadReceipt.objects.get().user == ben
    with pytest.raises(DatabaseError), transaction.atomic():
        ReadReceipt.objects.update(user=ada)


def test_the_money_is_that_of_the_invoices(one, ada, ben):
    make_particulars(one.organisation, ada)
    make_printed(ada)
    first, second, open_draft = (by_hand(one, ada, amount) for amount in (1000, 500, 70))
    issue(first, ada)
    issue(second, ada)
    pay(first, 400, ada)

    money = told(make_report(one, actor=ada)).money

    assert [figure.amount for figure in (money.invoiced, money.paid, money.owed)] == [1500, 400, 1100]
    assert [line.balance.amount for line in money.lines] == [600, 500]
    assert all(line.due_on for line in money.lines)
    assert open_draft.title not in [line.title for line in money.lines]
