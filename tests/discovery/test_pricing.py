"""Price it: findings become lines of a proposal, once."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import DomainError
from core.money import Money
from discovery import queries_pricing
from discovery.models import Finding, PricedFinding
from discovery.queries_pricing import places_of
from discovery.services import pricing
from discovery.services.pricing import price_findings
from engagements import hooks, queries_proposals
from engagements.models import ProposalRevision
from engagements.services import lines, proposals, sending
from infra_audit.registry import catalogue
from tests.discovery_factories import make_audited_run, make_finding
from tests.engagement_factories import make_draft, make_line, make_sent_revision
from tests.factories import organisation_of
from tests.money_factories import make_selling_rate
from tests.threads import all_at_once


@pytest.fixture
def run(ben):
    return make_audited_run(organisation_of(ben), sg_ssh_open=5, rds_nothing_survives_deletion=2)


@pytest.fixture
def findings(run):
    return list(Finding.objects.filter(occurrences__run=run).order_by("pk"))


def of(findings, check_id):
    return [one for one in findings if one.check_id == check_id]


def test_a_line_comes_of_each_kind_with_words_hours_and_price(ada, findings):
    make_selling_rate(ada, 180)

    priced = price_findings(findings=findings, actor=ada)

    line = priced.revision.lines.get(topic="rds_nothing_survives_deletion")
    check = catalogue()["rds_nothing_survives_deletion"]
    assert priced.revision.lines.count() == 2
    assert line.title == check.action
    assert line.outcome == check.remedy
    assert "2 places" in line.done_when
    assert line.low_hours < line.likely_hours < line.high_hours
    assert line.price.amount % 50 == 0
    assert line.price > Money(0, "USD")
    assert check.id not in line.title + line.outcome + line.done_when


def test_without_a_selling_rate_the_price_is_left_open(ada, findings):
    priced = price_findings(findings=findings[:1], actor=ada)

    assert priced.lines[0].price == Money(0, "USD")
    assert priced.lines[0].likely_hours > 0


def test_what_such_work_took_before_is_believed_more_than_its_effort(ada, findings, monkeypatch):
    took = {"sg_ssh_open": [Decimal(3), Decimal(5), Decimal(9)]}
    monkeypatch.setattr(queries_proposals, "hours_taken", lambda _: took)

    line = price_findings(findings=of(findings, "sg_ssh_open"), actor=ada).lines[0]

    assert (line.low_hours, line.likely_hours, line.high_hours) == (3, 5, 9)


def test_priced_twice_nothing_is_added_and_the_place_is_named(ada, findings):
    first = price_findings(findings=findings[:1], actor=ada)

    with pytest.raises(DomainError, match="Already priced in P-1 line 1"):
        price_findings(findings=findings[:1], actor=ada)

    assert first.revision.lines.count() == 1
    assert PricedFinding.objects.count() == 1


def test_of_several_those_priced_before_are_left_out(ada, findings):
    price_findings(findings=findings[:1], actor=ada)

    again = price_findings(findings=findings[:3], actor=ada)

    assert again.findings == 2
    assert [place.words for place in again.already] == ["P-1 line 1"]


def test_they_go_into_the_client_s_newest_draft_or_the_one_that_is_named(ada, ben, findings):
    draft = make_draft(client_of=ben)
    sent = make_sent_revision(client_of=ben)

    assert price_findings(findings=findings[:1], actor=ada).revision == draft
    named = price_findings(findings=findings[1:2], actor=ada, proposal=sent.proposal)

    assert named.revision.proposal == sent.proposal
    assert named.revision.status == ProposalRevision.Status.DRAFT
    assert named.revision.lines.count() == 2


def test_a_removed_line_or_a_closed_proposal_frees_the_finding(ada, findings):
    line = price_findings(findings=findings[:1], actor=ada).lines[0]
    lines.remove_line(line=line, actor=ada)
    again = price_findings(findings=findings[:1], actor=ada)
    assert places_of([findings[0].pk])[findings[0].pk].line == 1

    make_line(again.revision, price="100")
    sent = make_sent_revision(draft=again.revision)
    assert findings[0].pk in places_of([findings[0].pk])
    sending.withdraw(revision=sent, reason="Bought", actor=ada)
    assert places_of([findings[0].pk]) == {}


def test_the_link_survives_a_revision(ada, findings):
    priced = price_findings(findings=findings[:1], actor=ada)
    make_line(priced.revision, price="100")
    sent = make_sent_revision(draft=priced.revision)

    draft = proposals.revise(revision=sent, actor=ada)

    assert draft.public_id in places_of([findings[0].pk])[findings[0].pk].url


@pytest.mark.parametrize("status", ["verified", "false_positive"])
def test_what_is_not_open_is_not_priced(ada, findings, status):
    Finding.objects.filter(pk=findings[0].pk).update(status=status, ruling_reason="so")

    with pytest.raises(DomainError, match="that are open"):
        price_findings(findings=findings[:1], actor=ada)


def test_findings_of_two_clients_are_not_priced_together(ada, cleo, findings):
    other = make_finding(organisation_of(cleo))

    with pytest.raises(DomainError, match="several clients"):
        price_findings(findings=[findings[0], other], actor=ada)
    with pytest.raises(DomainError, match="another client's"):
        price_findings(findings=[other], actor=ada, proposal=make_draft().proposal)


def test_nobody_prices_everything_at_once(ada, findings, monkeypatch):
    monkeypatch.setattr(pricing, "MOST", 2)

    with pytest.raises(DomainError, match="2 findings at most"):
        price_findings(findings=findings, actor=ada)


# Pages


def test_a_finding_s_page_prices_it_and_then_names_the_line(client, ada, findings):
    client.force_login(ada)
    page = reverse("discovery:finding", args=[findings[0].public_id])
    price = reverse("discovery:finding-price", args=[findings[0].public_id])

    assert price in client.get(page).content.decode()
    went = client.post(price)
    draft = ProposalRevision.objects.get()
    twice = client.post(price)

    assert went.url.startswith(reverse("engagements:revision", args=[draft.public_id]))
    assert "P-1 line 1" in client.get(page).content.decode()
    assert twice.status_code == 409
    assert "Already priced in P-1 line 1" in twice.content.decode()
    assert findings[0].resource_name in client.get(went.url).content.decode()


def test_ticked_findings_of_a_run_are_priced(client, ada, run, findings):
    client.force_login(ada)
    price = reverse("discovery:run-price", args=[run.public_id])
    ticked = {"finding": [one.public_id for one in findings[:3]]}

    client.post(price, ticked)
    listed = client.get(reverse("discovery:run", args=[run.public_id]), {"all": 1}).content.decode()
    again = client.post(price, ticked, follow=True).content.decode()
    nothing = client.post(price, follow=True).content.decode()

    assert PricedFinding.objects.count() == 3
    assert listed.count("P-1 line") == 3
    assert "Already priced in P-1 line" in again
    assert "Choose findings that are open" in nothing


def test_the_list_asks_no_more_for_many_priced_ones(client, ada, run, findings):
    client.force_login(ada)
    page = reverse("discovery:run", args=[run.public_id])
    price_findings(findings=findings[:1], actor=ada)
    client.get(page, {"all": 1})
    with CaptureQueriesContext(connection) as few:
        client.get(page, {"all": 1})
    price_findings(findings=findings[1:], actor=ada)
    with CaptureQueriesContext(connection) as many:
        client.get(page, {"all": 1})

    assert len(few) == len(many)


def test_only_staff_price(client, ben, cleo, run, findings):
    for person in (ben, cleo):
        client.force_login(person)
        for name, thing in (("finding-price", findings[0]), ("run-price", run)):
            assert client.post(reverse(f"discovery:{name}", args=[thing.public_id])).status_code == 404

    assert not PricedFinding.objects.exists()


def test_the_rooms_above_are_asked(ada, ben):
    assert queries_pricing.sources_of in hooks._sources
    assert hooks.verdict_for(organisation_of(ben)) == ""


# At once


def _outcome(act):
    try:
        return act()
    except DomainError as refusal:
        return refusal
    finally:
        connection.close()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_six_who_price_a_finding_at_once_one_does(ada, findings):
    outcomes = all_at_once(6, partial(_outcome, partial(price_findings, findings=findings[:1], actor=ada)))

    assert sum(isinstance(one, DomainError) for one in outcomes) == 5
    assert PricedFinding.objects.count() == 1
