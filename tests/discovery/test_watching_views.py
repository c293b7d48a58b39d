"""The pages by which staff watch a client."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Event
from discovery.models import Run, Schedule, ScheduledRun, WatchMail
from infra_audit.registry import catalogue
from tests.discovery_factories import make_aws_account, make_organisation, make_repository, make_run, make_schedule
from tests.factories import make_consultant, make_practice, organisation_of

pytestmark = pytest.mark.django_db
MOST_QUERIES = 17
WATCHED = {"every": "day", "at_hour": "3", "targets": "everything", "checks": "all", "tells_from": "high"}


def page_of(name, organisation):
    return reverse(f"discovery:{name}", args=[organisation.public_id])


@pytest.fixture
def organisation():
    organisation = make_organisation("Tern & Tide")
    make_aws_account(organisation, name="production")
    return organisation


def save(client, organisation, *people, **fields):
    sent = {**WATCHED, "people": [one.public_id for one in people], **fields}
    return client.post(page_of("schedule", organisation), sent)


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_staff_alone_watch(client, ada, ben, cleo, htmx):
    organisation = organisation_of(ben)
    make_schedule(organisation, people=[ada])
    acts = [("get", "schedule"), ("post", "schedule"), ("post", "schedule-pause"), ("post", "schedule-resume")]
    for method, name in acts:
        url = page_of(name, organisation)
        client.logout()
        assert getattr(client, method)(url, headers=htmx).url.startswith(reverse("account_login"))
        for user in (ben, cleo):
            client.force_login(user)
            assert getattr(client, method)(url, headers=htmx).status_code == 404
    client.force_login(ada)
    assert client.get(page_of("schedule", organisation), headers=htmx).status_code == 200
    assert not Schedule.objects.get().is_paused


def test_a_client_that_is_not_watched_offers_it(client, ada, organisation):
    client.force_login(ada)

    page = client.get(page_of("client", organisation)).content.decode()

    assert "Watch this client" in page
    assert page_of("schedule", organisation) in page
    assert "Watch this client" not in client.get(page_of("client", make_organisation())).content.decode()


def test_the_form_comes_filled_in_so_that_one_click_watches(client, ada, organisation):
    client.force_login(ada)
    form = client.get(page_of("schedule", organisation)).context["form"]
    sent = {name: form[name].value() for name in WATCHED}
    assert sent == {**WATCHED, "at_hour": 3}

    response = save(client, organisation, *form.initial["people"])

    assert response.url == page_of("client", organisation)
    schedule = Schedule.objects.get()
    assert (schedule.organisation, schedule.set_up_by, schedule.everything) == (organisation, ada, True)
    assert list(schedule.people.all()) == [ada]
    assert Event.objects.get(what="schedule.set_up").actor == ada


def test_the_card_says_what_when_and_who(client, ada, organisation, settings):
    make_practice(zone="Europe/Dublin")
    schedule = make_schedule(organisation, people=[ada])
    run = make_run(organisation, status=Run.Status.DONE, result={"not_assessed": []}, only_checks=["sg_ssh_open"])
    ScheduledRun.objects.create(schedule=schedule, on="2026-05-01", run=run, news=3, told_at=run.created_at)
    client.force_login(ada)

    page = client.get(page_of("client", organisation)).content.decode()

    for words in ("Watched", "Every day at 03:00, Europe/Dublin", "Everything", "all checks", "3 findings told"):
        assert words in page
    assert "high or worse" in page
    assert page.count("scheduled") == 1
    assert "1 check only" in page


def test_a_run_that_was_scheduled_says_so_on_its_own_page(client, ada, organisation):
    schedule = make_schedule(organisation, people=[ada])
    run = make_run(organisation)
    ScheduledRun.objects.create(schedule=schedule, on="2026-05-01", run=run)
    Run.objects.update(
        status=Run.Status.DONE,
        result={"not_assessed": [], "iac_coverage": {}, "iac_states": {"given": False}, "api_calls": 3},
    )
    client.force_login(ada)

    assert "· scheduled ·" in client.get(reverse("discovery:run", args=[run.public_id])).content.decode()


def test_a_day_that_was_skipped_is_said_with_its_reason(client, ada, organisation):
    schedule = make_schedule(organisation, people=[ada])
    ScheduledRun.objects.create(schedule=schedule, on="2026-05-01", skipped="under_way")
    client.force_login(ada)

    for name in ("client", "schedule"):
        page = client.get(page_of(name, organisation)).content.decode()
        assert "Friday 1 May, skipped: Another audit was under way" in page


def test_a_mail_that_did_not_leave_is_seen(client, ada, organisation):
    schedule = make_schedule(organisation, people=[ada])
    day = ScheduledRun.objects.create(schedule=schedule, on="2026-05-01", skipped="nothing")
    mail = WatchMail.objects.create(scheduled=day, address=ada.email, subject="No audit", body="", has_failed=True)
    client.force_login(ada)
    assert "did not leave yet" in client.get(page_of("client", organisation)).content.decode()
    WatchMail.objects.filter(pk=mail.pk).update(next_try_at=None)

    assert "given up" in client.get(page_of("client", organisation)).content.decode()


def test_everything_can_be_changed(client, ada, organisation):
    bob = make_consultant("bob")
    make_schedule(organisation, people=[ada])
    repository = make_repository(organisation)
    client.force_login(ada)

    response = save(
        client,
        organisation,
        bob,
        every="week",
        at_hour="22",
        targets="chosen",
        repositories=[repository.public_id],
        checks="some",
        only_checks=["secret_at_head", "sg_ssh_open"],
        tells_from="medium",
    )

    assert response.status_code == 302
    schedule = Schedule.objects.get()
    assert (schedule.every, schedule.at_hour, schedule.tells_from) == ("week", 22, "medium")
    assert (schedule.everything, list(schedule.repositories.all())) == (False, [repository])
    assert set(schedule.only_checks) == {"secret_at_head", "sg_ssh_open"}
    assert list(schedule.people.all()) == [bob]
    page = client.get(page_of("client", organisation)).content.decode()
    assert "0 accounts, 1 repository; 2 checks" in page
    form = client.get(page_of("schedule", organisation)).context["form"]
    assert (form["targets"].value(), form["checks"].value()) == ("chosen", "some")
    assert sum(ticked for _severity, _boxes, ticked in form.checks_by_severity()) == 2


def test_what_belongs_to_the_other_choice_is_dropped(client, ada, organisation):
    client.force_login(ada)

    save(client, organisation, ada, accounts=[organisation.aws_accounts.get().public_id], only_checks=["sg_ssh_open"])

    schedule = Schedule.objects.get()
    assert (schedule.everything, schedule.only_checks) == (True, [])
    assert not schedule.accounts.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"people": []}, "people"),
        ({"targets": "chosen"}, "targets"),
        ({"checks": "some"}, "checks"),
        ({"checks": "some", "only_checks": ["no_such_check"]}, "only_checks"),
        ({"at_hour": "24"}, "at_hour"),
        ({"every": "hour"}, "every"),
        ({"tells_from": "<script>"}, "tells_from"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(client, ada, organisation, fields, field):
    client.force_login(ada)

    response = save(client, organisation, ada, **fields)

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Schedule.objects.exists()


def test_neither_a_client_nor_anothers_account_can_be_named(client, ada, ben, organisation):
    foreign = make_aws_account(make_organisation("Larkfield"))
    handed_over = make_aws_account(organisation, handed_over=True)
    client.force_login(ada)

    assert save(client, organisation, ben).status_code == 422
    for account in (foreign, handed_over):
        assert save(client, organisation, ada, targets="chosen", accounts=[account.public_id]).status_code == 422
    assert not Schedule.objects.exists()


def test_checks_that_no_longer_exist_are_named_and_go_when_it_is_saved(client, ada, organisation):
    make_schedule(organisation, people=[ada], only_checks=["gone_since", "sg_ssh_open"])
    client.force_login(ada)
    for name in ("client", "schedule"):
        page = client.get(page_of(name, organisation)).content.decode()
        assert "no longer exist" in page
        assert "gone_since" in page

    save(client, organisation, ada, checks="some", only_checks=["sg_ssh_open"])

    assert Schedule.objects.get().only_checks == ["sg_ssh_open"]


def test_every_check_is_offered_once_by_its_severity(client, ada, organisation):
    client.force_login(ada)

    form = client.get(page_of("schedule", organisation)).context["form"]

    offered = {severity: [box.data["value"] for box in boxes] for severity, boxes, _n in form.checks_by_severity()}
    assert sorted(one for some in offered.values() for one in some) == sorted(catalogue())
    assert all(catalogue()[one].severity == severity for severity, some in offered.items() for one in some)


def test_it_is_paused_and_goes_on(client, ada, organisation):
    make_schedule(organisation, people=[ada])
    client.force_login(ada)

    assert client.post(page_of("schedule-pause", organisation)).url == page_of("client", organisation)
    page = client.get(page_of("client", organisation)).content.decode()
    assert "Go on watching" in page
    assert "not while it is paused" in page
    client.post(page_of("schedule-resume", organisation))

    assert not Schedule.objects.get().is_paused
    assert "Pause watching" in client.get(page_of("client", organisation)).content.decode()


def test_what_is_not_watched_cannot_be_paused(client, ada, organisation):
    client.force_login(ada)

    assert client.post(page_of("schedule-pause", organisation)).status_code == 404
    assert client.post(page_of("schedule-resume", organisation)).status_code == 404


def test_the_pages_take_as_many_queries_for_three_days_as_for_thirty(client, ada, organisation):
    schedule = make_schedule(organisation, people=[ada])
    client.force_login(ada)

    def add(numbers):
        for number in numbers:
            run = make_run(organisation, status=Run.Status.DONE)
            ScheduledRun.objects.create(
                schedule=schedule, on=f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}", run=run
            )

    def taken():
        counts = []
        for name in ("client", "schedule"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(page_of(name, organisation)).status_code == 200
            counts.append(len(captured))
        return counts

    add(range(3))
    few = taken()
    add(range(3, 30))
    many = taken()

    assert few == many
    assert max(many) <= MOST_QUERIES
