"""What a scheduled run tells, to whom, and that it tells it once."""

import smtplib
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from core import posting
from core.models import Event
from core.services.people import deactivate
from discovery import tasks
from discovery.models import Finding, Occurrence, Run, ScheduledRun, WatchedFinding, WatchMail
from discovery.services import runs, watch_mails
from discovery.services.watch_mails import tell_of_scheduled_runs
from infra_audit.registry import catalogue
from tests.discovery_factories import make_finding, make_occurrence, make_run, make_schedule
from tests.factories import make_consultant
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db
MINUTE = 60
HIGH, MEDIUM = "high", "medium"


@pytest.fixture
def schedule(ada):
    return make_schedule(people=[ada])


def make_watched_run(schedule, *, saw=(), fixed=(), status=Run.Status.DONE, by_hand=False, **fields):
    """A run that is over. `saw`: findings, or pairs of one and how it is seen: {"severity": …, "status": …}."""
    run = make_run(schedule.organisation, status=status, result={"not_assessed": []}, **fields)
    if not by_hand:
        on = f"2026-05-{schedule.days.count() + 1:02}"
        ScheduledRun.objects.create(schedule=schedule, on=on, run=run)
    for one in saw:
        finding, how = one if isinstance(one, tuple) else (one, {})
        known = finding.occurrences.exclude(status="fixed").exists()
        make_occurrence(run, finding, **{"status": "still" if known else "new", **how})
    for finding in fixed:
        make_occurrence(run, finding, status=Occurrence.Status.FIXED)
    return run


def told():
    """The subjects of what is mailed now."""
    mail.outbox = []
    tell_of_scheduled_runs()
    return [message.subject for message in mail.outbox]


def findings_of(schedule, count=1, **fields):
    return [make_finding(schedule.organisation, **fields) for _ in range(count)]


def test_the_first_run_mails_one_summary_of_what_stands(schedule, ada):
    client = schedule.organisation
    found = findings_of(schedule, 23)
    make_watched_run(schedule, saw=[*found, (findings_of(schedule)[0], {"severity": "low"})])

    assert told() == [f"{client} is watched: 23 findings"]

    (message,) = mail.outbox
    assert message.to == [ada.email]
    assert message.body.count("SSH is open to every address") == 20
    assert "And 3 more." in message.body
    assert "- high: 23" in message.body
    assert WatchedFinding.objects.count() == 24


def test_a_new_finding_is_told_with_all_that_one_needs_to_act(schedule, ada):
    account = schedule.organisation.aws_accounts.get()
    make_watched_run(schedule)
    finding = make_finding(schedule.organisation, account=account.account_id, resource_name="door\nto all")
    run = make_watched_run(schedule, saw=[finding])

    assert told() == [f"{schedule.organisation}: 1 new finding"]

    body = mail.outbox[0].body
    assert "High: SSH is open to every address (new)" in body
    assert f"door to all · eu-west-1 · {account.name} ({account.account_id})" in body
    consequence = catalogue()["sg_ssh_open"].consequence
    assert f"{consequence[0].upper()}{consequence[1:]}." in body
    for address in (finding.public_id, run.public_id):
        assert f"http://localhost:8000/{'findings' if address == finding.public_id else 'runs'}/{address}/" in body
    assert "You are told once of what is high or worse" in body


def test_nothing_new_mails_nothing(schedule):
    found = findings_of(schedule, 2)
    make_watched_run(schedule, saw=found)
    assert len(told()) == 1
    make_watched_run(schedule, saw=found)
    make_watched_run(schedule, saw=[found[0]], fixed=[found[1]])
    make_watched_run(schedule)

    assert told() == []
    assert not ScheduledRun.objects.filter(told_at=None).exists()


def test_a_first_run_that_finds_nothing_mails_nothing_and_is_the_first(schedule):
    make_watched_run(schedule)
    assert told() == []
    make_watched_run(schedule, saw=findings_of(schedule))

    assert told() == [f"{schedule.organisation}: 1 new finding"]


@pytest.mark.both
def test_a_finding_is_never_told_twice_while_it_stays(schedule):
    (finding,) = findings_of(schedule)
    make_watched_run(schedule, saw=[finding])
    assert len(told()) == 1
    make_watched_run(schedule)  # it could not be read: neither seen nor fixed
    assert told() == []
    make_watched_run(schedule, saw=[finding])
    assert told() == []


@pytest.mark.both
@pytest.mark.parametrize("by_hand", [False, True])
def test_what_was_mended_and_comes_back_is_told_again_whoever_saw_it_mended(schedule, by_hand):
    (finding,) = findings_of(schedule)
    make_watched_run(schedule, saw=[finding])
    told()
    make_watched_run(schedule, fixed=[finding], by_hand=by_hand)
    assert told() == []
    make_watched_run(schedule, saw=[(finding, {"status": "regressed"})])

    assert len(told()) == 1
    assert "(back again)" in mail.outbox[0].body
    make_watched_run(schedule, saw=[finding])
    assert told() == []


def test_what_came_back_while_somebody_audited_by_hand_is_told_too(schedule):
    (finding,) = findings_of(schedule)
    make_watched_run(schedule, saw=[finding])
    told()
    make_watched_run(schedule, fixed=[finding], by_hand=True)
    make_watched_run(schedule, saw=[(finding, {"status": "regressed"})], by_hand=True)
    make_watched_run(schedule, saw=[finding])

    assert len(told()) == 1


def test_what_an_audit_by_hand_saw_first_is_news_to_those_who_are_told(schedule):
    make_watched_run(schedule)
    told()
    (finding,) = findings_of(schedule)
    make_watched_run(schedule, saw=[finding], by_hand=True)
    assert told() == []
    make_watched_run(schedule, saw=[finding])

    assert len(told()) == 1
    assert "for the first time" in mail.outbox[0].body


def test_what_is_milder_is_not_told_until_it_weighs_enough(schedule):
    make_watched_run(schedule)
    told()
    (finding,) = findings_of(schedule)
    make_watched_run(schedule, saw=[(finding, {"severity": MEDIUM})])
    assert told() == []
    make_watched_run(schedule, saw=[(finding, {"severity": HIGH})])

    assert len(told()) == 1
    assert "(weighs more than before)" in mail.outbox[0].body
    make_watched_run(schedule, saw=[(finding, {"severity": MEDIUM})])
    make_watched_run(schedule, saw=[(finding, {"severity": MEDIUM})])
    assert told() == []


def test_telling_from_a_milder_severity_makes_no_old_finding_new(schedule):
    old, new = findings_of(schedule, 2)
    make_watched_run(schedule, saw=[(old, {"severity": MEDIUM})])
    told()
    schedule.tells_from = MEDIUM
    schedule.save()
    make_watched_run(schedule, saw=[(old, {"severity": MEDIUM}), (new, {"severity": MEDIUM})])

    assert told() == [f"{schedule.organisation}: 1 new finding"]


def test_false_findings_and_accepted_risks_are_no_news(schedule):
    false = make_finding(schedule.organisation, status=Finding.Status.FALSE_POSITIVE, ruling_reason="A honeypot")
    (accepted,) = findings_of(schedule)
    make_watched_run(schedule, saw=[false, (accepted, {"status": "accepted"})])
    assert told() == []
    make_watched_run(schedule, saw=[(accepted, {"status": "regressed"})])  # its day has come

    assert len(told()) == 1


def test_what_is_told_of_is_said_as_it_is(schedule):
    schedule.tells_from = "critical"
    schedule.save()
    make_watched_run(schedule, saw=[(findings_of(schedule)[0], {"severity": "critical"})])

    told()

    assert "You are told once of what is critical;" in mail.outbox[0].body


def test_the_worst_stand_first(schedule):
    low, high, critical = findings_of(schedule, 3)
    schedule.tells_from = "low"
    schedule.save()
    seen = [(low, {"severity": "low"}), (high, {"severity": HIGH}), (critical, {"severity": "critical"})]
    make_watched_run(schedule, saw=seen)

    told()

    body = mail.outbox[0].body
    assert body.index("Critical: ") < body.index("High: ") < body.index("Low: ")


def test_a_run_that_failed_wholly_is_told_in_a_sentence_once_a_streak(schedule):
    failure = "The role refused us: check its trust policy."
    subject = f"{schedule.organisation} could not be audited"
    make_watched_run(schedule, status=Run.Status.FAILED, failure=failure)
    assert told() == [subject]
    assert failure in mail.outbox[0].body
    for _ in range(2):
        make_watched_run(schedule, status=Run.Status.FAILED, failure=failure)
    ScheduledRun.objects.create(schedule=schedule, on="2026-06-01", skipped="under_way")
    ScheduledRun.objects.create(schedule=schedule, on="2026-06-02", skipped="nothing")
    make_watched_run(schedule, status=Run.Status.CANCELLED)
    make_watched_run(schedule, status=Run.Status.FAILED, failure=failure)
    assert told() == []
    make_watched_run(schedule)
    make_watched_run(schedule, status=Run.Status.FAILED, failure=failure)

    assert told() == [subject]


def test_a_day_on_which_nothing_is_left_to_audit_is_told_as_a_failure(schedule):
    ScheduledRun.objects.create(schedule=schedule, on="2026-05-01", skipped="nothing")

    assert told() == [f"{schedule.organisation} could not be audited"]
    assert "There was nothing to audit, or no check that looks at it." in mail.outbox[0].body


def test_a_day_skipped_for_another_audit_and_a_cancelled_run_are_no_news(schedule):
    ScheduledRun.objects.create(schedule=schedule, on="2026-05-01", skipped="under_way")
    make_watched_run(schedule, status=Run.Status.CANCELLED, saw=findings_of(schedule))

    assert told() == []
    assert not ScheduledRun.objects.filter(told_at=None).exists()


def test_a_run_that_goes_on_waits(schedule):
    run = make_watched_run(schedule, status=Run.Status.RUNNING, saw=findings_of(schedule))
    assert told() == []
    Run.objects.filter(pk=run.pk).update(status=Run.Status.DONE)

    assert len(told()) == 1


def test_each_who_is_named_gets_one_mail_and_nobody_else(schedule, ada):
    bob, _carl = make_consultant("bob"), make_consultant("carl")
    schedule.people.add(bob)
    make_watched_run(schedule, saw=findings_of(schedule, 3))

    told()

    assert sorted(message.to[0] for message in mail.outbox) == sorted([ada.email, bob.email])


def test_where_nobody_who_is_named_is_left_all_consultants_hear_of_it(schedule, ada):
    bob = make_consultant("bob")
    deactivate(user=ada, actor=bob)
    make_watched_run(schedule, saw=findings_of(schedule))

    told()

    assert [message.to for message in mail.outbox] == [[bob.email]]


def test_who_left_while_a_mail_waited_does_not_get_it(schedule, ada):
    make_watched_run(schedule, saw=findings_of(schedule))
    with refused():
        told()
    deactivate(user=ada, actor=make_consultant("bob"))
    WatchMail.objects.update(next_try_at="2020-01-01T00:00Z")

    assert told() == []
    row = WatchMail.objects.get()
    assert (row.sent_at, row.next_try_at, row.has_failed) == (None, None, False)


def refused():
    return mock.patch.object(EmailMessage, "send", side_effect=smtplib.SMTPServerDisconnected("Later."))


def test_what_did_not_leave_is_tried_again_until_it_does(schedule, settings):
    make_watched_run(schedule, saw=findings_of(schedule))
    with refused():
        assert told() == []
    assert told() == []  # too early
    settings.CLOCK_OFFSET_S = 11 * MINUTE

    assert len(told()) == 1
    settings.CLOCK_OFFSET_S = 10 * 24 * 60 * MINUTE
    assert told() == []


def test_in_the_end_it_is_given_up_and_recorded(schedule, ada, settings):
    make_watched_run(schedule, saw=findings_of(schedule))
    with refused():
        for days in range(15):
            settings.CLOCK_OFFSET_S = days * 24 * 60 * MINUTE
            told()

    row = WatchMail.objects.get()
    assert (row.tries, row.is_given_up) == (posting.MOST_TRIES, True)
    assert Event.objects.get(what="schedule.mail_given_up").data == {"to": ada.email}


def test_a_worker_that_dies_before_sending_loses_nothing(schedule):
    make_watched_run(schedule, saw=findings_of(schedule))
    with mock.patch.object(watch_mails, "post_due", side_effect=SystemExit), pytest.raises(SystemExit):
        tell_of_scheduled_runs()
    assert WatchMail.objects.filter(sent_at=None).count() == 1

    assert len(told()) == 1
    assert told() == []


def test_a_mistake_while_telling_is_undone_and_tried_again(schedule):
    make_watched_run(schedule, saw=findings_of(schedule))
    with mock.patch.object(watch_mails, "render_to_string", side_effect=OSError("The disk is full.")):
        assert told() == []
    assert not WatchedFinding.objects.exists()

    assert len(told()) == 1


def test_a_scheduled_run_rings_when_it_ends_and_another_does_not(schedule, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.tell_of_scheduled_runs, "delay", lambda: rung.append(1))
    for by_hand, expected in ((True, []), (False, [1])):
        run = make_watched_run(schedule, by_hand=by_hand, status=Run.Status.RUNNING)
        with TestCase.captureOnCommitCallbacks(execute=True):
            runs.finish_run(run_id=run.pk)
        assert rung == expected


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_mail_it_once(ada):
    schedule = make_schedule(people=[ada])
    for _ in range(2):
        make_watched_run(schedule, saw=findings_of(schedule, 3))
    mail.outbox = []

    def work():
        try:
            tell_of_scheduled_runs()
        finally:
            connection.close()

    all_at_once(4, work)

    assert sorted(message.subject for message in mail.outbox) == sorted(
        [f"{schedule.organisation} is watched: 3 findings", f"{schedule.organisation}: 3 new findings"]
    )


def test_as_many_queries_for_three_findings_as_for_thirty(schedule):
    make_watched_run(schedule)
    told()
    taken = []
    for count in (3, 30):
        make_watched_run(schedule, saw=findings_of(schedule, count))
        with CaptureQueriesContext(connection) as captured:
            told()
        taken.append(len(captured))

    assert taken[0] == taken[1] <= 36
