"""The demo's practice: what it did before today is whole, and nobody had to make anything up."""

import pytest
from django.urls import reverse

from billing.models import Invoice
from core.models import User
from core.money import Money
from discovery.services.schedules import start_due_audits
from engagements.ledger_queries import contract_value, trade_balance
from engagements.models import ChangeSet, Decision, Engagement, ProposalRevision, SwapWish
from engagements.services import ledger
from outreach.models import Lead
from portal import showcase
from tests.discovery_factories import make_audited_run, make_aws_account
from tests.factories import organisation_of
from tests.report_factories import make_compared_run, make_told_finding


@pytest.fixture
def organisation(ada, ben):
    organisation = organisation_of(ben)
    organisation.currency, organisation.locale = "EUR", "en_IE"
    organisation.save()
    showcase.set_up(organisation=organisation, ada=ada)
    return organisation


@pytest.fixture
def engagement(ada, ben, organisation):
    return showcase.show_what_was_done(organisation=organisation, ada=ada, ben=ben)


def test_a_project_is_signed_paid_for_and_under_way(engagement):
    assert engagement.status == Engagement.Status.ACTIVE
    deposit = Invoice.objects.get(kind=Invoice.Kind.DEPOSIT)
    assert deposit.balance == Money(0, "EUR")
    assert set(Invoice.objects.values_list("status", flat=True)) == {"issuing"}  # no worker runs in this test
    states = [item.status for item in engagement.items.all()]
    assert states == ["accepted", "in_progress", "traded_out", "delivered", "planned", "planned", "planned"]
    assert contract_value(engagement) == Money("23700", "EUR")
    assert trade_balance(engagement) == Money(0, "EUR")
    assert ledger.first_broken(engagement) is None
    assert engagement.change_sets.filter(status=ChangeSet.Status.OFFERED).count() == 1
    assert (SwapWish.objects.count(), Decision.objects.count(), Lead.objects.count()) == (1, 1, 2)


def test_what_the_audit_found_is_priced_and_waits_for_an_answer(engagement, ada, ben, organisation):
    run = make_audited_run(organisation)

    draft = showcase.show_what_is_offered(run=run, organisation=organisation, ada=ada, ben=ben)

    draft.refresh_from_db()
    assert draft.status == ProposalRevision.Status.SENT
    assert draft.lines.exclude(topic="").exists()
    assert draft.lines.filter(kind="option").count() == 1


def test_the_weeks_report_is_out(engagement, ada):
    report = showcase.show_what_is_reported(engagement=engagement, ada=ada)

    assert report.status == "published"
    assert report.snapshot["status"].startswith("Your databases")
    assert len(report.snapshot["needed"]) == 3
    assert report.snapshot["scope"]["lines"]


def test_the_client_is_watched_from_the_next_night_on(ada, organisation):
    make_aws_account(organisation)
    showcase.watch_the_client(organisation=organisation, ada=ada)

    assert list(organisation.schedule.people.all()) == [ada]
    assert start_due_audits() == 0


def test_an_earlier_project_is_done_invoiced_less_its_deposit_and_paid(ada, ben, organisation):
    engagement = showcase.show_what_is_behind(organisation=organisation, ada=ada, ben=ben)

    assert engagement.status == Engagement.Status.CLOSED
    deposit, final = Invoice.objects.order_by("pk")
    assert (deposit.kind, final.kind) == (Invoice.Kind.DEPOSIT, Invoice.Kind.FINAL)
    assert deposit.due + final.due == Money("3075", "EUR")  # 2,500 and 23 % of it
    assert final.deductions.exists()
    assert deposit.balance == final.balance == Money(0, "EUR")


def test_the_client_finds_all_of_it(client, ada, ben, organisation):
    """What `make demo` shows to whoever signs in as the client."""
    showcase.show_what_is_behind(organisation=organisation, ada=ada, ben=ben)
    engagement = showcase.show_what_was_done(organisation=organisation, ada=ada, ben=ben)
    told = [make_told_finding(organisation) for _ in range(3)]
    make_compared_run(organisation, saw=told)
    make_compared_run(organisation, saw=told[1:], fixed=told[:1])
    report = showcase.show_what_is_reported(engagement=engagement, ada=ada)
    reader = User.objects.get(email=showcase.READER)

    client.force_login(ben)
    home = client.get(reverse("portal:home"))
    said = home.context["home"]
    assert {one.act for one in said.wanted} >= {"read and approve", "look and accept", "decide"}
    assert [line.engagement for line in said.projects] == [engagement]
    assert len(said.earlier) == 1
    assert said.money
    assert said.findings.open
    assert report.public_id in home.content.decode()
    assert client.get(reverse("portal:findings", args=[organisation.public_id])).context["trend"]
    assert report.snapshot["findings"]["fixed"] == 1
    client.force_login(reader)
    assert "€" not in client.get(reverse("portal:home")).content.decode().split("<main", 1)[1]
