"""What stands in the document, as HTML and as PDF."""

import io
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from core.models import Practice
from core.services.practice import set_logo
from core.snapshots import canonical
from discovery import documents
from discovery.documents import iac_chart
from discovery.models import Occurrence, Run
from discovery.services import summaries
from discovery.summary import summary_content
from discovery.telling import common_sentences, split_sentences
from infra_audit.registry import catalogue
from tests.discovery_factories import make_audited_run
from tests.factories import make_image, make_organisation
from tests.summary_factories import add_findings, make_told_run

FORBIDDEN = re.compile(r"\b(secure|securely|best[- ]practices?|scored?|grade)\b", re.IGNORECASE)


@pytest.fixture
def summary(ada):
    run = make_told_run(found={"rds_nothing_survives_deletion": 12, "sg_ssh_open": 3}, examined={"iam_no_mfa": 8})
    return summaries.draft_summary(run=run, actor=ada)


def html_of(summary, **fields):
    return documents.summary_html({**summaries.snapshot_of(summary), **fields}, draft=False)


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def pages_of(content):
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def test_the_first_page_has_everything_in_its_order(summary):
    content = summaries.render_pdf_of(summary)

    first = " ".join(pages_of(content)[0].split())
    parts = [
        summary.organisation.name,
        "1 AWS account in 1 region (1 more is empty), 1 code repository",
        "One mistaken delete could lose the data and every copy of it.",
        "Do first",
        "Keep a copy of each database that outlives it",
        "What is good",
        "All 8 people who sign in with a password use a second factor",
        "What we found",
        "12 of 16 examined",
        "What we did not see",
        "No people were interviewed. This is not a penetration test.",
        "May these changes start, in this order?",
        "Ada",
    ]
    places = [first.find(part) for part in parts]
    assert -1 not in places, [part for part, place in zip(parts, places, strict=True) if place == -1]
    assert [part for part in parts[:4] if first.find(part) > first.find("Do first")] == []


def test_the_document_has_contents_page_numbers_running_heads_and_bookmarks(summary):
    content = summaries.render_pdf_of(summary)

    pages, reader = pages_of(content), PdfReader(io.BytesIO(content))
    assert "Contents" in pages[1]
    assert "What was assessed, and what was not" in pages[1]
    assert re.search(rf"2 of {len(pages)}", pages[1])
    assert f"Executive summary for {summary.organisation.name}" in pages[1]
    titles = [entry.title for entry in flat(reader.outline)]
    assert "Findings" in titles
    assert "12 of 16 databases have no copy that would survive their deletion" in titles
    assert "DRAFT" not in "".join(pages)


def flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(entry)
        else:
            yield entry


def test_a_draft_says_so_on_every_page(summary):
    assert all("DRAFT" in page for page in pages_of(summaries.render_draft(summary)))


def test_of_many_places_ten_are_shown_and_the_rest_counted(summary):
    text = text_of(html_of(summary))

    finding = text[text.index("12 of 16 databases have no copy that would survive their deletion About") :]
    finding = finding[: finding.index("firewall groups")]
    assert finding.count("orders-000") == 10
    assert "2 more stand in the appendix and the evidence file." in finding
    appendix = text[text.rindex("Appendix: more places") :]
    assert appendix.count("orders-000") == 2


def test_what_is_true_of_each_place_is_said_once(summary):
    html = html_of(summary)

    assert html.count("Nothing else would bring it back.") == 2  # once for each kind of finding


def test_no_check_brings_its_id_a_score_or_a_forbidden_word_into_the_document(ada):
    found = dict.fromkeys(catalogue(), 2)
    bad = unescape(text_of(html_of(summaries.draft_summary(run=make_told_run(found=found), actor=ada))))
    good = " ".join(check.good_news for check in catalogue().values())

    said = [any(words in bad for words in (one.title, one.why, one.remedy, one.action)) for one in catalogue().values()]
    assert all(said)
    for text in (bad, good):
        assert [check_id for check_id in catalogue() if check_id in text] == []
        assert not FORBIDDEN.findall(text)


def test_nobody_who_wrote_a_commit_is_named(ada):
    run = make_told_run(found={})
    add_findings(run, "secret_in_history", 2, author="Dorian Writer", path="a.env", line=3, commit="abc" * 13)
    summary = summaries.draft_summary(run=run, actor=ada)

    html = html_of(summary)

    assert "Dorian" not in html
    assert "a.env:3" in html
    assert "commit abcabcabca" in html


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "</style><style>*{display:none}",
        "{{1234*5678}}{% now 'Y' %}",
        "](javascript:alert(1))",
        '"><img src=x onerror=alert(1)>',
        "\u202eright to left",
        "🚧" * 50,
        "x" * 300,
    ],
)
def test_what_people_and_resources_are_called_stays_text(ada, evil):
    run = make_told_run(found={"sg_ssh_open": 1})
    run.organisation.name = evil[:200]
    run.organisation.save()
    finding = run.occurrences.get().finding
    finding.resource_name = evil
    finding.save()
    summary = summaries.draft_summary(run=run, actor=ada)
    summaries.change_entry(entry=summary.entries.get(), actor=ada, title=evil, detail=f"[x]({evil})\n\n{evil}")
    summary = summaries.edit_words(summary=summary, actor=ada, words=f"{evil}\n\n[go]({evil})", verdict=evil)

    html = html_of(summary)

    assert not re.search(r"<script|<style|<img [^>]*src|onerror=[^&]*>|href=.?javascript", html.partition("<body")[2])
    assert "7006652" not in text_of(html)
    if "{{" in evil:
        assert "{{1234*5678}}" in text_of(html)


def test_staffs_markdown_is_drawn_as_markdown(summary, ada):
    summary = summaries.edit_words(summary=summary, actor=ada, words="We *looked* at:\n\n- one\n- two")

    html = html_of(summary)

    assert "<em>looked</em>" in html
    assert html.index("In our words") < html.index('id="findings"')


def test_a_second_run_says_what_changed_and_what_was_not_compared(ada):
    first = make_told_run(found={"sg_ssh_open": 5})
    second = make_told_run(first.organisation, found={"s3_public": 2})
    seen = list(first.occurrences.select_related("finding"))
    for occurrence, status in zip(seen, ["fixed", "still", "regressed", "fixed"], strict=False):
        Occurrence.objects.create(
            run=second, finding=occurrence.finding, status=status, severity="high", effort="minutes", title="x"
        )

    content = summary_content(summaries.draft_summary(run=second, actor=ada))

    told = content.changes
    assert (told.new, told.fixed, told.still, told.regressed, told.uncompared) == (2, 2, 1, 1, 1)
    html = documents.summary_html(content.as_snapshot(), draft=False)
    assert "1 finding of before could not be compared" in html


def test_a_first_run_has_nothing_to_compare_with(ada):
    failed = make_told_run(status=Run.Status.FAILED)

    summary = summaries.draft_summary(run=make_told_run(failed.organisation), actor=ada)

    assert summary_content(summary).changes is None


def test_steps_come_now_within_30_and_within_90_days(ada):
    found = {"rds_nothing_survives_deletion": 2, "no_budget": 1, "resource_untagged": 3, "ec2_no_instance_profile": 1}
    summary = summaries.draft_summary(run=make_told_run(found=found), actor=ada)
    summaries.add_entry_by_hand(summary=summary, topic="team", title="Nobody is on call", severity="high", actor=ada)

    now, soon, later = summary_content(summary).horizons

    assert [step.action for step in now.steps] == ["Keep a copy of each database that outlives it"]
    assert [step.action for step in soon.steps] == ["Nobody is on call", "Set a budget with an alert"]
    assert [step.action for step in later.steps] == ["Tag every resource with its owner and environment"]
    assert now.steps[0].about == "2 databases, 1 day"


def test_dates_follow_the_practices_zone_and_the_clients_locale(ada):
    Practice.objects.update_or_create(pk=1, defaults={"name": "Lovelace & Co", "zone": "Pacific/Kiritimati"})
    run = make_told_run(as_of="2026-03-31T23:30:00+00:00")
    run.organisation.locale = "en_GB"
    run.organisation.save()
    run.refresh_from_db()

    content = summary_content(summaries.draft_summary(run=run, actor=ada))

    assert content.seen_on == "1 April 2026"
    assert content.next.day.replace(",", "") == "Wednesday 8 April 2026"


def test_a_summary_of_nothing_is_a_document_too(ada):
    run = make_told_run(found={}, examined={})
    run.units.all().delete()
    run.result = {}
    run.save()

    html = html_of(summaries.draft_summary(run=run, actor=ada))

    assert "Nothing could be read" in html
    assert "In what could be read, nothing was found that needs doing." in html


def test_four_hundred_findings_take_as_many_queries_as_three(ada, django_assert_num_queries):
    few = summaries.draft_summary(run=make_told_run(found={"sg_ssh_open": 3}), actor=ada)
    many = summaries.draft_summary(run=make_told_run(found={"sg_ssh_open": 300, "s3_public": 100}), actor=ada)

    with CaptureQueriesContext(connection) as queries:
        summary_content(few)

    with django_assert_num_queries(len(queries)):
        content = summary_content(many)
    assert content.findings == 400


def test_the_appendix_says_how_much_was_asked_and_how_the_client_sees_it(ada):
    text = text_of(html_of(summaries.draft_summary(run=make_audited_run(), actor=ada)))

    assert "12 requests were sent, to read alone" in text
    assert "userAgent like /infra-audit/" in text


def test_the_snapshot_is_spelled_the_same_each_time(summary):
    assert canonical(summaries.snapshot_of(summary)) == canonical(summaries.snapshot_of(summary))


def test_unknown_is_grey_in_the_chart_and_never_an_alarm():
    lines = [{"label": "Queues", "managed": 0, "unmanaged": 0, "derived": 0, "unknown": 7}]

    chart = iac_chart(lines)

    assert [segment.colour for segment in chart.rows[0].segments] == ["chart-5"]
    assert chart.rows[0].text == "0 of 7 in code"


def test_more_kinds_than_fit_become_one_row():
    lines = [{"label": f"Kind {i}", "managed": 1, "unmanaged": 1, "derived": 0, "unknown": 0} for i in range(20)]

    rows = iac_chart(lines).rows

    assert len(rows) == 14
    assert (rows[-1].label, rows[-1].text) == ("All other kinds", "7 of 14 in code")


def test_sentences_are_told_apart_from_names_and_numbers():
    assert split_sentences("In eu-west-1. It has 4.2 GB. e.g. none") == ["In eu-west-1.", "It has 4.2 GB. e.g. none"]
    assert common_sentences(["A. Same.", "B. Same."]) == ("Same.", ["A.", "B."])
    assert common_sentences([]) == ("", [])


def test_the_list_at_the_head_of_the_findings_keeps_staffs_order_across_topics(summary, ada):
    mine = summaries.add_entry_by_hand(
        summary=summary, topic="team", title="Nobody is on call", severity="low", actor=ada
    )
    summaries.move_entry(entry=mine, rank=1, actor=ada)

    content = summary_content(summary)

    assert content.glance[0].title == "Nobody is on call"
    anchors = {group.anchor for topic in content.topics for group in topic.groups}
    assert anchors == {line.anchor for line in content.glance}


def test_the_practices_logo_stands_on_page_one(db, ada):
    run = make_audited_run(make_organisation("Harbour & Pine"))
    content = summary_content(summaries.draft_summary(run=run, actor=ada)).as_snapshot()
    assert "data:image/png" not in documents.summary_html(content, draft=True)

    set_logo(content=make_image(), actor=ada)

    assert '<img class="front__logo" src="data:image/png;base64,' in documents.summary_html(content, draft=True)


def test_what_can_wait_is_told_in_a_few_lines_unless_staff_have_words_for_it(ada):
    organisation = make_organisation()
    run = make_told_run(organisation, found={"sg_ssh_open": 1, "resource_untagged": 12})
    summary = summaries.draft_summary(run=run, actor=ada)

    html = summaries.draft_html(summary)
    brief = html.partition('class="finding finding--brief"')[2].partition("</article>")[0]
    assert html.count("finding--brief") == 1
    assert "resources carry no tag" in brief
    assert "2 more stand" in brief
    assert "Why it matters." not in brief

    summaries.change_entry(entry=summary.entries.get(check_id="resource_untagged"), actor=ada, detail="We begin here.")
    assert "finding--brief" not in summaries.draft_html(summary)
