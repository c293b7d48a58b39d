"""A client is told what was published, and nothing on the way there."""

import pytest
from django.urls import reverse

from discovery.models import Finding
from discovery.services import findings, freezing, summaries
from infra_audit.evaluate import Evaluation
from infra_audit.inventory import Ending
from tests.discovery_factories import make_audited_run, make_run
from tests.factories import organisation_of

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def frozen(run, ada, **decisions):
    summary = summaries.draft_summary(run=run, actor=ada)
    for check_id, decision in decisions.items():
        summaries.change_entry(entry=summary.entries.get(check_id=check_id), decision=decision, actor=ada)
    summaries.freeze_summary(summary=summary, actor=ada)
    freezing.finish_freezing(summary_id=summary.pk)


def a_run_that_saw_all_of_it_mended(organisation):
    run = make_run(organisation, status="done")
    places = set(Finding.objects.values_list("account", "region"))
    for number, (account, region) in enumerate(places):
        run.units.create(
            operation="ec2.describe_security_groups", account=account, region=region, ending=Ending.OK, shard=None
        )
        assert number == 0
    told = Evaluation(examined={"sg_ssh_open": 4}, passed={"sg_ssh_open": 4})
    findings.record(run, told, final=True)


def test_what_was_hidden_and_is_mended_was_never_told(client, ada, ben):
    organisation = organisation_of(ben)
    frozen(make_audited_run(organisation, sg_ssh_open=2, s3_public=1), ada, sg_ssh_open="hide")

    a_run_that_saw_all_of_it_mended(organisation)

    hidden = Finding.objects.filter(check_id="sg_ssh_open")
    assert set(hidden.values_list("status", flat=True)) == {Finding.Status.VERIFIED}
    assert {one.check_id for one in Finding.objects.visible_to(ben)} == {"s3_public"}
    client.force_login(ben)
    page = client.get(reverse("portal:home")).content.decode()
    assert hidden.first().resource_name not in page


def test_what_was_told_stays_told_when_it_is_mended(ada, ben):
    organisation = organisation_of(ben)
    frozen(make_audited_run(organisation, sg_ssh_open=2), ada)

    a_run_that_saw_all_of_it_mended(organisation)

    told = Finding.objects.visible_to(ben)
    assert {one.status for one in told} == {Finding.Status.VERIFIED}
    assert all(one.published_at for one in told)
