"""The late ladder: each rung once, only while money is owed, and never while somebody waits for something else."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import ladder
from billing.models import Invoice, InvoiceSettings, ReminderPolicy, ReminderStep
from billing.services import disputes, promises, reminders
from billing.services.issuing import write_off
from billing.services.payments import clear_payment, fail_payment, reverse_payment
from billing.services.reminders import RungWords
from core.errors import DomainError, NotAllowedError, StaleError, TransitionError
from core.models import Event, Membership
from outreach import dates
from tests.dunning_factories import climb, make_goes_by_itself, make_owed, pay
from tests.factories import make_practice
from tests.scope_factories import make_engagement, make_member, usd
from tests.threads import all_at_once

DAY = 86_400


def states(invoice):
    return {step.key: step.status for step in invoice.reminders.all()}


def words(**days):
    return [
        RungWords(key=rung.key, days=days.get(rung.key, rung.days), subject=str(rung.subject), body=str(rung.body))
        for rung in ladder.LADDER
    ]


@pytest.mark.parametrize(
    ("due", "made"),
    [
        (4, {}),
        (3, {"courtesy": "draft"}),
        (1, {"courtesy": "draft"}),
        (0, {}),
        (-1, {"courtesy": "superseded", "friendly": "draft"}),
        (-6, {"courtesy": "superseded", "friendly": "draft"}),
        (-7, {"courtesy": "superseded", "friendly": "superseded", "firm": "draft"}),
        (-400, {"courtesy": "superseded", "friendly": "superseded", "firm": "draft"}),
    ],
)
def test_only_the_highest_rung_that_is_reached_is_made(ada, ben, due, made):
    invoice = make_owed(ben, ada, due=due)
    climb(invoice)
    climb(invoice)
    assert states(invoice) == made


def test_a_rung_each_as_the_days_go_by(ada, ben, settings, django_capture_on_commit_callbacks):
    invoice = make_owed(ben, ada, due=3)
    make_goes_by_itself()
    with django_capture_on_commit_callbacks(execute=True):
        for day in range(12):
            settings.CLOCK_OFFSET_S = day * DAY
            climb(invoice)

    assert states(invoice) == {"courtesy": "sent", "friendly": "sent", "firm": "sent"}
    assert [one.subject.split(":")[0] for one in mail.outbox] == [
        "Due in 3 days",
        f"Invoice {invoice.reference} was due on {invoice.due_on:%B %-d, %Y}",
        "Overdue for 7 days",
    ]
    assert ReminderStep.objects.get(key="firm").call_on == invoice.due_on + dt.timedelta(days=7)
    assert {step.sent_by for step in ReminderStep.objects.all()} == {None}


def test_a_word_ahead_needs_days_between_issuing_and_the_due_date(ada, ben):
    invoice = make_owed(ben, ada, due=2, issued=0)
    climb(invoice)
    assert states(invoice) == {}


def test_after_ten_days_of_standing_still_one_mail_goes(ada, ben, settings, django_capture_on_commit_callbacks):
    invoice = make_owed(ben, ada, due=1)
    make_goes_by_itself()
    with django_capture_on_commit_callbacks(execute=True):
        climb(invoice)
        settings.CLOCK_OFFSET_S = 11 * DAY
        climb(invoice)
    assert [one.subject[:4] for one in mail.outbox] == ["Due ", "Over"]
    assert states(invoice) == {"courtesy": "sent", "friendly": "superseded", "firm": "sent"}


def test_a_clock_that_is_set_back_sends_nothing_again(ada, ben, settings):
    invoice = make_owed(ben, ada, due=-7)
    make_goes_by_itself()
    climb(invoice)
    made = states(invoice)
    for days in (-9, -6, -3, 0, 2):
        settings.CLOCK_OFFSET_S = days * DAY
        climb(invoice)
    assert states(invoice) == made
    assert Event.objects.filter(what="reminder.sent").count() == 1


def test_a_draft_gives_way_to_the_next_rung(ada, ben, settings):
    invoice = make_owed(ben, ada, due=-1)
    climb(invoice)
    settings.CLOCK_OFFSET_S = 6 * DAY
    climb(invoice)
    assert states(invoice) == {"courtesy": "superseded", "friendly": "superseded", "firm": "draft"}


def test_a_word_ahead_is_not_sent_once_the_day_has_come(ada, ben, settings):
    invoice = make_owed(ben, ada, due=3)
    step = climb(invoice)
    settings.CLOCK_OFFSET_S = 3 * DAY
    with pytest.raises(TransitionError, match="ahead of the due date"):
        reminders.send_step(step=step, actor=ada)
    assert states(invoice) == {"courtesy": "superseded"}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Europe/London"])
def test_days_are_the_practices(ada, ben, settings, zone):
    make_practice(zone=zone)
    invoice = make_owed(ben, ada, due=1)
    until_midnight = _to_midnight(zone)
    settings.CLOCK_OFFSET_S = until_midnight + DAY - 1  # the last second of the due date
    climb(invoice)
    assert "friendly" not in states(invoice)
    settings.CLOCK_OFFSET_S = until_midnight + DAY + 1
    climb(invoice)
    assert states(invoice)["friendly"] == "draft"


def _to_midnight(zone):
    """Seconds from real now to the end of today in the zone."""
    from zoneinfo import ZoneInfo

    from core import clock

    here = clock.real_now().astimezone(ZoneInfo(zone))
    midnight = dt.datetime.combine(here.date() + dt.timedelta(days=1), dt.time(), ZoneInfo(zone))
    return int((midnight.astimezone(dt.UTC) - here.astimezone(dt.UTC)).total_seconds()) + 1


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_hours_that_a_day_lost_or_gained_make_no_second_step(ada, ben, settings, day):
    """New York's clocks change in the night: the scheduler calls each hour of three days, and twice in one."""
    from core import clock

    make_practice(zone="America/New_York")
    begins = dt.datetime.fromisoformat(f"{day}T00:00:00+00:00") - dt.timedelta(days=1)
    settings.CLOCK_OFFSET_S = (begins - clock.real_now()).total_seconds()
    invoice = make_owed(ben, ada, due=0)
    start = settings.CLOCK_OFFSET_S
    for hour in range(72):
        settings.CLOCK_OFFSET_S = start + hour * 3600
        before = dates.today() > invoice.due_on
        climb(invoice)
        assert ("friendly" in states(invoice)) == before
    assert Event.objects.filter(what="reminder.drafted").count() == 1


@pytest.mark.parametrize("status", ["draft", "issuing", "paid", "credited", "written_off", "discarded"])
def test_what_is_not_owed_is_left_alone(ada, ben, status):
    unissued = {"number": None, "reference": ""} if status in Invoice.UNISSUED else {}
    invoice = make_owed(ben, ada, due=-8, status=status, **unissued)
    climb(invoice)
    assert states(invoice) == {}


def test_a_credit_note_is_never_dunned(ada, ben):
    note = make_owed(ben, ada, due=-8, kind="credit", amount="-100")
    climb(note)
    assert states(note) == {}


def test_paid_meanwhile_a_draft_drops_itself(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    step = climb(invoice)
    pay(invoice, ada)
    step.refresh_from_db()
    assert (step.status, step.was_settled) == ("dropped", True)
    with pytest.raises(TransitionError, match="Nothing is owed"):
        reminders.send_step(step=step, actor=ada)
    assert reminders.waiting_steps() == []


def test_sending_looks_again_whether_anything_is_owed(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    step = climb(invoice)
    Invoice.objects.filter(pk=invoice.pk).update(status="paid", paid=invoice.due)
    with pytest.raises(TransitionError, match="was dropped"):
        reminders.send_step(step=step, actor=ada)
    step.refresh_from_db()
    assert (step.status, mail.outbox) == ("dropped", [])


def test_written_off_drops_what_waits(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    step = climb(invoice)
    write_off(invoice=invoice, reason="They closed.", actor=ada)
    step.refresh_from_db()
    assert step.status == "dropped"


def test_a_payment_taken_back_brings_the_reminder_back_once(ada, ben):
    invoice = make_owed(ben, ada, due=-7)
    climb(invoice)
    payment = pay(invoice, ada)
    reverse_payment(payment=payment, reason="No cover.", actor=ada)
    step = climb(invoice, "firm")
    assert (step.status, step.was_settled) == ("draft", False)
    reminders.send_step(step=step, actor=ada)
    again = pay(invoice, ada)
    reverse_payment(payment=again, reason="No cover.", actor=ada)
    climb(invoice)
    assert Event.objects.filter(what="reminder.sent").count() == 1
    assert states(invoice)["firm"] == "sent"


def test_a_dispute_a_promise_and_money_on_its_way_pause_it(ada, ben, settings):
    invoice = make_owed(ben, ada, due=-1)
    dispute = disputes.open_dispute(invoice=invoice, reason="Ten hours, not twelve.", actor=ben)
    climb(invoice)
    assert states(invoice) == {}
    disputes.resolve_dispute(dispute=dispute, how="It is twelve, here is the log.", actor=ada)
    promises.promise_payment(invoice=invoice, pays_on=dates.today() + dt.timedelta(days=2), note="", actor=ben)
    climb(invoice)
    assert states(invoice) == {}
    settings.CLOCK_OFFSET_S = 2 * DAY  # the promised day itself
    climb(invoice)
    assert states(invoice) == {}
    settings.CLOCK_OFFSET_S = 3 * DAY
    payment = pay(invoice, ada, cleared=False)
    climb(invoice)
    assert states(invoice) == {}
    fail_payment(payment=payment, reason="It bounced.", actor=ada)
    climb(invoice)
    assert states(invoice)["friendly"] == "draft"


def test_a_part_on_its_way_pauses_it_too(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    part = pay(invoice, ada, usd("0.01"), cleared=False)
    assert climb(invoice) is None
    clear_payment(payment=part, on=dates.today(), actor=ada)
    assert climb(invoice).key == "friendly"


def test_nothing_is_sent_while_it_is_paused(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    step = climb(invoice)
    disputes.open_dispute(invoice=invoice, reason="Not ours.", actor=ben)
    with pytest.raises(DomainError, match="A dispute is open"):
        reminders.send_step(step=step, actor=ada)
    step.refresh_from_db()
    assert step.is_waiting


def test_it_goes_to_owners_and_payers_with_the_invoice(ada, ben, django_capture_on_commit_callbacks):
    invoice = make_owed(ben, ada, due=-1)
    make_member(invoice.organisation, "payer", Membership.Role.PAYER)
    make_member(invoice.organisation, "reader", Membership.Role.READER)
    step = climb(invoice)
    with django_capture_on_commit_callbacks(execute=True):
        reminders.send_step(step=step, actor=ada)
        reminders.send_step(step=step, actor=ada)  # a second click

    assert sorted(one.to[0] for one in mail.outbox) == ["ben@client.example", "payer@client.example"]
    message = mail.outbox[0]
    assert message.attachments[0][0] == f"{invoice.reference}.pdf"
    assert "$3,000.00" in message.body
    assert f"/invoices/{invoice.public_id}/" in message.body
    assert "\n" not in message.subject


def test_where_nobody_sees_money_it_waits_and_says_why(ada):
    reader = make_member(None, "reader", Membership.Role.READER)
    invoice = make_owed(reader, ada, due=-1)
    make_goes_by_itself()
    step = climb(invoice)
    assert step.is_waiting
    with pytest.raises(DomainError, match="Invite an owner or a payer"):
        reminders.send_step(step=step, actor=ada)


def test_what_a_person_wrote_is_text_and_nothing_else(ada, ben, django_capture_on_commit_callbacks):
    nasty = "{{7*7}} {% now 'Y' %} $balance ${days} $ 5 $$5 $unknown <b>"
    reminders_of = [
        RungWords(key=rung.key, days=rung.days, subject="{{7*7}} $title", body="{{7*7}} ${days}")
        for rung in ladder.LADDER
    ]
    reminders.set_policy(words=reminders_of, goes_by_themselves=False, actor=ada)
    invoice = make_owed(ben, ada, due=-1, title="One\r\nBcc: all@client.example {{7*7}}")
    step = climb(invoice)
    with django_capture_on_commit_callbacks(execute=True):
        reminders.send_step(step=step, actor=ada)
    assert mail.outbox[0].subject == "{{7*7}} One Bcc: all@client.example {{7*7}}"
    assert mail.outbox[0].body == "{{7*7}} 1 day"
    assert not mail.outbox[0].bcc

    edited = climb(make_owed(ben, ada, due=-1, engagement=invoice.engagement))
    reminders.edit_step(step=edited, subject="Hello", body=nasty, actor=ada)
    with django_capture_on_commit_callbacks(execute=True):
        reminders.send_step(step=edited, actor=ada)
    assert mail.outbox[1].body == nasty


def test_what_nobody_edited_follows_the_balance_what_somebody_wrote_is_looked_at_again(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    step = climb(invoice)
    pay(invoice, ada, usd(1000))
    assert "$2,000.00" in reminders.send_step(step=step, actor=ada).body

    other = make_owed(ben, ada, due=-1, engagement=invoice.engagement)
    step = climb(other)
    step = reminders.edit_step(step=step, subject="Please", body="All of it.", actor=ada)
    pay(other, ada, usd(1000))
    with pytest.raises(StaleError, match=r"\$2,000\.00"):
        reminders.send_step(step=step, actor=ada)
    reminders.edit_step(step=step, subject="Please", body="The rest of it.", actor=ada)
    assert reminders.send_step(step=step, actor=ada).body == "The rest of it."


def test_what_was_sent_or_dropped_stays_so(ada, ben):
    invoice = make_owed(ben, ada, due=-1)
    step = climb(invoice)
    reminders.drop_step(step=step, actor=ada)
    reminders.drop_step(step=step, actor=ada)
    with pytest.raises(TransitionError):
        reminders.send_step(step=step, actor=ada)
    with pytest.raises(TransitionError):
        reminders.edit_step(step=step, subject="a", body="b", actor=ada)
    climb(invoice)
    assert states(invoice)["friendly"] == "dropped"


def test_all_that_wait_are_sent_with_one_click_and_the_refused_are_named(ada, ben):
    first = make_owed(ben, ada, due=-1)
    second = make_owed(ben, ada, due=-2, engagement=first.engagement)
    climb(first)
    disputes.open_dispute(invoice=second, reason="Not ours.", actor=ben)
    told = reminders.send_all(actor=ada)
    assert told.sent == 1
    assert told.refused[0].startswith(second.reference)


def test_a_call_is_noted_once(ada, ben):
    step = climb(make_owed(ben, ada, due=-7))
    step = reminders.note_call(step=step, note="They pay on Friday.", actor=ada)
    assert (step.called_by, step.call_note) == (ada, "They pay on Friday.")
    with pytest.raises(TransitionError):
        reminders.note_call(step=step, note="", actor=ada)


def test_promises_have_a_day_within_reach_and_are_few(ada, ben, cleo, settings):
    invoice = make_owed(ben, ada, due=-1)
    reader = make_member(invoice.organisation, "reader", Membership.Role.READER)
    today = dates.today()

    def promise(days, actor):
        return promises.promise_payment(
            invoice=invoice, pays_on=today + dt.timedelta(days=days), note=" Soon ", actor=actor
        )

    for days, words_ in ((-1, "passed"), (31, "within the next 30 days")):
        with pytest.raises(DomainError, match=words_):
            promise(days, ben)
    for other in (cleo, reader):
        with pytest.raises(NotAllowedError):
            promise(5, other)
    assert promise(5, ben).is_clients
    with pytest.raises(DomainError, match="named already"):
        promise(9, ben)
    assert not promise(60, ada).is_clients  # what they told us
    settings.CLOCK_OFFSET_S = 61 * DAY
    today = dates.today()
    promise(30, ben)
    settings.CLOCK_OFFSET_S = 92 * DAY
    today = dates.today()
    with pytest.raises(DomainError, match="2 days were named"):
        promise(1, ben)
    pay(invoice, ada)
    with pytest.raises(TransitionError, match="Nothing is owed"):
        promise(1, ada)


def test_what_became_of_a_promise(ada, ben, settings):
    invoice = make_owed(ben, ada, due=-1)
    promises.promise_payment(invoice=invoice, pays_on=dates.today(), note="", actor=ben)
    promise = promises.promise_payment(invoice=invoice, pays_on=dates.today(), note="", actor=ada)

    def told():
        one = Invoice.objects.get(pk=invoice.pk)
        return [state.value for state in ladder.states_of(list(one.promises.all()), one, dates.today())]

    assert told() == ["replaced", "standing"]
    payment = pay(invoice, ada)
    assert told() == ["replaced", "kept"]
    reverse_payment(payment=payment, reason="No cover.", actor=ada)
    settings.CLOCK_OFFSET_S = DAY
    assert told() == ["replaced", "broken"]
    pay(invoice, ada)
    assert told() == ["replaced", "broken"]  # a day late
    assert promise.pays_on < dates.today()


def test_both_sides_hear_of_promises_and_disputes(ada, ben, django_capture_on_commit_callbacks):
    invoice = make_owed(ben, ada, due=-1)
    with django_capture_on_commit_callbacks(execute=True):
        promises.promise_payment(invoice=invoice, pays_on=dates.today(), note="By wire.", actor=ben)
        dispute = disputes.open_dispute(invoice=invoice, reason="Ten hours.", actor=ben)
        disputes.resolve_dispute(dispute=dispute, how="You are right: a credit note follows.", actor=ada)
    to_ada, again, to_ben = mail.outbox
    assert (to_ada.to, again.to, to_ben.to) == ([ada.email], [ada.email], [ben.email])
    assert "By wire." in to_ada.body
    assert "Ten hours." in again.body
    assert "credit note follows" in to_ben.body


def test_one_dispute_at_a_time(ada, ben, cleo):
    invoice = make_owed(ben, ada, due=-1)
    dispute = disputes.open_dispute(invoice=invoice, reason="Ten hours.", actor=ben)
    assert disputes.open_dispute(invoice=invoice, reason="Ten hours.", actor=ben) == dispute  # a second click
    with pytest.raises(TransitionError, match="already"):
        disputes.open_dispute(invoice=invoice, reason="Nine.", actor=ben)
    with pytest.raises(NotAllowedError):
        disputes.open_dispute(invoice=invoice, reason="Mine.", actor=cleo)
    with pytest.raises(NotAllowedError):
        disputes.resolve_dispute(dispute=dispute, how="For us.", actor=ben)
    with pytest.raises(DomainError, match="how"):
        disputes.resolve_dispute(dispute=dispute, how=" ", actor=ada)
    disputes.resolve_dispute(dispute=dispute, how="Nine.", actor=ada)
    with pytest.raises(TransitionError):
        disputes.resolve_dispute(dispute=dispute, how="Ten.", actor=ada)


def test_the_policy_keeps_its_order_and_its_names(ada):
    for wrong, told in (
        (words(friendly=8), "comes after"),
        (words(courtesy=1), "comes after"),
        (words(courtesy=-400), "cannot be"),
        (words(friendly=0), "cannot be"),
        (words()[:2], "in its order"),
    ):
        with pytest.raises(DomainError, match=told):
            reminders.set_policy(words=wrong, goes_by_themselves=False, actor=ada)
    unknown = [*words()[:2], RungWords(key="firm", days=9, subject="$amount", body="x")]
    with pytest.raises(DomainError, match=r"\$amount"):
        reminders.set_policy(words=unknown, goes_by_themselves=False, actor=ada)
    assert not ReminderPolicy.objects.exists()


def test_the_practices_own_days_hold(ada, ben):
    off = RungWords(key="courtesy", days=-3, subject="x", body="y", is_enabled=False)
    reminders.set_policy(words=[off, *words(friendly=5, firm=20)[1:]], goes_by_themselves=True, actor=ada)
    assert InvoiceSettings.get().reminders_go_by_themselves
    ahead = make_owed(ben, ada, due=2)
    climb(ahead)
    late = make_owed(ben, ada, due=-4, engagement=ahead.engagement)
    climb(late)
    assert (states(ahead), states(late)) == ({}, {})
    later = make_owed(ben, ada, due=-5, engagement=ahead.engagement)
    climb(later)
    assert states(later)["friendly"] == "sent"


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_schedulers_send_each_step_once(ada, ben):
    engagement = make_engagement(ben, owner=ada)
    late = [make_owed(ben, ada, due=-due, engagement=engagement) for due in (1, 7, 9)]
    make_goes_by_itself()
    mail.outbox.clear()  # the invitation

    def call():
        try:
            return reminders.climb_ladder()
        finally:
            connection.close()

    made = all_at_once(2, call)

    assert sum(made) == 3
    assert len(mail.outbox) == 3
    assert Event.objects.filter(what="reminder.sent").count() == 3
    assert all(states(one) for one in late)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_at_once_one_sends(ada, ben):
    step = climb(make_owed(ben, ada, due=-1))
    mail.outbox.clear()  # the invitation

    def click():
        try:
            return reminders.send_step(step=step, actor=ada).status
        finally:
            connection.close()

    assert all_at_once(2, click) == ["sent", "sent"]
    assert len(mail.outbox) == 1


def test_invoices_with_nothing_to_do_are_not_locked(ada, ben):
    engagement = make_engagement(ben, owner=ada)

    def queries():
        with CaptureQueriesContext(connection) as told:
            reminders.climb_ladder()
        return len(told)

    climb(make_owed(ben, ada, due=-7, engagement=engagement))
    few = queries()
    for _ in range(5):
        make_owed(ben, ada, due=-7, engagement=engagement)
    reminders.climb_ladder()
    assert queries() == few
