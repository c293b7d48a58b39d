"""The PDF of a report: one page, whatever is in it, and no money in the reader's."""

import datetime as dt
import shutil
import subprocess

import pytest

from core.models import Practice
from outreach import dates
from portal.models import Block, ReportRevision
from portal.report_document import CUTS, Reader, document_html, told_to
from portal.services import report_drawing, reports
from tests.factories import make_image, make_stored_file
from tests.report_factories import make_draft_report, make_report, publish
from tests.scope_factories import approve, make_engagement, make_order, work

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="No pdftotext here.")


@pytest.fixture
def one(ada, ben):
    return make_engagement(ben, owner=ada, finishes_on=dates.today() + dt.timedelta(days=30))


def words_of(content):
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
    return done.stdout.decode()


def read(stored):
    with stored.file.open("rb") as file:
        return file.read()


@needs_poppler
def test_both_forms_are_drawn_once_from_the_snapshot(one, ada, ben):
    approve(make_order(one, actor=ada, incoming=[work("The archive", 1200)], days_change=7), actor=ben)
    revision = make_report(one, actor=ada)
    report_drawing.draw_report(revision_id=revision.pk)
    revision.refresh_from_db()
    kept = (revision.pdf_id, revision.pdf_without_money_id)
    report_drawing.draw_report(revision_id=revision.pk)
    revision.refresh_from_db()

    assert (revision.pdf_id, revision.pdf_without_money_id) == kept
    whole, without = words_of(read(revision.pdf)), words_of(read(revision.pdf_without_money))
    for text in (whole, without):
        assert "Two of four are done." in text
        assert "The archive" in text
        assert "1 of 1" in text  # pages
    assert "$11,200.00" in whole
    assert "$" not in without
    assert revision.pdf.audience == "staff"  # served by the report's own address alone


def test_the_practices_logo_stands_where_its_name_would(one, ada):
    told = told_to(make_report(one, actor=ada).snapshot, Reader(sees_money=True, names_items=True))
    assert "report-paper__practice" in document_html(told, CUTS[0])

    Practice.objects.update(logo=make_stored_file(make_image(), name="logo.png"))

    assert 'src="data:image/png;base64,' in document_html(told, CUTS[0])
    assert b"/Image" in report_drawing.report_pdf(told)


@needs_poppler
def test_what_does_not_fit_the_page_is_cut_and_counted(one, ada):
    draft = make_draft_report(one, actor=ada)
    long = "It was a great deal of work that we would like to tell you about. " * 7
    for block, n in ((Block.DONE, 5), (Block.RISKS, 3), (Block.NEEDED, 3)):
        for at in range(n):
            words = reports.EntryWords(f"{at} {long}"[:500], long[:500])
            reports.add_line(revision=draft, block=block, words=words, actor=ada)
    revision = publish(draft, actor=ada)

    text = words_of(report_drawing.report_pdf(told_to(revision.snapshot, Reader(sees_money=True, names_items=True))))

    assert "1 of 1" in text
    assert "more in the portal" in text


@needs_poppler
def test_a_hostile_title_is_only_text_on_paper(one, ada):
    draft = make_draft_report(one, actor=ada)
    for hostile in ("<script>alert(1)</script>", "{{7*7}}", "</style>", "<img src='file:///etc/passwd'>"):
        reports.add_line(revision=draft, block=Block.DONE, words=reports.EntryWords(hostile), actor=ada)
    revision = publish(draft, actor=ada)

    text = words_of(report_drawing.report_pdf(told_to(revision.snapshot, Reader(sees_money=True, names_items=True))))

    assert "{{7*7}}" in text
    assert "root:" not in text


def test_a_draft_has_no_pdf(one, ada):
    draft = make_draft_report(one, actor=ada)

    report_drawing.draw_report(revision_id=draft.pk)

    assert ReportRevision.objects.get(pk=draft.pk).pdf is None
