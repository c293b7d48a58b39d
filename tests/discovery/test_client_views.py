"""The list of clients, a client's page, its people, and starting an audit."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Event, Membership, Organisation
from discovery.models import Run
from tests.discovery_factories import make_aws_account, make_finding, make_occurrence, make_repository, make_run
from tests.factories import make_client, make_organisation

pytestmark = pytest.mark.django_db
MOST_QUERIES = 13
WRITES = ("INSERT", "UPDATE", "DELETE")


def page_of(name, *args):
    return reverse(f"discovery:{name}", args=args)


def audited(organisation, *, findings=2, **fields):
    """A client's run that is over, with findings of three severities."""
    run = make_run(organisation, status=Run.Status.DONE, result={}, **fields)
    for number in range(findings):
        make_occurrence(run, severity=("critical", "high", "medium")[number % 3])
    return run


def queries_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return captured.captured_queries


def test_a_client_page_shows_the_newest_audits_and_leads_to_all(client, ada):
    organisation = make_organisation()
    runs = [audited(organisation, findings=number % 3) for number in range(60)]
    audited(make_organisation())
    client.force_login(ada)
    url = page_of("client-audits", organisation.public_id)

    assert url in client.get(page_of("client", organisation.public_id)).content.decode()
    answer = client.get(url)

    assert [line.run for line in answer.context["lines"]] == runs[:9:-1]
    assert "60 audits" in answer.content.decode()
    assert [line.run for line in client.get(url, {"page": 2}).context["lines"]] == runs[9::-1]
    assert len(queries_of(client, url)) <= MOST_QUERIES


def test_a_client_with_few_audits_has_no_list_of_all(client, ada):
    organisation = make_organisation()
    client.force_login(ada)
    url = page_of("client-audits", organisation.public_id)

    assert "No audit yet" in client.get(url).content.decode()
    audited(organisation)
    assert url not in client.get(page_of("client", organisation.public_id)).content.decode()


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    """The queue's edge: what is rung for is another test's matter."""
    monkeypatch.setattr("discovery.tasks.execute_shard.delay", lambda shard_id: None)


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_staff_alone_see_the_clients(client, ada, ben, cleo, htmx):
    organisation = ben.memberships.get().organisation
    urls = [page_of("clients"), *(page_of(name, organisation.public_id) for name in ("client", "start"))]
    urls += [page_of("client-new"), page_of("client-rename", organisation.public_id)]
    urls += [page_of("person-invite", organisation.public_id)]
    for url in urls:
        client.logout()
        assert client.get(url, headers=htmx).url.startswith(reverse("account_login")), url
        for user, status in ((ada, 200), (ben, 404), (cleo, 404)):
            client.force_login(user)
            assert client.get(url, headers=htmx).status_code == status, (url, user)


def test_a_client_change_is_staffs_alone(client, ada, ben, cleo):
    organisation = ben.memberships.get().organisation
    for user in (ben, cleo):
        client.force_login(user)
        assert client.post(page_of("client-new"), {"name": "Mine"}).status_code == 404
        assert client.post(page_of("client-rename", organisation.public_id), {"name": "Mine"}).status_code == 404
        assert client.post(page_of("start", organisation.public_id)).status_code == 404

    assert not Organisation.objects.filter(name="Mine").exists()


def test_before_the_first_client_the_list_says_the_next_step(client, ada):
    client.force_login(ada)

    page = client.get(page_of("clients")).content.decode()

    assert "No client yet" in page
    assert page.count(page_of("client-new")) == 1


def test_the_list_shows_the_last_run_and_the_worst_of_the_last_results(client, ada):
    organisation = make_organisation("Tern & Tide")
    audited(organisation, findings=4)
    make_run(organisation, status=Run.Status.RUNNING)
    client.force_login(ada)

    line = client.get(page_of("clients")).context["lines"][0]

    assert line.last.status == Run.Status.RUNNING
    assert [(one.severity, one.count) for one in line.found.worst] == [("critical", 2), ("high", 1)]
    assert line.found.findings == 4


def test_false_positives_do_not_count_in_the_list(client, ada):
    organisation = make_organisation("Tern & Tide")
    run = audited(organisation, findings=1)
    make_occurrence(run, make_finding(organisation, status="false_positive", ruling_reason="A honeypot"))
    client.force_login(ada)

    assert client.get(page_of("clients")).context["lines"][0].found.findings == 1


def test_a_client_is_found_by_a_part_of_its_name(client, ada):
    for name in ("Tern & Tide", "Larkfield"):
        make_organisation(name)
    client.force_login(ada)

    assert [line.organisation.name for line in client.get(page_of("clients"), {"q": "tern"}).context["lines"]] == [
        "Tern & Tide"
    ]
    assert "No client fits" in client.get(page_of("clients"), {"q": "nobody"}).content.decode()


def test_the_list_takes_as_many_queries_for_three_clients_as_for_thirty(client, ada):
    client.force_login(ada)
    for number in range(3):
        audited(make_organisation(f"Client {number}"))
    few = queries_of(client, page_of("clients"))
    for number in range(3, 30):
        audited(make_organisation(f"Client {number}"))

    many = queries_of(client, page_of("clients"))

    assert len(few) == len(many) <= MOST_QUERIES


def test_a_clients_page_takes_as_many_queries_for_three_of_each_as_for_thirty(client, ada):
    client.force_login(ada)
    organisation = make_organisation("Tern & Tide")
    url = page_of("client", organisation.public_id)

    def add(number):
        make_aws_account(organisation, consent_by=ada)
        make_repository(organisation)
        organisation.state_files.create(name=f"{number}.tfstate", unit={"rows": [{}, {}]})
        audited(organisation, started_by=ada)
        make_client(f"person-{number}", organisation=organisation)

    for number in range(3):
        add(number)
    few = queries_of(client, url)
    for number in range(3, 30):
        add(number)

    many = queries_of(client, url)

    assert len(few) == len(many) <= MOST_QUERIES


def test_looking_changes_nothing(client, ada):
    client.force_login(ada)
    organisation = make_organisation("Tern & Tide")
    make_aws_account(organisation)
    names = ("client", "start", "client-rename", "person-invite", "account-new", "repository-new", "state-new")
    for url in [page_of("clients"), *(page_of(name, organisation.public_id) for name in names)]:
        written = [one["sql"] for one in queries_of(client, url) if one["sql"].startswith(WRITES)]
        assert [sql for sql in written if "session" not in sql] == [], url


def test_a_name_makes_a_client(client, ada):
    client.force_login(ada)

    response = client.post(page_of("client-new"), {"name": "  مؤسسة   النور 🚢 "})

    organisation = Organisation.objects.get(name="مؤسسة النور 🚢")
    assert response.url == page_of("client", organisation.public_id)
    assert Event.objects.get(what="organisation.added").actor == ada


@pytest.mark.parametrize("name", ["", "   ", "x" * 300, "harbour & PINE"])
def test_a_name_that_cannot_be_is_refused_at_the_field(client, ada, name):
    make_organisation("Harbour & Pine")
    client.force_login(ada)

    response = client.post(page_of("client-new"), {"name": name})

    assert response.status_code == 422
    assert response.context["form"].errors["name"]
    assert Organisation.objects.count() == 1


def test_a_client_is_renamed_and_may_keep_its_name(client, ada):
    organisation = make_organisation("Harbor")
    client.force_login(ada)
    url = page_of("client-rename", organisation.public_id)

    written = {"locale": "en_IE", "currency": "EUR"}
    assert client.post(url, {"name": "Harbor", **written}).status_code == 302
    assert client.post(url, {"name": "Harbour & Pine", **written}).url == page_of("client", organisation.public_id)

    organisation.refresh_from_db()
    assert (organisation.name, organisation.locale, organisation.currency) == ("Harbour & Pine", "en_IE", "EUR")
    for wrong in ({"locale": "xx_XX"}, {"currency": "XYZ"}):
        assert client.post(url, {"name": "Harbor", **written, **wrong}).status_code == 422


def test_a_script_in_a_name_stays_text(client, ada):
    organisation = make_organisation("<script>{{7*7}}</script>")
    client.force_login(ada)

    page = client.get(page_of("client", organisation.public_id)).content.decode()

    assert "<script>{{7*7}}" not in page
    assert "&lt;script&gt;{{7*7}}" in page


def test_a_person_is_invited_with_a_role_and_told_by_mail(client, ada, settings, django_capture_on_commit_callbacks):
    settings.MAIL_IN_BACKGROUND = False
    organisation = make_organisation("Tern & Tide")
    client.force_login(ada)
    fields = {"email": "Mara@Client.example", "name": "Mara", "role": "reader"}

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(page_of("person-invite", organisation.public_id), fields)

    assert response.url == page_of("client", organisation.public_id)
    membership = organisation.memberships.get()
    assert (membership.user.email, membership.role) == ("mara@client.example", Membership.Role.READER)
    assert [sent.to for sent in mail.outbox] == [["mara@client.example"]]
    assert "mara@client.example" in client.get(response.url).content.decode()


def test_ones_own_colleague_is_no_clients_person(client, ada):
    organisation = make_organisation("Tern & Tide")
    client.force_login(ada)
    fields = {"email": ada.email, "name": "Ada", "role": "owner"}

    response = client.post(page_of("person-invite", organisation.public_id), fields)

    assert response.status_code == 422
    assert not organisation.memberships.exists()


def test_a_persons_role_ends(client, ada, ben, cleo):
    organisation = ben.memberships.get().organisation
    url = page_of("person-end", organisation.public_id, ben.public_id)
    client.force_login(ada)

    assert client.post(url, {"role": "reader"}).status_code == 404
    assert (
        client.post(page_of("person-end", organisation.public_id, cleo.public_id), {"role": "owner"}).status_code == 404
    )
    assert client.post(url, {"role": "owner"}).url == page_of("client", organisation.public_id)

    assert not ben.memberships.exists()
    assert cleo.memberships.exists()


def start(client, organisation, **fields):
    return client.post(page_of("start", organisation.public_id), {"depth": "metadata", **fields})


def test_everything_is_ticked_and_metadata_is_the_default(client, ada):
    organisation = make_organisation("Tern & Tide")
    account, repository = make_aws_account(organisation), make_repository(organisation)
    client.force_login(ada)

    form = client.get(page_of("start", organisation.public_id)).context["form"]

    assert form.initial["accounts"] == [account]
    assert form.initial["repositories"] == [repository]
    assert form.initial["depth"] == "metadata"


def test_where_all_consent_is_there_configuration_is_the_default_and_nothing_is_asked(client, ada):
    organisation = make_organisation("Tern & Tide")
    account = make_aws_account(organisation, consent="configuration", consent_given_by="Ben")
    client.force_login(ada)
    assert client.get(page_of("start", organisation.public_id)).context["form"].initial["depth"] == "configuration"

    response = start(client, organisation, accounts=[account.public_id], depth="configuration")

    run = Run.objects.get()
    assert response.url == page_of("run", run.public_id)
    assert not run.metadata_only
    assert not Event.objects.filter(what="aws_account.consent_recorded").exists()


def test_an_audit_starts_for_what_was_chosen(client, ada):
    organisation = make_organisation("Tern & Tide")
    chosen, _other = make_aws_account(organisation), make_aws_account(organisation)
    repository = make_repository(organisation)
    client.force_login(ada)

    start(client, organisation, accounts=[chosen.public_id], repositories=[repository.public_id])

    run = Run.objects.get()
    assert run.metadata_only
    assert run.started_by == ada
    assert {(shard.aws_account, shard.repository) for shard in run.shards.all()} == {(chosen, None), (None, repository)}


def test_reading_configuration_needs_the_clients_word_and_keeps_it(client, ada):
    organisation = make_organisation("Tern & Tide")
    account = make_aws_account(organisation)
    client.force_login(ada)
    fields = {"accounts": [account.public_id], "depth": "configuration"}

    refused = start(client, organisation, **fields)
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"agreed", "agreed_by"}
    assert not Run.objects.exists()

    start(client, organisation, **fields, agreed="on", agreed_by="Ben Okafor")

    account.refresh_from_db()
    assert account.reads_configuration
    assert (account.consent_given_by, account.consent_by) == ("Ben Okafor", ada)
    assert account.consent_at
    assert not Run.objects.get().metadata_only
    assert Event.objects.get(what="aws_account.consent_recorded").data["agreed_by"] == "Ben Okafor"


def test_nothing_chosen_is_said_and_starts_nothing(client, ada):
    organisation = make_organisation("Tern & Tide")
    make_aws_account(organisation)
    client.force_login(ada)

    response = start(client, organisation)

    assert response.status_code == 422
    assert "Choose at least one" in response.content.decode()
    assert not Run.objects.exists()


def test_another_clients_account_cannot_be_chosen(client, ada):
    organisation = make_organisation("Tern & Tide")
    make_aws_account(organisation)
    foreign = make_aws_account(make_organisation("Larkfield"))
    client.force_login(ada)

    assert start(client, organisation, accounts=[foreign.public_id]).status_code == 422
    assert not Run.objects.exists()


def test_while_an_audit_is_under_way_the_page_leads_to_it(client, ada):
    organisation = make_organisation("Tern & Tide")
    account = make_aws_account(organisation)
    run = make_run(organisation, status=Run.Status.RUNNING)
    client.force_login(ada)

    page = client.get(page_of("start", organisation.public_id)).content.decode()
    assert page_of("run", run.public_id) in page
    assert "Start the audit" not in page

    refused = start(
        client, organisation, accounts=[account.public_id], depth="configuration", agreed="on", agreed_by="B"
    )

    assert refused.status_code == 409
    account.refresh_from_db()
    assert not account.reads_configuration  # nothing of a refused start is kept
    assert Run.objects.get() == run


def test_without_targets_the_start_says_what_to_add(client, ada):
    organisation = make_organisation("Tern & Tide")
    client.force_login(ada)

    assert (
        "Add an AWS account or a repository first"
        in client.get(page_of("start", organisation.public_id)).content.decode()
    )
