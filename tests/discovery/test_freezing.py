"""Freezing a summary: all of it or nothing, once."""

import csv
import hashlib
import io
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from core import clock
from core.errors import DomainError
from core.models import Event, StoredFile
from core.pdf import PdfError
from core.snapshots import canonical
from discovery import documents, tasks
from discovery.models import Finding, Occurrence, Summary
from discovery.services import freezing, runs, summaries
from discovery.services.findings import mark_false_positive
from tests.factories import make_client, organisation_of
from tests.summary_factories import add_findings, make_told_run


@pytest.fixture
def summary(ada):
    run = make_told_run(found={"sg_ssh_open": 3, "resource_untagged": 2})
    return summaries.draft_summary(run=run, actor=ada)


@pytest.fixture
def quick(monkeypatch):
    """A document in no time: what freezing does besides is what these tests are about."""
    monkeypatch.setattr(documents, "summary_pdf", lambda snapshot, *, draft: b"%PDF " + canonical(snapshot))


def frozen(summary, ada):
    summaries.freeze_summary(summary=summary, actor=ada)
    freezing.finish_freezing(summary_id=summary.pk)
    summary.refresh_from_db()
    return summary


def test_freezing_stores_the_document_its_hash_and_publishes_what_it_tells(ada, summary):
    hidden = summary.entries.get(check_id="resource_untagged")
    summaries.change_entry(entry=hidden, actor=ada, decision="hide")
    back = Finding.objects.filter(check_id="sg_ssh_open").first()
    Finding.objects.filter(pk=back.pk).update(status=Finding.Status.REGRESSED)

    frozen(summary, ada)

    assert summary.status == Summary.Status.FROZEN
    content = summary.pdf.file.read()
    assert content.startswith(b"%PDF-")
    assert summary.pdf.sha256 == hashlib.sha256(content).hexdigest()
    assert summary.snapshot_sha256 == hashlib.sha256(canonical(summary.snapshot)).hexdigest()
    assert content == documents.summary_pdf(summary.snapshot, draft=False)  # drawn from the snapshot alone
    assert set(Finding.objects.filter(check_id="sg_ssh_open").values_list("status", flat=True)) == {"published"}
    assert set(Finding.objects.filter(check_id="resource_untagged").values_list("status", flat=True)) == {"open"}
    event = Event.objects.get(what="summary.frozen")
    assert (event.actor, event.data["findings"], event.data["pdf_sha256"]) == (ada, 3, summary.pdf.sha256)


def test_the_evidence_holds_what_is_kept_and_nobodys_name(ada, summary, quick):
    summaries.change_entry(entry=summary.entries.get(check_id="resource_untagged"), actor=ada, decision="hide")
    false = Finding.objects.filter(check_id="sg_ssh_open").first()
    mark_false_positive(finding=false, reason="A honeypot.", actor=ada)
    Occurrence.objects.update(author="Dorian Writer", detail="=HYPERLINK(1)")

    frozen(summary, ada)

    text = summary.evidence_csv.file.read().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["check"] for row in rows] == ["sg_ssh_open"] * 2
    assert false.resource not in {row["resource"] for row in rows}
    assert {row["detail"] for row in rows} == {"'=HYPERLINK(1)"}
    assert "Dorian" not in text


def test_the_client_sees_document_and_evidence_once_frozen_and_others_never(ada, quick):
    ben, cleo = make_client("ben"), make_client("cleo")
    summary = summaries.draft_summary(run=make_told_run(organisation_of(ben)), actor=ada)
    assert not Summary.objects.visible_to(ben)

    frozen(summary, ada)

    assert Summary.objects.visible_to(ben).get() == summary
    assert set(StoredFile.objects.visible_to(ben)) == {summary.pdf, summary.evidence_csv}
    assert Finding.objects.visible_to(ben).count() == 15
    for model in (Summary, StoredFile, Finding):
        assert not model.objects.visible_to(cleo)


def test_freezing_twice_does_it_once(ada, summary, quick):
    frozen(summary, ada)
    before = Summary.objects.values().get()

    freezing.finish_freezing(summary_id=summary.pk)

    assert Summary.objects.values().get() == before
    assert StoredFile.objects.count() == 2
    assert Event.objects.filter(what="summary.frozen").count() == 1


def test_a_draft_that_nobody_froze_stays_a_draft(ada, summary):
    freezing.finish_freezing(summary_id=summary.pk)

    summary.refresh_from_db()
    assert summary.status == Summary.Status.DRAFT


def test_a_document_that_cannot_be_made_leaves_a_draft_with_the_reason(ada, summary, monkeypatch):
    def refuse(snapshot, *, draft):
        raise PdfError("The document is longer than 150 pages. Shorten it.")

    monkeypatch.setattr(documents, "summary_pdf", refuse)

    frozen(summary, ada)

    assert summary.status == Summary.Status.DRAFT
    assert summary.failure == "The document is longer than 150 pages. Shorten it."
    assert summary.frozen_at is None
    assert not StoredFile.objects.exists()
    assert not Finding.objects.filter(status=Finding.Status.PUBLISHED).exists()
    summaries.change_entry(entry=summary.entries.first(), actor=ada, title="Shorter")  # it can be edited again


def test_a_bug_leaves_a_draft_and_is_not_hidden(ada, summary, monkeypatch):
    monkeypatch.setattr(documents, "summary_pdf", lambda snapshot, *, draft: 1 / 0)
    summaries.freeze_summary(summary=summary, actor=ada)

    with pytest.raises(ZeroDivisionError):
        freezing.finish_freezing(summary_id=summary.pk)

    summary.refresh_from_db()
    assert summary.status == Summary.Status.DRAFT
    assert "mistake of the program" in summary.failure


def test_what_changes_while_it_is_drawn_is_not_frozen(ada, summary, monkeypatch):
    def meanwhile(snapshot, *, draft):
        mark_false_positive(finding=Finding.objects.first(), reason="A honeypot.", actor=ada)
        return b"%PDF"

    monkeypatch.setattr(documents, "summary_pdf", meanwhile)

    frozen(summary, ada)

    assert summary.status == Summary.Status.DRAFT
    assert "changed while it was being frozen" in summary.failure
    assert not StoredFile.objects.exists()


def test_a_worker_that_was_replaced_changes_nothing(ada, summary, monkeypatch):
    def slowly(snapshot, *, draft):
        Summary.objects.update(lease_until=clock.real_now() - timedelta(seconds=1))
        monkeypatch.setattr(documents, "summary_pdf", lambda snapshot, *, draft: b"%PDF second")
        freezing.finish_freezing(summary_id=summary.pk)
        return b"%PDF first"

    monkeypatch.setattr(documents, "summary_pdf", slowly)

    frozen(summary, ada)

    assert summary.pdf.file.read() == b"%PDF second"
    assert StoredFile.objects.count() == 2
    assert Event.objects.filter(what="summary.frozen").count() == 1


def test_the_sweep_rings_again_for_what_a_dead_worker_left(ada, summary, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.freeze_summary, "delay", rung.append)
    summaries.freeze_summary(summary=summary, actor=ada)
    runs.sweep()
    assert rung == [summary.pk]

    Summary.objects.update(lease_until=clock.real_now() + timedelta(minutes=1))
    runs.sweep()
    assert rung == [summary.pk]

    Summary.objects.update(lease_until=clock.real_now() - timedelta(minutes=1))
    runs.sweep()
    assert rung == [summary.pk] * 2


@pytest.mark.both
@pytest.mark.parametrize("change", [{"verdict": "All is well."}, {"status": "draft"}, {"snapshot": {}}, {"pdf": None}])
def test_the_database_refuses_to_change_a_frozen_summary(ada, summary, quick, change):
    frozen(summary, ada)

    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Summary.objects.filter(pk=summary.pk).update(**change)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        summary.delete()


def test_a_frozen_summary_refuses_every_edit_and_a_new_draft_can_be_made(ada, summary, quick):
    summaries.edit_words(summary=summary, actor=ada, words="As we said.")
    frozen(summary, ada)

    with pytest.raises(DomainError, match="can no longer be changed"):
        summaries.edit_words(summary=summary, actor=ada, words="x")
    again = summaries.draft_summary(run=summary.run, actor=ada)
    assert again != summary
    assert again.words == "As we said."


def test_later_changes_do_not_reach_what_is_frozen(ada, summary, quick):
    frozen(summary, ada)
    add_findings(summary.run, "s3_public", 5)
    summary.organisation.name = "Renamed"
    summary.organisation.save()

    assert "Renamed" not in summaries.draft_html(summary)
    assert "storage bucket" not in summaries.draft_html(summary)
    assert "DRAFT" not in summaries.draft_html(summary)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_freezes(ada, monkeypatch):
    monkeypatch.setattr(tasks.freeze_summary, "delay", lambda pk: None)
    summary = summaries.draft_summary(run=make_told_run(), actor=ada)
    summaries.freeze_summary(summary=summary, actor=ada)
    drawing, drawn = threading.Event(), []

    def draw(snapshot, *, draft):
        drawn.append(1)
        drawing.wait(5)
        return b"%PDF"

    monkeypatch.setattr(documents, "summary_pdf", draw)

    def work():
        try:
            freezing.finish_freezing(summary_id=summary.pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    for worker in workers:
        worker.start()
    workers[0].join(0.5)
    drawing.set()
    for worker in workers:
        worker.join()

    summary.refresh_from_db()
    assert drawn == [1]
    assert summary.status == Summary.Status.FROZEN
    assert Event.objects.filter(what="summary.frozen").count() == 1
