"""Reports that are late and reports that nobody reads: told once, however often anybody asks."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse

from core import clock
from core.errors import TransitionError
from engagements.models import Engagement
from engagements.services import decisions
from engagements.services import engagements as running
from outreach import dates
from portal import report_queries
from portal.models import ProgressReport, ReportCadence, ReportCall, ReportNag, ReportRevision
from portal.periods import last_due, period_at
from portal.services import nagging, reports
from portal.services.receipts import record_receipt
from tests.factories import make_consultant, make_practice
from tests.report_factories import make_report
from tests.scope_factories import make_engagement

Every = ReportCadence.Every
MONDAY = dt.date(2026, 11, 16)
FRIDAY = dt.date(2026, 11, 20)


@pytest.fixture
def at(settings):
    """Sets the clock to an hour of a day in a zone."""
    begun = clock.real_now()

    def set_to(day, hour=9, zone="UTC"):
        wanted = dt.datetime.combine(day, dt.time(hour), tzinfo=ZoneInfo(zone))
        settings.CLOCK_OFFSET_S = (wanted - begun).total_seconds()

    set_to(MONDAY)
    return set_to


@pytest.fixture
def one(at, ada, ben):
    return make_engagement(ben, owner=ada, title="bens-project")


def late(day):
    return [(found.engagement.title, found.days) for found in report_queries.late_reports(day)]


@pytest.mark.parametrize(
    ("every", "day", "starts", "ends", "due"),
    [
        (Every.WEEK, "2026-11-18", "2026-11-16", "2026-11-22", "2026-11-20"),
        (Every.WEEK, "2026-11-22", "2026-11-16", "2026-11-22", "2026-11-20"),
        (Every.WEEK, "2026-12-31", "2026-12-28", "2027-01-03", "2027-01-01"),
        (Every.FORTNIGHT, "2026-11-18", "2026-11-16", "2026-11-29", "2026-11-27"),
        (Every.FORTNIGHT, "2026-12-01", "2026-11-30", "2026-12-13", "2026-12-11"),
        (Every.MONTH, "2026-02-10", "2026-02-01", "2026-02-28", "2026-02-27"),
        (Every.MONTH, "2028-02-29", "2028-02-01", "2028-02-29", "2028-02-29"),
    ],
)
def test_periods(every, day, starts, ends, due):
    period = period_at(every, dt.date(2026, 11, 19), dt.date.fromisoformat(day))

    assert [one.isoformat() for one in (period.starts_on, period.ends_on, period.due_on)] == [starts, ends, due]


def test_the_last_due_is_of_a_day_that_has_passed():
    began = dt.date(2026, 1, 1)
    assert last_due(Every.WEEK, began, FRIDAY).due_on == FRIDAY - dt.timedelta(days=7)
    assert last_due(Every.WEEK, began, FRIDAY + dt.timedelta(days=1)).due_on == FRIDAY
    assert last_due(Every.WEEK, FRIDAY, FRIDAY + dt.timedelta(days=1)) is None  # begun that very day
    assert last_due(Every.OFF, began, FRIDAY) is None


def test_late_from_the_day_after_it_was_due_until_it_is_out(one, at, ada):
    assert late(FRIDAY) == []
    assert late(FRIDAY + dt.timedelta(days=1)) == [("bens-project", 1)]
    assert late(FRIDAY + dt.timedelta(days=4)) == [("bens-project", 4)]

    at(FRIDAY + dt.timedelta(days=4))
    revision = make_report(one, actor=ada)

    assert revision.report.starts_on == MONDAY  # the one that was late
    assert late(FRIDAY + dt.timedelta(days=4)) == []


def test_what_was_missed_is_told_of_in_the_next_once_that_is_about_to_be_due(one, at, ada):
    at(FRIDAY + dt.timedelta(days=6))  # Thursday of the next week

    revision = make_report(one, actor=ada)

    assert revision.report.starts_on == MONDAY + dt.timedelta(days=7)
    assert late(FRIDAY + dt.timedelta(days=9)) == []


def test_none_this_time_and_never_are_not_late(one, at, ada):
    at(FRIDAY)
    reports.skip_report(engagement=one, actor=ada)
    assert late(FRIDAY + dt.timedelta(days=2)) == []
    assert late(FRIDAY + dt.timedelta(days=8)) == [("bens-project", 1)]  # the next one

    reports.set_cadence(engagement=one, every=Every.OFF, actor=ada)
    assert late(FRIDAY + dt.timedelta(days=8)) == []


def test_turning_it_on_again_is_not_late_at_once(one, at, ada):
    at(FRIDAY + dt.timedelta(days=30))
    reports.set_cadence(engagement=one, every=Every.WEEK, actor=ada)

    assert late(FRIDAY + dt.timedelta(days=31)) == []


def test_what_rests_is_not_late(one, ada):
    running.pause(engagement=one, why=Engagement.Pause.CLIENT, reason="Away", actor=ada)

    assert late(FRIDAY + dt.timedelta(days=9)) == []


def test_one_mail_a_day_however_often_and_only_in_the_morning(one, at, ada):
    mail.outbox.clear()
    at(FRIDAY + dt.timedelta(days=1), hour=5)
    assert nagging.mail_late_reports() == 0
    at(FRIDAY + dt.timedelta(days=1))
    assert [nagging.mail_late_reports() for _ in range(3)] == [1, 0, 0]

    assert mail.outbox[0].to == [ada.email]
    assert mail.outbox[0].subject == "1 report is late"
    assert "bens-project" in mail.outbox[0].body


def test_after_ten_days_of_standing_still_and_with_the_clock_set_back(one, at, ada):
    at(FRIDAY + dt.timedelta(days=11))
    mail.outbox.clear()
    assert nagging.mail_late_reports() == 1
    assert mail.outbox[0].body.count("bens-project") == 1
    at(FRIDAY + dt.timedelta(days=9))
    assert nagging.mail_late_reports() == 0
    at(FRIDAY + dt.timedelta(days=12))
    assert nagging.mail_late_reports() == 1


@pytest.mark.parametrize("day", [dt.date(2026, 10, 25), dt.date(2027, 3, 28)])
def test_across_a_change_of_the_hour_each_day_has_its_mail(ada, ben, at, day):
    make_practice(zone="Europe/Berlin")
    at(day - dt.timedelta(days=13))
    make_engagement(ben, owner=ada)
    mail.outbox.clear()
    for away in (-1, 0, 1):
        for hour in (0, 2, 3, 7, 8, 23):
            at(day + dt.timedelta(days=away), hour=hour, zone="Europe/Berlin")
            nagging.mail_late_reports()

    assert len(mail.outbox) == ReportNag.objects.count() == 3


def test_each_consultant_hears_of_their_own(one, at, ada, ben):
    other = make_consultant("otto")
    make_engagement(ben, owner=other, title="ottos-project")
    at(FRIDAY + dt.timedelta(days=1))
    mail.outbox.clear()
    nagging.mail_late_reports()

    assert {message.to[0]: "ottos-project" in message.body for message in mail.outbox} == {
        ada.email: False,
        other.email: True,
    }


def test_a_mail_that_could_not_be_sent_is_tried_again(one, at, monkeypatch):
    at(FRIDAY + dt.timedelta(days=1))
    mail.outbox.clear()
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", lambda self: 1 / 0)
        assert nagging.mail_late_reports() == 0

    assert nagging.mail_late_reports() == 1


def ask(one, ada):
    return decisions.ask_for_decision(
        engagement=one,
        question="Which account?",
        wanted_by=dates.today(),
        waiting_costs="",
        is_clients=True,
        actor=ada,
    )


def test_five_days_unread_while_a_decision_waits_is_a_call_once(one, at, ada):
    make_report(one, actor=ada)
    at(MONDAY + dt.timedelta(days=5))
    assert nagging.ask_for_calls() == 0  # nothing waits
    ask(one, ada)
    at(MONDAY + dt.timedelta(days=4), hour=23)
    assert nagging.ask_for_calls() == 0
    at(MONDAY + dt.timedelta(days=5), hour=0)
    assert [nagging.ask_for_calls() for _ in range(3)] == [1, 0, 0]
    at(MONDAY + dt.timedelta(days=2))
    assert nagging.ask_for_calls() == 0

    call = report_queries.calls_to_make().get()
    nagging.finish_call(call=call, note=" They answer on Friday. ", actor=ada)
    with pytest.raises(TransitionError, match="already"):
        nagging.finish_call(call=call, note="", actor=ada)
    call.refresh_from_db()
    assert (call.done_by, call.note) == (ada, "They answer on Friday.")
    assert not report_queries.calls_to_make().exists()


def test_who_has_read_it_is_not_called(one, at, ada, ben):
    ask(one, ada)
    revision = make_report(one, actor=ada)
    at(MONDAY + dt.timedelta(days=9))
    nagging.ask_for_calls()
    assert report_queries.calls_to_make().exists()

    record_receipt(revision=revision, user=ben)

    assert not report_queries.calls_to_make().exists()


@pytest.mark.parametrize("values", [{"visibility": "hidden"}, {"status": "cancelled"}])
def test_nobody_is_called_about_what_is_hidden_or_over(one, at, ada, values):
    ask(one, ada)
    make_report(one, actor=ada)
    Engagement.objects.update(**values)
    at(MONDAY + dt.timedelta(days=9))

    assert nagging.ask_for_calls() == 0


def test_today_shows_what_is_late_and_whom_to_call(client, one, at, ada, ben):
    ask(one, ada)
    make_report(one, actor=ada)
    at(MONDAY + dt.timedelta(days=12))
    nagging.ask_for_calls()
    client.force_login(ada)
    today = reverse("outreach:today")

    page = client.get(today).content.decode()
    assert "Report 1 day late" in page
    assert "Call Ben" in page

    call = ReportCall.objects.get()
    done = reverse("portal:report-call", args=[call.public_id])
    assert client.post(done, {"note": "Called"}).url == today
    assert "made already" in client.post(done, follow=True).content.decode()
    assert "Call Ben" not in client.get(today).content.decode()
    client.force_login(ben)
    assert client.post(done).status_code == 404


def test_as_many_queries_for_many_late_ones(one, at, ada, ben, django_assert_num_queries):
    for _ in range(9):
        make_engagement(ben, owner=ada)

    with django_assert_num_queries(1):
        assert len(report_queries.late_reports(FRIDAY + dt.timedelta(days=1))) == 10


def test_a_lost_message_is_made_good(one, at, ada, monkeypatch):
    drawn = []
    monkeypatch.setattr("portal.services.report_drawing.draw_report", lambda revision_id: drawn.append(revision_id))
    revision = make_report(one, actor=ada)
    mail.outbox.clear()
    nagging.finish_published()
    assert (mail.outbox, drawn) == ([], [])  # the worker may still be at it
    at(MONDAY, hour=10)
    nagging.finish_published()
    nagging.finish_published()

    assert [message.to for message in mail.outbox] == [["ben@client.example"]]
    assert drawn[0] == revision.pk
    assert ReportRevision.objects.get(pk=revision.pk).told_at
    assert ProgressReport.objects.count() == 1
