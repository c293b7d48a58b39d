"""Pages of progress reports: who sees what, what is done there, and what is refused."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Membership
from engagements.models import Engagement
from engagements.services import items
from outreach import dates
from portal.models import Block, ProgressReport, ReadReceipt, ReportCadence, ReportEntry, ReportRevision
from portal.services import reports
from tests.browser.promised import Promised
from tests.factories import make_client
from tests.report_factories import make_compared_run, make_draft_report, make_report, make_told_finding, say, with_pdfs
from tests.scope_factories import make_engagement, make_order, work

HOSTILE = ("<script>alert(1)</script>", "{{7*7}}", "[x](javascript:alert(1))", "</style>", "<img src=x onerror=a>")


@pytest.fixture
def one(ada, ben):
    return make_engagement(ben, owner=ada, finishes_on=dates.today() + dt.timedelta(days=30), title="bens-project")


@pytest.fixture
def reader(one):
    return make_client("reader", organisation=one.organisation, role=Membership.Role.READER)


@pytest.fixture
def payer(one):
    return make_client("payer", organisation=one.organisation, role=Membership.Role.PAYER)


def at(name, thing, *more):
    return reverse(f"portal:{name}", args=[thing.public_id, *more])


def text(answer):
    return answer.content.decode()


def as_person(client, person):
    client.force_login(person)
    return client


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_draft_is_for_staff_alone(client, one, ada, ben, cleo, reader):
    draft = make_draft_report(one, actor=ada)
    urls = [at(name, draft) for name in ("report", "report-draft", "report-preview", "report-pdf")]
    for person in (ben, cleo, reader):
        as_person(client, person)
        assert [client.get(url).status_code for url in urls] == [404, 404, 404, 404]
        assert "Drafting" not in text(client.get(at("reports", one)))
    as_person(client, ada)
    assert client.get(urls[0]).url == urls[1]
    assert "Everybody of the client reads this sentence" in text(client.get(urls[1]))
    assert "Nothing is published yet" in text(client.get(urls[2]))


def test_each_reads_what_their_role_may_see(client, one, ada, ben, cleo, payer, reader):
    make_order(one, actor=ada, incoming=[work("Restoring the archive", 1200)])
    revision = make_report(one, actor=ada)
    for person, sees_money in ((ada, True), (ben, True), (payer, True), (reader, False)):
        page = text(as_person(client, person).get(at("report", revision)))
        assert "Two of four are done." in page
        assert ("$10,000.00" in page) is sees_money
        assert ("An order" in page) is sees_money
        assert ("$" in page) is sees_money
    as_person(client, cleo)
    assert client.get(at("report", revision)).status_code == 404
    assert client.get(at("reports", one)).status_code == 404
    assert client.post(at("report-read", revision)).status_code == 404
    client.logout()
    assert client.get(at("report", revision)).status_code == 302


@pytest.mark.parametrize(("visibility", "status", "named"), [("read_only", 200, True), ("overview", 200, False)])
def test_what_a_level_of_visibility_leaves_of_a_report(client, one, ada, ben, visibility, status, named):
    revision = with_pdfs(make_report(one, actor=ada))
    Engagement.objects.update(visibility=visibility)
    as_person(client, ben)
    page = client.get(at("report", revision))

    assert page.status_code == status
    assert ("Item 1" in text(page)) is named
    assert "Two of four are done." in text(page)
    assert "$10,000.00" in text(page)
    assert client.get(at("report-pdf", revision)).status_code == (200 if named else 404)


def test_a_hidden_project_has_no_reports_for_its_client(client, one, ada, ben):
    revision = with_pdfs(make_report(one, actor=ada))
    Engagement.objects.update(visibility="hidden")
    as_person(client, ben)

    for name, thing in (("reports", one), ("report", revision), ("report-pdf", revision)):
        assert client.get(at(name, thing)).status_code == 404
    assert as_person(client, ada).get(at("report", revision)).status_code == 200


def test_each_gets_the_pdf_that_is_for_them(client, one, ada, ben, payer, reader):
    revision = make_report(one, actor=ada)
    assert as_person(client, ben).get(at("report-pdf", revision)).status_code == 404  # not drawn yet
    revision = with_pdfs(revision, without_money=b"without money")
    for person, content in ((ada, b"bens-evidence"), (ben, b"bens-evidence"), (payer, b"bens-evidence")):
        assert body(as_person(client, person).get(at("report-pdf", revision))) == content
    answer = as_person(client, reader).get(at("report-pdf", revision))
    assert body(answer) == b"without money"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "attachment" in answer["Content-Disposition"]
    assert client.get(reverse("core:file", args=[revision.pdf.public_id])).status_code == 404


def test_a_receipt_comes_by_post_alone(client, one, ada, ben, cleo):
    revision = make_report(one, actor=ada)
    as_person(client, ben)
    assert "I have read this" in text(client.get(at("report", revision)))
    assert client.get(at("report-read", revision)).status_code == 405
    assert not ReadReceipt.objects.exists()

    assert client.post(at("report-read", revision)).url == at("report", revision)
    assert client.post(at("report-read", revision), HTTP_X_RECEIPT="1").status_code == 204

    assert "You read this on" in text(client.get(at("report", revision)))
    assert ReadReceipt.objects.get().user == ben
    as_person(client, ada)
    client.post(at("report-read", revision))
    assert ReadReceipt.objects.count() == 1
    assert "Read by Ben" in text(client.get(at("report", revision)))


def test_drafting_and_publishing_by_hand(client, one, ada, ben):
    as_person(client, ada)
    begun = client.post(at("report-begin", one))
    draft = ReportRevision.objects.get()
    assert begun.url == at("report-draft", draft)

    published = client.post(at("report-publish", draft), follow=True)
    again = client.post(at("report-publish", draft), follow=True)

    assert "told by mail" in text(published)
    assert "nothing was done" in text(again)
    refused = client.post(at("report-begin", one))
    assert (refused.status_code, "Amend it" in text(refused)) == (409, True)
    assert client.get(at("report-draft", draft)).url == at("report", draft)


@pytest.mark.parametrize("with_htmx", [True, False])
def test_a_block_keeps_what_was_typed_and_does_what_its_button_says(client, one, ada, with_htmx):
    draft = make_draft_report(one, actor=ada)
    first, second, *_ = draft.entries.filter(block=Block.NEXT)
    headers = {"HTTP_HX_REQUEST": "true"} if with_htmx else {}
    typed = {
        f"line-{first.public_id}-text": "Restores *run* by themselves",
        f"line-{first.public_id}-on": "2026-12-04",
        f"line-{second.public_id}-text": second.text,
        "act": f"hide:{second.public_id}",
    }

    answer = as_person(client, ada).post(at("report-block", draft, "next"), typed, **headers)

    assert answer.status_code == (200 if with_htmx else 302)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.text, first.on) == ("Restores *run* by themselves", dt.date(2026, 12, 4))
    assert second.is_hidden
    assert "<html" not in text(answer)
    assert "<em>run</em>" in text(client.get(at("report-preview", draft)))


def test_what_is_typed_wrongly_is_shown_again(client, one, ada):
    draft = make_draft_report(one, actor=ada)
    entry = draft.entries.filter(block=Block.NEXT).first()
    as_person(client, ada)
    for wrong in ({"text": "Kept", "on": "tomorrow"}, {"text": "Kept " + "x" * 600}, {"text": ""}):
        sent = {f"line-{entry.public_id}-{name}": value for name, value in wrong.items()}
        answer = client.post(at("report-block", draft, "next"), sent)
        assert answer.status_code == 422
        assert wrong["text"] in text(answer)
    stored = entry.text
    entry.refresh_from_db()
    assert entry.text == stored


def test_one_line_too_many_is_refused_and_stays_typed(client, one, ada):
    draft = make_draft_report(one, actor=ada)
    as_person(client, ada)
    for n in range(3):
        client.post(at("report-block", draft, "risks"), {"new-risks-text": f"Risk {n}", "act": "add"})
    refused = client.post(at("report-block", draft, "risks"), {"new-risks-text": "Risk 4", "act": "add"})

    assert (refused.status_code, "at most 3" in text(refused)) == (409, True)
    assert ReportEntry.objects.filter(block=Block.RISKS).count() == 3


def test_blocks_are_left_out_and_put_back(client, one, ada):
    draft = make_draft_report(one, actor=ada)
    as_person(client, ada)
    client.post(at("report-block", draft, "money"), {"act": "hide"})
    assert "Contract value" not in text(client.get(at("report-preview", draft)))
    client.post(at("report-block", draft, "money"), {"act": "show"})
    assert "Contract value" in text(client.get(at("report-preview", draft)))
    assert "Contract value" not in text(client.get(at("report-preview", draft) + "?as=reader"))
    assert client.post(at("report-block", draft, "nonsense"), {"act": "hide"}).status_code == 404


def test_what_was_published_meanwhile_says_so(client, one, ada):
    revision = make_report(one, actor=ada)
    as_person(client, ada)
    for name, more in (("report-block", ["next"]), ("report-redraft", []), ("report-discard", [])):
        answer = client.post(at(name, revision, *more), {"act": "hide"})
        assert (answer.status_code, "This report is published" in text(answer)) == (409, True)
    assert client.get(at("report-preview", revision)).url == at("report", revision)


def test_an_amended_report_shows_its_reason_and_keeps_the_earlier_one(client, one, ada, ben):
    first = make_report(one, actor=ada)
    as_person(client, ada)
    assert client.post(at("report-amend", first), {"reason": " "}).status_code == 409
    draft_url = client.post(at("report-amend", first), {"reason": "A wrong day"}).url
    second = ReportRevision.objects.get(number=2)
    assert "because: A wrong day" in text(client.get(draft_url))
    say(second, "Three of four are done.", actor=ada)
    client.post(at("report-publish", second))

    as_person(client, ben)
    new, old = text(client.get(at("report", second))), text(client.get(at("report", first)))
    assert "Amended: A wrong day" in new
    assert "Three of four" in new
    assert "This is an earlier revision" in old
    assert "Two of four" in old
    assert "revision 2" in text(client.get(at("reports", one)))


def test_none_this_time_and_how_often(client, one, ada, ben):
    as_person(client, ben)
    for name in ("report-begin", "report-none", "report-cadence"):
        assert client.post(at(name, one)).status_code == 404
    as_person(client, ada)
    client.post(at("report-none", one))
    assert ProgressReport.objects.get().skipped_by == ada
    assert "none this time" in text(client.get(at("reports", one)))
    client.post(at("report-cadence", one), {"every": "fortnight"})
    assert ReportCadence.objects.get().every == "fortnight"
    assert client.post(at("report-cadence", one), {"every": "hourly"}).status_code == 404


def test_a_draft_is_thrown_away(client, one, ada):
    draft = make_draft_report(one, actor=ada)
    assert as_person(client, ada).post(at("report-discard", draft)).url == at("reports", one)
    assert not ProgressReport.objects.exists()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_wrote_is_never_run(client, ada, ben, hostile):
    one = make_engagement(ben, owner=ada, title=f"Project {hostile}")
    item = one.items.first()
    type(item).objects.filter(pk=item.pk).update(title=hostile)
    items.start_item(item=item, actor=ada)
    finding = make_told_finding(one.organisation)
    make_compared_run(one.organisation, saw=[])
    run = make_compared_run(one.organisation, saw=[finding])
    run.occurrences.update(title=hostile)
    draft = make_draft_report(one, actor=ada)
    say(draft, hostile, actor=ada)
    reports.add_line(revision=draft, block=Block.DONE, words=reports.EntryWords(hostile, hostile), actor=ada)
    as_person(client, ada)
    pages = [client.get(at("report-draft", draft)), client.get(at("report-preview", draft))]
    client.post(at("report-publish", draft))
    pages.append(as_person(client, ben).get(at("report", draft)))

    for page in map(text, pages):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
        assert "</style>" not in page
        if hostile == "{{7*7}}":
            assert "{{7*7}}" in page
            assert not re.search(r">\s*49\s*<", page)


def copies_of(revision, user, count):
    """Earlier reports that say the same, each read by somebody."""
    mondays = [revision.report.starts_on - dt.timedelta(days=7 * n) for n in range(1, count + 1)]
    periods = [
        ProgressReport(
            engagement=revision.engagement,
            starts_on=monday,
            ends_on=monday + dt.timedelta(days=6),
            published_at=revision.published_at,
        )
        for monday in mondays
    ]
    fields = {name: getattr(revision, name) for name in ("status", "snapshot", "snapshot_sha256", "published_at")}
    made = [
        ReportRevision(report=one, engagement=revision.engagement, made_by=revision.made_by, **fields)
        for one in ProgressReport.objects.bulk_create(periods)
    ]
    ReadReceipt.objects.bulk_create(
        ReadReceipt(revision=one, user=user) for one in ReportRevision.objects.bulk_create(made)
    )


def test_as_many_queries_for_three_reports_as_for_thirty(client, one, ada, ben):
    copies_of(make_report(one, actor=ada), ben, 2)

    def asked():
        counts = []
        for person in (ada, ben):
            as_person(client, person)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(at("reports", one)).status_code == 200
            counts.append(len(queries))
        return counts

    few = asked()
    oldest = ProgressReport.objects.earliest("starts_on").revisions.get()
    copies_of(oldest, ben, 27)
    assert asked() == few
    assert max(few) <= 12


def test_a_report_takes_few_queries(client, ada, ben):
    promised = Promised(ada, ben)
    revision = make_report(promised.active, actor=ada)
    for person in (ada, ben):
        as_person(client, person)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(at("report", revision)).status_code == 200
        assert len(asked) <= 12


def test_staff_and_client_find_the_reports_from_the_project(client, one, ada, ben):
    for person in (ada, ben):
        page = text(as_person(client, person).get(reverse("engagements:engagement", args=[one.public_id])))
        assert at("reports", one) in page


def test_writing_takes_as_many_queries_for_three_items_as_for_thirty(client, ada, ben):
    """It puts the whole report together anew, from every room: more than a page that is only read."""
    counts = []
    for items_of_it in (3, 30):
        one = make_engagement(ben, owner=ada, prices=["100"] * items_of_it)
        told = [make_told_finding(one.organisation) for _ in range(items_of_it)]
        make_compared_run(one.organisation, saw=told)
        make_compared_run(one.organisation, saw=told)
        draft = make_draft_report(one, actor=ada)
        as_person(client, ada)
        for name in ("report-draft", "report-preview"):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(at(name, draft)).status_code == 200
            counts.append(len(asked))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 25
