"""Follow-ups done, put off and dropped, and the mail that tells of them."""

import pytest
from django.core import mail
from django.core.management import call_command

from core import clock
from core.errors import DomainError, TransitionError
from core.models import Event, User
from outreach import queries
from outreach.models import Digest, FollowUp, Lead, Touch
from outreach.services import digests, follow_ups
from outreach.services.follow_ups import NextStep, Said
from tests.factories import make_consultant, make_practice
from tests.outreach_factories import day, make_contact, make_encounter, make_follow_up, make_touch
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


def test_done_is_a_touch_and_plans_the_next_step_by_the_cadence(ada):
    follow_up = make_follow_up(ada, due=-1)

    touch = follow_ups.finish_follow_up(follow_up=follow_up, said=Said(Touch.How.EMAIL, "Sent it"), actor=ada)

    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.touch, follow_up.is_open) == (FollowUp.Status.DONE, touch, False)
    assert (touch.how, touch.said, touch.by, touch.lead) == ("email", "Sent it", ada, follow_up.lead)
    assert FollowUp.objects.open().get().due_on == day(2)
    assert Event.objects.get(what="follow_up.done").actor == ada


def test_done_may_plan_another_day_or_say_why_there_is_none(ada):
    first, second = make_follow_up(ada), make_follow_up(ada)

    follow_ups.finish_follow_up(follow_up=first, step=NextStep("Ring again", day(30)), actor=ada)
    follow_ups.finish_follow_up(follow_up=second, step=NextStep(none_because="They decide in May"), actor=ada)

    assert str(FollowUp.objects.open().get(lead=first.lead)) == "Ring again"
    assert not FollowUp.objects.open().filter(lead=second.lead).exists()
    assert Lead.objects.get(pk=second.lead_id).no_step_reason == "They decide in May"


def test_done_twice_is_refused_and_leaves_one_touch(ada):
    follow_up = make_follow_up(ada)
    follow_ups.finish_follow_up(follow_up=follow_up, actor=ada)

    with pytest.raises(TransitionError, match="done already"):
        follow_ups.finish_follow_up(follow_up=follow_up, actor=ada)

    assert Touch.objects.count() == 1


def test_the_third_time_it_is_put_off_asks_for_a_reason(ada):
    follow_up = make_follow_up(ada)
    for number in (1, 2):
        follow_ups.snooze_follow_up(follow_up=follow_up, until=day(number), actor=ada)
    follow_up.refresh_from_db()
    assert follow_up.asks_for_reason

    with pytest.raises(DomainError, match="say why"):
        follow_ups.snooze_follow_up(follow_up=follow_up, until=day(3), reason=" ", actor=ada)
    follow_ups.snooze_follow_up(follow_up=follow_up, until=day(3), reason="On holiday", actor=ada)

    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.due_on, follow_up.snoozes, follow_up.reason) == (
        FollowUp.Status.SNOOZED,
        day(3),
        3,
        "On holiday",
    )
    assert [event.data["times"] for event in Event.objects.filter(what="follow_up.snoozed").order_by("id")] == [1, 2, 3]


@pytest.mark.parametrize("offset", [-1, 0])
def test_it_is_put_off_to_a_day_to_come_only(ada, offset):
    with pytest.raises(DomainError, match="after today"):
        follow_ups.snooze_follow_up(follow_up=make_follow_up(ada), until=day(offset), actor=ada)


def test_dropping_needs_a_reason_which_the_lead_keeps(ada):
    follow_up = make_follow_up(ada)
    with pytest.raises(DomainError, match="why"):
        follow_ups.drop_follow_up(follow_up=follow_up, reason="", actor=ada)

    follow_ups.drop_follow_up(follow_up=follow_up, reason="They said no to calls", actor=ada)

    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.reason) == (FollowUp.Status.DROPPED, "They said no to calls")
    assert Lead.objects.get().no_step_reason == "They said no to calls"
    assert not queries.leads_without_step().exists()


def test_a_contact_without_a_lead_may_have_a_step_of_their_own(ada):
    contact = make_contact(ada)
    step = follow_ups.plan_contact_step(contact=contact, step=NextStep("Coffee", day(5)), actor=ada)

    follow_ups.finish_follow_up(follow_up=step, actor=ada)

    assert contact.touches.count() == 1
    assert not FollowUp.objects.open().exists()


def test_overdue_is_counted_from_the_practices_own_date(ada, monkeypatch):
    for offset in (-1, 0, 1):
        make_follow_up(ada, due=offset)

    assert [one.due_on for one in queries.overdue_follow_ups(day())] == [day(-1)]
    assert [one.due_on for one in queries.todays_follow_ups(day())] == [day()]


@pytest.mark.parametrize(("zone", "offset"), [("Pacific/Kiritimati", 1), ("Etc/GMT+12", -1)])
def test_today_is_the_practices_date_at_both_ends_of_the_world(ada, monkeypatch, zone, offset):
    noon = clock.now().replace(hour=11 if offset > 0 else 1, minute=0)
    monkeypatch.setattr(clock, "now", lambda: noon)
    here = day()

    make_practice(zone=zone)

    assert (day() - here).days == offset


def test_a_consultant_sees_the_own_follow_ups(ada):
    mine, theirs = make_follow_up(ada), make_follow_up(make_consultant("grace"))

    assert list(queries.follow_ups_due(day(), ada)) == [mine]
    assert set(queries.follow_ups_due(day())) == {mine, theirs}


def test_the_rate_counts_who_was_followed_up_within_a_week(ada):
    on_time, late, never, fresh, old = (make_contact(ada, f"Person {number}") for number in range(5))
    for contact, on in ((on_time, -20), (late, -20), (never, -20), (fresh, -2), (old, -200)):
        make_encounter(ada, contact, on=on)
    make_touch(ada, contact=on_time, on=-15)
    make_touch(ada, contact=late, on=-5)
    assert queries.follow_up_rate(day()) == queries.Rate(met=3, followed=1)

    make_touch(ada, contact=fresh, on=0)

    assert queries.follow_up_rate(day()).percent == 50


def test_without_anyone_met_there_is_no_rate():
    assert queries.follow_up_rate(day()).percent is None


def send():
    return digests.send_todays_digests(at_any_hour=True)


def test_one_mail_lists_all_that_is_due_and_is_sent_once_a_day(ada):
    make_follow_up(ada, due=-2, company="Larkfield", what="Ring\nthem")
    make_follow_up(ada, due=0, company="Tern <& Tide>")
    make_follow_up(ada, due=1, company="Tomorrow & Co")

    assert [send(), send()] == [1, 0]

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([ada.email], "2 follow-ups today")
    assert "Larkfield" in sent.body
    assert "Tern <& Tide>" in sent.body  # plain text, nothing is escaped
    assert "Tomorrow & Co" not in sent.body
    assert "/today/" in sent.body


def test_nobody_is_mailed_who_has_nothing_due_or_left(ada):
    gone = make_consultant("grace")
    make_follow_up(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    assert send() == 0
    assert not Digest.objects.exists()


def test_a_refusing_mail_server_costs_nobody_else_theirs_and_is_tried_again(ada, monkeypatch):
    other = make_consultant("grace")
    make_follow_up(ada)
    make_follow_up(other)
    deliver = mail.EmailMessage.send

    def refuse_ada(message):
        if ada.email in message.to:
            raise ConnectionRefusedError
        return deliver(message)

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse_ada)
        assert send() == 1

    assert send() == 1
    assert [sent.to for sent in mail.outbox] == [[other.email], [ada.email]]


@pytest.mark.parametrize(("hour", "count"), [(5, 0), (7, 1), (13, 0)])
def test_it_goes_out_in_the_morning_of_the_practices_zone(ada, monkeypatch, hour, count):
    make_practice(zone="Asia/Kolkata")
    make_follow_up(ada, due=-3)
    utc = clock.now().replace(hour=0, minute=0)
    monkeypatch.setattr(clock, "now", lambda: utc + (hour * 3600 - 19800) * (clock.dt.timedelta(seconds=1)))

    assert digests.send_todays_digests() == count


def test_the_command_says_how_many_went_out(ada, capsys):
    make_follow_up(ada)

    call_command("send_digests")

    assert capsys.readouterr().out.strip() == "1"


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_send_one_digest():
    from django.db import connection

    make_follow_up(make_consultant("ada"))

    def in_a_thread():
        try:
            return send()
        finally:
            connection.close()

    assert sum(all_at_once(4, in_a_thread)) == 1
    assert len(mail.outbox) == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_follow_up_done_by_two_at_once_is_done_once():
    from django.db import connection

    ada = make_consultant("ada")
    follow_up = make_follow_up(ada)

    def in_a_thread():
        try:
            return follow_ups.finish_follow_up(follow_up=follow_up, actor=ada)
        except TransitionError as refusal:
            return refusal
        finally:
            connection.close()

    answers = all_at_once(3, in_a_thread)

    assert len([one for one in answers if isinstance(one, Touch)]) == 1
    assert (Touch.objects.count(), FollowUp.objects.open().count()) == (1, 1)
