"""Progress reports for tests, made through the services that the pages call."""

from django.db import transaction

from core import clock
from discovery.models import Finding, Run, Unit
from portal.models import Block, ReportRevision
from portal.services import reports
from portal.services.reports import EntryWords
from tests.discovery_factories import make_finding, make_occurrence, make_run
from tests.factories import make_stored_file


def make_draft_report(engagement, *, actor):
    return reports.begin_report(engagement=engagement, actor=actor)


def make_report(engagement, *, actor, status="Two of four are done."):
    """Published; without mail and PDF, which a worker makes."""
    draft = make_draft_report(engagement, actor=actor)
    say(draft, status, actor=actor)
    return publish(draft, actor=actor)


def say(draft, status, *, actor):
    """The sentence that says how it stands."""
    line = draft.entries.get(block=Block.STATUS)
    words = {line.public_id: EntryWords(status)}
    return reports.edit_block(revision=draft, block=Block.STATUS, words=words, act="", actor=actor)


def publish(draft, *, actor):
    with transaction.atomic():
        reports.publish_report(revision=draft, actor=actor)
    return ReportRevision.objects.get(pk=draft.pk)


def with_pdfs(revision, *, without_money=b"bens-evidence"):
    """As a worker leaves it, but for the drawing."""
    for column, content in (("pdf", b"bens-evidence"), ("pdf_without_money", without_money)):
        stored = make_stored_file(content, name="report.pdf", organisation=revision.engagement.organisation)
        ReportRevision.objects.filter(pk=revision.pk).update(**{column: stored})
    return ReportRevision.objects.get(pk=revision.pk)


def make_compared_run(organisation, *, saw=(), looked=True, gaps=(), fixed=(), check="sg_ssh_open"):
    """A run that is over, of eu-west-1; without `looked` it could not read what the check needs there."""
    examined = {check: 10} if looked else {}
    run = make_run(
        organisation,
        status=Run.Status.DONE,
        result={"examined": examined, "passed": {}, "not_assessed": list(gaps)},
    )
    Unit.objects.create(
        run=run,
        operation="ec2.describe_security_groups",
        partition="aws",
        account="123456789012",
        region="eu-west-1",
        ending="ok" if looked else "denied",
        rows=[],
    )
    for finding in saw:
        make_occurrence(run, finding, status="still")
    for finding in fixed:
        make_occurrence(run, finding, status="fixed")
        Finding.objects.filter(pk=finding.pk).update(status=Finding.Status.VERIFIED)
    return run


def make_told_finding(organisation, **fields):
    """Published to the client a while ago."""
    return make_finding(organisation, status=Finding.Status.PUBLISHED, published_at=clock.now(), **fields)
