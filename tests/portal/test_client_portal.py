"""What a client's people find: what waits for them, what it cost, their findings to answer, their colleagues."""

import datetime as dt

import pytest
from django.core import mail
from django.urls import reverse

from core.models import Event, Membership
from discovery import queries_clients, tasks
from discovery.models import Finding
from discovery.services import answers
from discovery.services import findings as later
from engagements.models import Engagement
from engagements.services import decisions, items
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, pay
from tests.discovery_factories import make_finding, make_occurrence, make_run
from tests.factories import make_client, make_organisation, organisation_of
from tests.report_factories import make_compared_run, make_told_finding
from tests.scope_factories import make_engagement, make_order, make_revision, make_sent, work

pytestmark = pytest.mark.django_db
HOME = reverse("portal:home")
MOST_QUERIES = 12
MOST_OF_TODAY = 18


def at(name, *args):
    return reverse(f"portal:{name}", args=args)


@pytest.fixture
def busy(ada, ben):
    """A project in which something of everything waits for the client."""
    engagement = make_signed(ben, ada)
    deposit = issue(deposit_of(engagement), ada)
    pay(deposit, 3000, ada)
    engagement.refresh_from_db()
    make_order(engagement, actor=ada, incoming=[work("More", 700)], title="ben-approves")
    items.hand_over(item=engagement.items.first(), handover=items.Handover(title="Runbook", note="Done."), actor=ada)
    decisions.ask_for_decision(
        engagement=engagement,
        question="ben-decides?",
        wanted_by=dates.today(),
        waiting_costs="two days",
        is_clients=True,
        actor=ada,
    )
    issue(by_hand(engagement, ada, 450, title="ben-pays"), ada)
    make_sent(make_revision(ben, owner=ada, organisation=engagement.organisation, title="ben-signs"))
    return engagement


def test_home_says_what_waits_what_happened_and_what_it_cost(client, ben, busy):
    client.force_login(ben)
    answer = client.get(HOME)
    words = answer.content.decode()
    texts = [one.text for one in answer.context["home"].wanted]
    assert len(texts) == 5
    for text in ("ben-approves", "Item 1", "ben-decides?", "ben-pays", "ben-signs"):
        assert any(text in one for one in texts), text
    for amount in ("$450.00", "$3,000.00", "$3,450.00"):
        assert amount in words
    assert "0 of 4 done" in words


def test_a_reader_sees_the_work_and_no_money(client, busy):
    reader = make_client("reader", organisation=busy.organisation, role="reader")
    client.force_login(reader)
    answer = client.get(HOME)
    words = answer.content.decode()
    assert [one.text for one in answer.context["home"].wanted] == ["ben-decides?", "Item 1"]
    assert answer.context["home"].money == []
    assert "$" not in words.split("<main", 1)[1]
    assert "Invoices" not in words.split("<main", 1)[1]


def test_the_other_clients_person_sees_nothing_of_it(client, cleo, busy):
    client.force_login(cleo)
    words = client.get(HOME).content.decode()
    for text in ("ben-approves", "ben-pays", "Safe backups"):
        assert text not in words


@pytest.mark.parametrize(
    ("level", "seen", "named"),
    [("full", True, True), ("read_only", True, True), ("overview", True, False), ("hidden", False, False)],
)
def test_how_much_of_a_project_is_shown(client, ben, busy, level, seen, named):
    Engagement.objects.filter(pk=busy.pk).update(visibility=level)
    client.force_login(ben)
    home = client.get(HOME).context["home"]
    assert bool(home.projects) == seen
    assert any("Item 1" in one.text for one in home.wanted) == named


def test_home_and_today_ask_little_however_much_there_is(client, ada, ben, busy, django_assert_max_num_queries):
    def more():
        for number in range(3):
            another = make_engagement(ben, owner=ada, organisation=busy.organisation, title=f"Project {number}")
            make_order(another, actor=ada, incoming=[work("More", 5)])
            issue(by_hand(another, ada, 5), ada)
            busy.pk = another.pk

    # Today asks each room for its own block, so it may ask a little more.
    for _round in range(2):
        for person, url, most in ((ben, HOME, MOST_QUERIES), (ada, reverse("outreach:today"), MOST_OF_TODAY)):
            client.force_login(person)
            with django_assert_max_num_queries(most):
                assert client.get(url).status_code == 200
        more()


def told(organisation, **fields):
    finding = make_finding(organisation, status=Finding.Status.PUBLISHED, **fields)
    make_occurrence(make_run(organisation, status="done"), finding)
    return finding


def test_an_owner_answers_a_finding_and_asks_for_a_retest(client, ada, ben, cleo):
    organisation = organisation_of(ben)
    finding = told(organisation)
    reader = make_client("reader", organisation=organisation, role="reader")
    urls = {act: at(f"finding-{act}", finding.public_id) for act in ("agree", "dispute", "retest")}
    for person, status in ((cleo, 404), (reader, 403), (ada, 403)):
        client.force_login(person)
        assert {client.post(url, {"reason": "No."}).status_code for url in urls.values()} == {status}
    client.force_login(ben)
    assert client.post(urls["dispute"], {"reason": " "}).status_code == 409
    client.post(urls["agree"])
    finding.refresh_from_db()
    assert finding.status == "agreed"
    client.post(urls["retest"], {"note": "Closed the port."})
    finding.refresh_from_db()
    assert finding.status == "fixed"
    assert Event.objects.get(what="finding.retest_wanted").data["reason"] == "Closed the port."
    assert "retest asked for" in client.get(at("findings", organisation.public_id)).content.decode()
    assert client.post(urls["agree"]).status_code == 409
    assert later.STILL_OPEN  # the next run looks at it: see tests of runs
    told_home = client.get(HOME).context["home"].findings
    assert (told_home.claimed, told_home.mended) == (1, 0)  # nobody believes it before an audit saw it


def test_staff_hear_what_a_client_says_of_a_finding(client, ada, ben):
    finding = told(organisation_of(ben))
    client.force_login(ben)
    client.post(at("finding-dispute", finding.public_id), {"reason": "That bucket is our website."})
    tasks.tell_of_answer(finding.pk)
    assert [(one.to, "our website" in one.body) for one in mail.outbox] == [([ada.email], True)]
    client.force_login(ada)
    page = reverse("discovery:finding", args=[finding.public_id])
    for url in (reverse("outreach:today"), page):
        assert "That bucket is our website." in client.get(url).content.decode()

    reply = reverse("discovery:finding-reply", args=[finding.public_id])
    assert client.post(reply, {"words": " "}).status_code == 409
    assert client.post(reply, {"words": "It also holds the exports."}).status_code == 302
    tasks.tell_of_reply(finding.pk)
    assert [one.to for one in mail.outbox[1:]] == [[ben.email]]
    assert "our website" not in client.get(reverse("outreach:today")).content.decode()
    client.force_login(ben)
    words = client.get(at("findings", finding.organisation.public_id)).content.decode()
    assert "It also holds the exports." in words


def test_whoever_left_hears_no_reply(ada, ben):
    finding = told(organisation_of(ben))
    answers.dispute(finding=finding, reason="No.", actor=ben)
    answers.reply(finding=finding, words="Yes.", actor=ada)
    Membership.objects.all().delete()
    tasks.tell_of_reply(finding.pk)
    assert mail.outbox == []


def test_a_risk_is_taken_by_somebody_until_a_day(client, ada, ben, cleo):
    finding = told(organisation_of(ben))
    url = reverse("discovery:finding-accept", args=[finding.public_id])
    tomorrow = dates.today() + dt.timedelta(days=1)
    form = {"accepted_by": "Ben", "until": tomorrow.isoformat(), "reason": "The site goes away in May."}
    for person, status in ((ben, 404), (cleo, 404)):
        client.force_login(person)
        assert client.post(url, form).status_code == status
    client.force_login(ada)
    assert client.post(url, {**form, "until": dates.today().isoformat()}).status_code == 409
    assert client.post(url, {**form, "accepted_by": ""}).status_code == 422
    assert client.post(url, form).status_code == 302
    finding.refresh_from_db()
    assert (finding.status, finding.accepted_until) == ("accepted_risk", tomorrow)
    client.force_login(ben)
    assert "takes the risk until" in client.get(at("findings", finding.organisation.public_id)).content.decode()
    assert client.get(HOME).context["home"].findings.accepted == 1


def test_the_newest_of_many_projects_is_seen_with_what_waits_in_it(client, ada, ben):
    organisation = organisation_of(ben)
    for number in range(14):
        last = make_engagement(ben, owner=ada, organisation=organisation, title=f"Project {number}")
    decisions.ask_for_decision(
        engagement=last, question="bens-newest?", wanted_by=dates.today(), waiting_costs="", is_clients=True, actor=ada
    )
    client.force_login(ben)
    home = client.get(HOME).context["home"]
    assert home.projects[0].engagement == last
    assert "bens-newest?" in [one.text for one in home.wanted]


def test_staff_look_at_what_the_client_sees_and_no_more(client, ada, ben, busy):
    hidden = make_engagement(ben, owner=ada, organisation=busy.organisation, title="bens-hidden-project")
    Engagement.objects.filter(pk=hidden.pk).update(visibility="hidden")
    Engagement.objects.filter(pk=busy.pk).update(visibility="overview")
    client.force_login(ada)
    home = client.get(at("organisation", busy.organisation.public_id)).context["home"]
    assert [line.engagement for line in home.projects] == [busy]
    assert not any("Item 1" in one.text for one in home.wanted)


def test_who_may_not_answer_is_asked_to_look(client, ben, busy):
    def acts(person):
        client.force_login(person)
        return {one.act for one in client.get(HOME).context["home"].wanted if one.text in {"Item 1", "ben-decides?"}}

    payer = make_client("payer", organisation=busy.organisation, role="payer")
    assert acts(ben) == {"look and accept", "decide"}
    assert acts(payer) == {"look"}
    Engagement.objects.filter(pk=busy.pk).update(visibility="read_only")
    assert acts(ben) == {"look"}


def test_the_trend_needs_two_audits(client, ben):
    organisation = organisation_of(ben)
    finding = told(organisation)
    client.force_login(ben)
    url = at("findings", organisation.public_id)
    assert client.get(url).context["trend"] is None
    make_occurrence(make_run(organisation, status="done"), finding)
    page = client.get(url)
    assert page.context["trend"] is not None
    assert "Audits" in page.content.decode()


def test_the_trend_does_not_fall_by_what_nobody_looked_at(client, ben):
    organisation = organisation_of(ben)
    kept, mended, accepted = (make_told_finding(organisation) for _ in range(3))
    first = make_compared_run(organisation, saw=[kept, mended, accepted])
    make_compared_run(organisation, looked=False)
    make_compared_run(organisation, saw=[kept, accepted], fixed=[mended])
    last = make_compared_run(organisation, saw=[kept, accepted])
    last.occurrences.filter(finding=accepted).update(status="accepted")
    client.force_login(ben)

    page = client.get(at("findings", organisation.public_id))

    assert page.context["trend"].lines[0].values == (3, 3, 2, 1)
    assert "3 more stay open, not looked at" in page.content.decode()
    for _ in range(queries_clients.RECENT):
        make_compared_run(organisation, looked=False)
    runs = queries_clients.told_runs(organisation)
    assert first not in [one.run for one in runs]
    assert {one.open for one in runs} == {1}  # what lies before the runs that are shown counts too


def test_a_finding_is_told_as_a_finished_audit_saw_it(ben):
    organisation = organisation_of(ben)
    finding = told(organisation)
    finished = finding.occurrences.get()
    for status in ("running", "cancelled"):
        make_occurrence(make_run(organisation, status=status), finding, severity="low", title="Half read")

    assert queries_clients.published_findings(organisation).get().newest == finished.pk


def test_an_owner_invites_a_colleague_who_sees_no_money(client, ben, busy, django_capture_on_commit_callbacks):
    organisation = busy.organisation
    client.force_login(ben)
    form = {"name": "Rita Vale", "email": " Rita+Work@Client.Example ", "role": "reader"}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at("person-invite", organisation.public_id), form).status_code == 302
    rita = Membership.objects.get(user__name="Rita Vale").user
    invitation = next(one for one in mail.outbox if rita.email in one.to)
    assert "/login" in invitation.body or "sign" in invitation.body.lower()
    client.force_login(rita)
    assert "$" not in client.get(HOME).content.decode().split("<main", 1)[1]
    assert client.get(reverse("billing:client-invoices", args=[organisation.public_id])).status_code == 404
    assert client.post(at("person-invite", organisation.public_id), form | {"email": "x@y.example"}).status_code == 403


@pytest.mark.parametrize("email", ["", "no address", "a@b", "x" * 250 + "@client.example"])
def test_an_address_that_is_none_is_refused_at_the_field(client, ben, email):
    client.force_login(ben)
    url = at("person-invite", organisation_of(ben).public_id)
    answer = client.post(url, {"name": "Rita", "email": email, "role": "reader"})
    assert answer.status_code == 422
    assert "Rita" in answer.content.decode()


def test_staff_are_not_a_clients_colleagues(client, ada, ben):
    client.force_login(ben)
    url = at("person-invite", organisation_of(ben).public_id)
    assert client.post(url, {"name": "Ada", "email": ada.email.upper(), "role": "reader"}).status_code == 409


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("RITA+Work@Client.Example ", "rita+work@client.example"), ("rita@münchen.example", "rita@münchen.example")],
)
def test_nobody_is_invited_twice_however_the_address_is_written(
    client, ben, typed, kept, django_capture_on_commit_callbacks
):
    url = at("person-invite", organisation_of(ben).public_id)
    client.force_login(ben)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url, {"name": "Rita", "email": typed, "role": "reader"}).status_code == 302
        again = client.post(url, {"name": "Rita again", "email": typed.strip().upper(), "role": "reader"})
    assert again.status_code == 409
    assert "Rita again" in again.content.decode()
    assert Membership.objects.get(user__email=kept).role == "reader"
    assert [one.to for one in mail.outbox] == [[kept]]


def test_who_is_taken_off_sees_nothing_from_the_next_click(client, ben):
    organisation = organisation_of(ben)
    rita = make_client("rita", organisation=organisation, role="reader")
    page = at("people", organisation.public_id)
    client.force_login(rita)
    assert client.get(page).status_code == 200
    owner = client.__class__()
    owner.force_login(ben)
    owner.post(at("person-remove", organisation.public_id, rita.public_id, "reader"))
    assert client.get(page).status_code == 404


def test_the_last_owner_stays(client, ben):
    organisation = organisation_of(ben)
    remove, role = (at(f"person-{act}", organisation.public_id, ben.public_id, "owner") for act in ("remove", "role"))
    client.force_login(ben)
    assert client.post(remove).status_code == 409
    assert client.post(role, {"role": "reader"}).status_code == 409
    make_client("rita", organisation=organisation)
    not_his = at("person-remove", organisation.public_id, ben.public_id, "reader")
    assert client.post(not_his).status_code == 404
    assert client.post(remove).status_code == 302
    assert client.get(at("people", organisation.public_id)).status_code == 404  # at once


def test_people_of_another_client_cannot_be_touched(client, ben, cleo):
    mine = organisation_of(ben).public_id
    client.force_login(ben)
    assert client.post(at("person-remove", mine, cleo.public_id, "owner")).status_code == 404
    assert client.post(at("person-remove", organisation_of(cleo).public_id, cleo.public_id, "owner")).status_code == 404
    assert Membership.objects.filter(user=cleo).exists()


def test_a_person_of_two_organisations_has_a_role_in_each(client, ben):
    second = make_organisation("Second")
    make_client("ben", organisation=second, role="reader")
    client.force_login(ben)
    assert client.get(at("people", second.public_id)).status_code == 200
    form = {"name": "X", "email": "x@client.example", "role": "reader"}
    assert client.post(at("person-invite", second.public_id), form).status_code == 403
