"""Staff's pages of proposals, and that nobody else has them."""

import pytest
from django.urls import reverse

from core.models import Membership
from core.money import Money
from discovery.services.summaries import draft_summary
from engagements import hooks, tasks
from engagements.models import Proposal, ProposalLine, ProposalOpening, ProposalRevision, Terms
from engagements.services import acceptance, proposals, sending
from engagements.services.acceptance import Offline
from engagements.services.sending import Recipient
from tests.discovery_factories import make_audited_run
from tests.engagement_factories import (
    make_draft,
    make_line,
    make_proposal_link,
    make_sent_revision,
)
from tests.factories import make_client, make_organisation, organisation_of
from tests.money_factories import make_cost_base, make_selling_rate
from tests.outreach_factories import day, make_lead
from tests.wall.world import frozen_without_drawing


@pytest.fixture(autouse=True)
def _nobody_draws(monkeypatch):
    monkeypatch.setattr(tasks.draw_proposal, "delay", lambda *_: None)


@pytest.fixture
def desk(client, ada):
    client.force_login(ada)
    return client


def path(name, *args):
    return reverse(f"engagements:{name}", args=args)


def start(desk, **fields):
    return desk.post(path("proposal-new"), {"start": "fixed_bid", "client_name": "Tern & Tide", **fields})


def words_of(draft, **fields):
    """What the form of the draft's page would send, with some of it changed."""
    from engagements.views.drafting import words_form

    form = words_form(draft)
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in sent.items() if value is not None} | fields


def test_a_proposal_is_written_and_sent_in_a_few_steps(desk, ada):
    began = start(desk, title="Backups", line_title="Restores work", line_price="4,000")
    draft = ProposalRevision.objects.get()
    assert began.url == path("revision", draft.public_id)
    page = desk.get(began.url)
    assert page.status_code == 200
    assert "$4,000.00" in page.content.decode()

    sent = desk.post(path("revision-send", draft.public_id), {"name": "Nell", "email": "nell@tern.example"})

    draft.refresh_from_db()
    assert sent.status_code == 302
    assert draft.status == "sent"
    assert desk.get(path("revision", draft.public_id)).status_code == 200


@pytest.mark.parametrize("price", ["1e9", "NaN", "-5", "1000000000000", "1.234,56", "0.001"])
def test_a_bad_price_is_refused_at_the_field(desk, price):
    answer = start(desk, line_title="A line", line_price=price)
    assert answer.status_code == 422
    assert not Proposal.objects.exists()

    draft = make_draft()
    answer = desk.post(path("line-new", draft.public_id), {"title": "A line", "kind": "included", "price": price})
    assert answer.status_code == 422
    assert "price" in answer.context["form"].errors
    assert not ProposalLine.objects.exists()


def test_without_a_client_the_form_says_so(desk):
    answer = start(desk, client_name="   ")

    assert answer.status_code == 422
    assert "client_name" in answer.context["form"].errors


def test_a_lead_needs_no_client_named(desk, ada):
    lead = make_lead(ada, company="Copperline", title="Faster builds")

    page = desk.get(path("proposal-new"), {"lead": lead.public_id})
    desk.post(path("proposal-new") + f"?lead={lead.public_id}", {"start": "paid_discovery"})
    desk.post(path("proposal-new"), {"start": "fixed_bid", "lead": lead.public_id})

    assert 'value="Faster builds"' in page.content.decode()
    assert [one.lead for one in Proposal.objects.all()] == [lead, lead]


def test_hours_and_the_selling_rate_fill_a_price_in(desk, ada):
    make_selling_rate(ada, 180)
    draft = make_draft()

    desk.post(
        path("line-new", draft.public_id),
        {
            "title": "A line",
            "kind": "included",
            "price": "",
            "low_hours": "8",
            "likely_hours": "10",
            "high_hours": "16",
        },
    )

    assert draft.lines.get().price == Money(1800, "USD")


def test_the_words_are_saved_and_wrong_ones_are_told_at_their_field(desk):
    draft = make_draft()
    told = {
        "payment_plan": "On half: 40\nAt the end: 30 %",
        "exclusions": "Nights\n\n  Weekends ",
    }

    saved = desk.post(path("revision-words", draft.public_id), words_of(draft, title="New title", **told))
    wrong = desk.post(path("revision-words", draft.public_id), words_of(draft, payment_plan="Some day"))
    over = desk.post(path("revision-words", draft.public_id), words_of(draft, payment_plan="Then: 80"))
    long = desk.post(path("revision-words", draft.public_id), words_of(draft, title="x" * 300))

    draft.refresh_from_db()
    assert saved.status_code == 302
    assert draft.proposal.title == "New title"
    assert draft.exclusions == ["Nights", "Weekends"]
    assert [part["percent"] for part in draft.payment_plan] == ["40", "30"]
    assert [answer.status_code for answer in (wrong, over, long)] == [422, 422, 422]
    assert "payment_plan" in wrong.context["form"].errors
    assert "title" in long.context["form"].errors


def test_below_the_floor_the_page_asks_why(desk, ada):
    make_cost_base(ada)
    draft = make_draft()
    make_line(draft, price="100", likely_hours=40)
    to = {"name": "", "email": "nell@tern.example"}

    asked = desk.post(path("revision-send", draft.public_id), to)
    sent = desk.post(path("revision-send", draft.public_id), to | {"reason": "The first of many"})

    assert asked.status_code == 422
    assert "reason" in asked.context["form"].errors
    assert sent.status_code == 302


def test_what_cannot_be_sent_is_said_with_409(desk):
    draft = make_draft()

    answer = desk.post(path("revision-send", draft.public_id), {"email": "nell@tern.example"})

    assert answer.status_code == 409
    assert "Add at least one line." in answer.content.decode()


def test_what_was_sent_is_frozen_on_every_page(desk, ben):
    sent = make_sent_revision(client_of=ben)
    key, id_ = sent.lines.get().key, sent.public_id
    line = {"title": "Cheaper", "kind": "included", "price": "1"}

    answers = [
        desk.post(path("revision-words", id_), words_of(sent)),
        desk.post(path("revision-quote", id_)),
        desk.post(path("revision-discard", id_)),
        desk.post(path("line-new", id_), line),
        desk.post(path("line-edit", id_, key), line),
        desk.post(path("line-move", id_, key), {"way": "up"}),
        desk.post(path("line-remove", id_, key)),
        desk.post(path("revision-send", id_), {"email": "nell@tern.example"}),
    ]

    assert [answer.status_code for answer in answers] == [409] * len(answers)
    assert sent.lines.get().title == "Backups are restored once a week"


def test_a_revision_shows_what_changed(desk, ada, ben):
    sent = make_sent_revision(client_of=ben, price="10000")
    desk.post(path("revision-revise", sent.public_id))
    draft = ProposalRevision.objects.get(status="draft")
    line = draft.lines.get()
    desk.post(path("line-edit", draft.public_id, line.key), {"title": line.title, "kind": "included", "price": "9000"})
    make_line(draft, "One more", "500")

    page = desk.get(path("revision", draft.public_id)).content.decode()

    assert "What changed since P-1" in page
    assert "$10,000.00" in page
    assert "$9,000.00" in page
    assert "Added" in page


def test_the_page_of_a_sent_one_tells_who_opened_it(desk, ben):
    sent = make_sent_revision(client_of=ben)
    link = make_proposal_link(sent)
    ProposalOpening.objects.create(revision=sent, link=link)

    page = desk.get(path("revision", sent.public_id)).content.decode()

    assert "Opened" in page
    assert f"/offers/{link.token}/" in page
    assert "The PDF is being made." in page


def test_links_are_made_and_revoked(desk, ben):
    sent = make_sent_revision(client_of=ben)
    desk.post(path("link-new", sent.public_id), {"link-name": "Pam", "link-email": "pam@client.example"})
    link = sent.links.get()

    wrong = desk.post(path("link-new", sent.public_id), {"link-email": "no"})
    desk.post(path("link-revoke", sent.public_id, link.pk))

    link.refresh_from_db()
    assert wrong.status_code == 422
    assert link.revoked_at is not None


def test_withdrawing_asks_why(desk, ben):
    sent = make_sent_revision(client_of=ben)

    asked = desk.post(path("revision-withdraw", sent.public_id), {"withdraw-reason": " "})
    desk.post(path("revision-withdraw", sent.public_id), {"withdraw-reason": "Bought"})

    sent.refresh_from_db()
    assert asked.status_code == 422
    assert sent.status == "withdrawn"


def test_the_list_takes_as_many_queries_for_3_as_for_30(desk, ada, ben, django_assert_max_num_queries):
    def fill(n):
        for _ in range(n):
            make_line(make_draft(organisation=make_organisation()))
            make_sent_revision(client_of=ben)

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    fill(1)
    desk.get(path("proposals"))
    with CaptureQueriesContext(connection) as few:
        desk.get(path("proposals"))
    fill(14)
    with CaptureQueriesContext(connection) as many:
        page = desk.get(path("proposals"))

    assert len(page.context["rows"]) == 30
    assert len(few) == len(many)
    assert len(many) <= 12


def test_the_list_is_narrowed(desk, ada, ben):
    make_sent_revision(client_of=ben)
    make_draft(organisation=make_organisation("Other"), title="Quite another")

    def found(**query):
        return [row.title for row in desk.get(path("proposals"), query).context["rows"]]

    assert found() == ["Quite another", "Backups that restore"]
    assert found(status="sent") == ["Backups that restore"]
    assert found(q="other") == ["Quite another"]
    assert found(q="P-1") == ["Backups that restore"]
    assert found(client=organisation_of(ben).public_id) == ["Backups that restore"]
    assert found(q="nothing like it") == []


def test_an_empty_list_says_the_next_step(desk):
    assert "Write the first one" in desk.get(path("proposals")).content.decode()


def test_terms_get_a_new_version(desk):
    draft = make_draft()
    words = {"plain_words": "Plain", "body": "Body", "acceptance_days": 7, "late_fee": "", "cancellation_fee": ""}

    shown = desk.get(path("terms-new"), {"after": draft.terms.public_id})
    desk.post(path("terms-new") + f"?after={draft.terms.public_id}", words)
    wrong = desk.post(path("terms-new"), {"name": "Mine"})

    newest = Terms.objects.get(version=2)
    assert "The proposal that you signed" in shown.content.decode()
    assert (newest.name, newest.acceptance_days) == ("Fixed bid", 7)
    assert wrong.status_code == 422
    assert desk.get(path("terms")).status_code == 200
    assert desk.get(path("terms-one", newest.public_id)).status_code == 200


def test_nobody_else_has_these_pages(client, ada, ben, cleo):
    draft = make_draft(client_of=ben)
    make_line(draft)
    sent = make_sent_revision(client_of=ben)
    payer = make_client("pam", organisation=organisation_of(ben), role=Membership.Role.PAYER)
    pages = [
        path("proposals"),
        path("proposal-new"),
        path("terms"),
        *(path(name, draft.public_id) for name in ("revision", "revision-preview", "revision-send", "line-new")),
        *(path(name, sent.public_id) for name in ("revision", "revision-document", "revision-pdf")),
    ]

    for person in (ben, cleo, payer):
        client.force_login(person)
        assert {client.get(page).status_code for page in pages} == {404}


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "{{7*7}}", "](javascript:alert(1))", "הצעה"])
def test_a_title_is_shown_as_it_was_written(desk, title):
    from django.utils.html import escape

    draft = make_draft(title=title, problem=f"[x{title}")
    make_line(draft, title)

    for name in ("revision", "revision-document", "revision-send"):
        page = desk.get(path(name, draft.public_id)).content.decode()
        assert escape(title) in page
        assert "<script>alert" not in page
        assert 'href="javascript' not in page


def test_the_document_of_a_sent_one_is_the_snapshot(desk, ada, ben):
    sent = make_sent_revision(client_of=ben)
    sent.proposal.title = "Changed behind its back"
    sent.proposal.save()

    page = desk.get(path("revision-document", sent.public_id)).content.decode()

    assert "Backups that restore" in page
    assert "Changed behind" not in page
    assert sent.snapshot_sha256 in page


def test_discarding_leads_back(desk, ada, ben):
    sent = make_sent_revision(client_of=ben, valid_until=day(5))
    draft = proposals.revise(revision=sent, actor=ada)

    answer = desk.post(path("revision-discard", draft.public_id))

    assert answer.url == path("revision", sent.public_id)


def test_the_client_sees_what_changed_since_the_version_before(client, ada, ben):
    first = make_sent_revision(client_of=ben)
    draft = proposals.revise(revision=first, actor=ada)
    make_line(draft, "One more", "500")
    sending.send_revision(revision=draft, recipient=Recipient(ben.email, "Ben"), actor=ada)
    client.force_login(ben)

    page = client.get(path("client-proposal", draft.public_id)).content.decode()

    assert "What changed since P-1" in page
    assert "One more" in page
    assert "hours" not in page


def test_a_signed_one_shows_who_signed_and_is_not_revised(desk, ada, ben):
    sent = make_sent_revision(client_of=ben)
    acceptance.record_offline_acceptance(
        revision=sent, offline=Offline(name="Ben", how="By fax", on=day(0)), picked=[], actor=ada
    )

    page = desk.get(path("revision", sent.public_id)).content.decode()
    refused = desk.post(path("revision-revise", sent.public_id))

    assert "Ben accepted on" in page
    assert refused.status_code == 409


def test_a_success_is_told_without_the_client_s_name(desk, ada, ben):
    sent = make_sent_revision(client_of=ben, last_day="Ben's company restores in an hour.")
    acceptance.record_offline_acceptance(
        revision=sent, offline=Offline(name="Ben", how="By fax", on=day(0)), picked=[], actor=ada
    )
    draft = make_draft(organisation=make_organisation("Other"))

    desk.post(path("revision-words", draft.public_id), words_of(draft, success_of=sent.public_id))

    draft.refresh_from_db()
    assert draft.successes == "**Backups that restore**\n\na client restores in an hour."


def test_the_draft_offers_the_verdict_to_quote(desk, ben, monkeypatch):
    monkeypatch.setattr(hooks, "_verdicts", [lambda _: "One delete would lose it all."])
    draft = make_draft(client_of=ben, verdict="Mine")

    offered = desk.get(path("revision", draft.public_id)).content.decode()
    desk.post(path("revision-quote", draft.public_id))

    draft.refresh_from_db()
    assert "Quote the latest summary" in offered
    assert draft.verdict == "One delete would lose it all."


def test_a_frozen_summary_s_verdict_is_told(ada, ben):
    summary = draft_summary(run=make_audited_run(organisation_of(ben)), actor=ada)
    assert hooks.verdict_for(organisation_of(ben)) == ""

    frozen_without_drawing(summary, ada)

    assert hooks.verdict_for(organisation_of(ben)).startswith("BENS-OWN-VERDICT")


def test_what_changed_since_the_page_was_opened_is_not_sent(desk):
    draft = make_draft()
    line = make_line(draft)
    seen = desk.get(path("revision-send", draft.public_id)).context["seen"]
    desk.post(path("line-edit", draft.public_id, line.key), {"title": "Dearer", "kind": "included", "price": "9"})
    to = {"email": "nell@tern.example"}

    stale = desk.post(path("revision-send", draft.public_id), to | {"seen": seen})
    fresh = desk.post(path("revision-send", draft.public_id), to | {"seen": stale.context["seen"]})

    assert stale.status_code == 409
    assert "Look at it once more" in stale.content.decode()
    assert fresh.status_code == 302
