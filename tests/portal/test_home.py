"""Where sign-in leads: staff to their clients, a client's people to what was published to them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.models import StoredFile
from discovery.models import Finding, Run, Summary, SummaryEntry
from tests.discovery_factories import make_finding, make_occurrence, make_run
from tests.factories import make_client, make_organisation, make_stored_file, organisation_of

pytestmark = pytest.mark.django_db
HOME = reverse("portal:home")
MOST_QUERIES = 12


def findings_of(user):
    return reverse("portal:findings", args=[organisation_of(user).public_id])


def page_of(organisation):
    return reverse("portal:organisation", args=[organisation.public_id])


def text(response):
    return response.content.decode()


def make_summary(organisation, *, frozen=True, verdict="Three changes close this.", **fields):
    run = make_run(organisation, status=Run.Status.DONE)
    if not frozen:
        return Summary.objects.create(organisation=organisation, run=run, verdict=verdict, **fields)
    pdf = make_stored_file(b"%PDF", name="summary.pdf", organisation=organisation)
    StoredFile.objects.filter(pk=pdf.pk).update(audience=StoredFile.Audience.CLIENT)
    return Summary.objects.create(
        organisation=organisation,
        run=run,
        verdict=verdict,
        status=Summary.Status.FROZEN,
        frozen_at=clock.now(),
        snapshot={},
        snapshot_sha256="0" * 64,
        pdf=pdf,
        **fields,
    )


def make_published(organisation, *, run=None, status=Finding.Status.PUBLISHED, occurrence=None, **fields):
    finding = make_finding(organisation, status=status, **fields)
    make_occurrence(run or make_run(organisation, status=Run.Status.DONE), finding, **(occurrence or {}))
    return finding


def queries_of(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return captured.captured_queries


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_everyone_lands_on_a_page_of_their_own(client, ada, ben, cleo, htmx):
    assert client.get(HOME, headers=htmx).url.startswith(reverse("account_login"))
    for user, own, others in (
        (ada, "New client", "Nothing published yet"),
        (ben, "Ben&#x27;s company", "Cleo"),
        (cleo, "Cleo&#x27;s company", "Ben"),
    ):
        client.force_login(user)
        page = text(client.get(HOME, headers=htmx))
        assert own in page
        assert others not in page


def test_staff_without_clients_are_told_the_next_step(client, ada):
    client.force_login(ada)

    page = text(client.get(HOME))

    assert "No client yet" in page
    assert page.count("button--primary") == 1


def test_staff_see_what_goes_on_what_to_finish_and_whom_they_worked_for_last(client, ada):
    idle, busy = make_organisation("Idle"), make_organisation("Busy")
    draft = make_summary(busy, frozen=False)
    running = make_run(busy, status=Run.Status.RUNNING)
    make_summary(idle)
    client.force_login(ada)

    home = client.get(HOME).context["home"]

    assert list(home.under_way) == [running]
    assert list(home.to_write) == [draft]
    assert [line.organisation.name for line in home.clients] == ["Idle", "Busy"]


def test_many_clients_are_a_page_away(client, ada):
    for number in range(13):
        make_organisation(f"Client {number}")
    client.force_login(ada)

    response = client.get(HOME)

    assert len(response.context["home"].clients) == 12
    assert "All clients" in text(response)


def test_home_takes_as_many_queries_for_three_clients_as_for_thirty(client, ada):
    client.force_login(ada)

    def add(number):
        organisation = make_organisation(f"Client {number}")
        run = make_summary(organisation, frozen=False).run
        make_occurrence(run)
        make_run(organisation, status=Run.Status.RUNNING)

    for number in range(3):
        add(number)
    few = queries_of(client, HOME)
    for number in range(3, 30):
        add(number)

    many = queries_of(client, HOME)

    assert len(few) == len(many) <= MOST_QUERIES


def test_a_clients_person_downloads_what_was_frozen_and_nothing_else(client, ben, cleo):
    organisation = organisation_of(ben)
    frozen = make_summary(organisation, verdict="One mistaken delete would lose all.")
    make_summary(organisation, frozen=False, verdict="Not fit to be read yet.")
    download = reverse("core:file", args=[frozen.pdf.public_id])
    client.force_login(ben)

    page = text(client.get(HOME))

    assert "One mistaken delete" in page
    assert download in page
    assert "Not fit to be read" not in page
    assert client.get(download).status_code == 200
    client.force_login(cleo)
    assert client.get(download).status_code == 404


@pytest.mark.parametrize("status", list(Finding.Status))
def test_a_clients_person_sees_the_findings_that_were_published(client, ben, status):
    fields = {"ruling_reason": "A honeypot"} if status == Finding.Status.FALSE_POSITIVE else {}
    finding = make_published(organisation_of(ben), status=status, resource_name="orders", **fields)
    client.force_login(ben)

    told = [one.finding for one in client.get(findings_of(ben)).context["findings"]]

    hidden = status in {Finding.Status.OPEN, Finding.Status.FALSE_POSITIVE}
    assert told == ([] if hidden else [finding])


@pytest.mark.both  # ordered by the database
def test_findings_stand_worst_first_and_mended_ones_last(client, ben):
    organisation = organisation_of(ben)
    run = make_run(organisation, status=Run.Status.DONE)
    for severity, status in (("low", "published"), ("critical", "verified"), ("high", "published")):
        make_published(organisation, run=run, status=status, occurrence={"severity": severity})
    client.force_login(ben)

    told = client.get(findings_of(ben)).context["findings"]

    assert [one.occurrence.severity for one in told] == ["high", "low", "critical"]


def test_a_finding_is_told_as_the_last_run_saw_it(client, ben):
    organisation = organisation_of(ben)
    finding = make_published(organisation, occurrence={"severity": "low", "detail": "It was harmless."})
    make_occurrence(
        make_run(organisation, status=Run.Status.DONE), finding, severity="critical", detail="It is not harmless."
    )
    client.force_login(ben)

    (told,) = client.get(findings_of(ben)).context["findings"]

    assert (told.occurrence.severity, told.occurrence.detail) == ("critical", "It is not harmless.")


def test_a_finding_is_told_in_the_words_that_staff_froze(client, ben):
    organisation = organisation_of(ben)
    make_published(organisation)
    summary = make_summary(organisation, frozen=False)
    entry = {"check_id": "sg_ssh_open", "rank": 1, "severity": "high"}
    SummaryEntry.objects.create(summary=summary, title="Words of a draft", **entry)
    frozen = make_summary(organisation)
    SummaryEntry.objects.create(summary=frozen, title="Anyone may knock at your servers", **entry)
    client.force_login(ben)

    page = text(client.get(findings_of(ben)))

    assert "Anyone may knock at your servers" in page
    assert "Words of a draft" not in page


def test_what_only_staff_may_know_is_not_on_the_page(client, ben):
    organisation = organisation_of(ben)
    occurrence = {"author": "mara@client.example", "evidence": {"cidr": "198.51.100.7/32"}, "path": "a.py", "line": 3}
    make_published(organisation, repository="shop", occurrence=occurrence)
    client.force_login(ben)

    page = text(client.get(findings_of(ben)))

    assert "a.py:3" in page
    assert "mara@client.example" not in page
    assert "198.51.100.7" not in page


def test_one_organisation_never_sees_anothers(client, ada, ben, cleo):
    organisation = organisation_of(ben)
    make_published(organisation, resource_name="orders-of-ben")
    for user, status in ((ada, 200), (ben, 200), (cleo, 404)):
        client.force_login(user)
        assert client.get(page_of(organisation)).status_code == status
    client.logout()
    assert client.get(page_of(organisation)).url.startswith(reverse("account_login"))

    client.force_login(cleo)
    assert "orders-of-ben" not in text(client.get(HOME)) + text(client.get(findings_of(cleo)))
    assert client.get(findings_of(ben)).status_code == 404


def test_staff_see_on_a_clients_page_what_the_client_sees(client, ada, ben):
    organisation = organisation_of(ben)
    make_published(organisation, resource_name="told")
    make_published(organisation, status=Finding.Status.OPEN, resource_name="not-told")
    make_summary(organisation, frozen=False, verdict="Not fit to be read yet.")
    client.force_login(ada)

    page = text(client.get(page_of(organisation))) + text(client.get(findings_of(ben)))

    assert "told" in page
    assert "not-told" not in page
    assert "Not fit to be read" not in page


def test_a_person_of_two_organisations_chooses(client, ben):
    second = make_organisation("Second")
    make_client("ben", organisation=second)
    client.force_login(ben)

    page = text(client.get(HOME))

    assert "Ben&#x27;s company" in page
    assert page_of(second) in page


def test_who_belongs_to_no_organisation_is_told_whom_to_ask(client, ben):
    ben.memberships.all().delete()
    client.force_login(ben)

    assert "Ask whoever invited you" in text(client.get(HOME))


@pytest.mark.parametrize("where", [lambda ben: HOME, findings_of], ids=["home", "findings"])
def test_a_clients_page_takes_as_many_queries_for_three_findings_as_for_thirty(client, ben, where):
    organisation = organisation_of(ben)
    client.force_login(ben)
    for _number in range(3):
        make_summary(organisation)
        make_published(organisation)
    few = queries_of(client, where(ben))
    for _number in range(27):
        make_summary(organisation)
        make_published(organisation)

    many = queries_of(client, where(ben))

    assert len(few) == len(many) <= MOST_QUERIES


def test_findings_come_in_pages(client, ben):
    organisation = organisation_of(ben)
    run = make_run(organisation, status=Run.Status.DONE)
    for _number in range(51):
        make_published(organisation, run=run)
    client.force_login(ben)

    assert len(client.get(findings_of(ben)).context["findings"]) == 50
    assert len(client.get(findings_of(ben), {"page": 2}).context["findings"]) == 1


def test_a_finding_titled_like_a_script_stays_text(client, ben):
    make_published(organisation_of(ben), occurrence={"title": "<script>{{7*7}}</script>", "detail": "</style>"})
    client.force_login(ben)

    page = text(client.get(findings_of(ben)))

    assert "<script>{{7*7}}" not in page
    assert "&lt;script&gt;{{7*7}}" in page


def test_looking_changes_nothing(client, ada, ben):
    organisation = organisation_of(ben)
    make_summary(organisation)
    make_published(organisation)
    for user, url in ((ada, HOME), (ben, HOME), (ada, page_of(organisation))):
        client.force_login(user)
        sql = [one["sql"] for one in queries_of(client, url)]
        assert [one for one in sql if one.startswith(("INSERT", "UPDATE", "DELETE")) and "session" not in one] == []
