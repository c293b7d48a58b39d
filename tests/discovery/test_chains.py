"""Chains on a run's page and on page 1 of its summary; a chain falls with any of its findings."""

import io

import pytest
from pypdf import PdfReader

from discovery import found
from discovery.models import Finding, Run
from discovery.services import summaries
from discovery.services.findings import mark_false_positive
from infra_audit.chains import Chain, Link
from tests.summary_factories import make_told_run

SENTENCES = tuple(f"One command could lose the database orders-{n} for good, because nothing holds it." for n in "abcd")


@pytest.fixture
def run(db):
    """A run with four chains, each on two of its findings."""
    one = make_told_run(found={"rds_nothing_survives_deletion": 12, "sg_ssh_open": 3}, examined={"iam_no_mfa": 8})
    links = [Link(f"Link {row.pk}", row.resource, row.check_id, row.fingerprint) for row in Finding.objects.all()[:8]]
    one.result["chains"] = [
        Chain("one_command_from_loss", "critical", sentence, "123456789012", tuple(links[2 * n : 2 * n + 2])).as_json()
        for n, sentence in enumerate(SENTENCES)
    ]
    one.save()
    return Run.objects.get(pk=one.pk)


def shown(run, hidden=()):
    return [one.sentence for one in found.leading_chains(run, hidden)]


def test_three_are_shown(run):
    assert shown(run) == list(SENTENCES[:3])


def test_a_finding_ruled_false_takes_its_chain_with_it(run, ada):
    fingerprint = run.result["chains"][0]["links"][0]["fingerprint"]
    mark_false_positive(finding=Finding.objects.get(fingerprint=fingerprint), reason="It is a replica.", actor=ada)

    assert shown(run) == list(SENTENCES[1:])


def test_a_hidden_check_takes_its_chains_with_it(run):
    assert shown(run, ["rds_nothing_survives_deletion"]) == []


def test_a_run_from_before_there_were_chains_has_none(run):
    del run.result["chains"]

    assert shown(run) == []


def test_the_run_s_page_tells_them_with_their_links(run, client, ada):
    client.force_login(ada)

    page = client.get(f"/runs/{run.public_id}/").content.decode()

    assert "How one thing leads to another" in page
    assert [sentence in page for sentence in SENTENCES] == [True, True, True, False]
    assert run.result["chains"][0]["links"][0]["text"] in page


def test_page_1_tells_three_and_stays_one_page(run, ada):
    summary = summaries.draft_summary(run=run, actor=ada)

    pages = [
        " ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(summaries.render_draft(summary))).pages
    ]

    assert all(sentence in pages[0] for sentence in SENTENCES[:3])
    assert "May these changes start" in pages[0]
    assert "Contents" in pages[1]


def test_a_summary_without_chains_has_no_such_part(ada):
    summary = summaries.draft_summary(run=make_told_run(), actor=ada)

    assert "How one thing leads to another" not in summaries.draft_html(summary)
