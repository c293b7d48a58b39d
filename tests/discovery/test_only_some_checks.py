"""Runs that make some checks only: they read what these need, and say nothing of the others."""

import json

import pytest
from django.urls import reverse

from core.errors import DomainError
from discovery import choosing, comparing, found, queries_clients
from discovery.models import Finding, Run
from discovery.services import summaries
from discovery.services.executing import drain
from discovery.services.starting import start_run
from infra_audit.chosen import operations_for
from infra_audit.registry import catalogue
from tests.discovery_factories import (
    make_audited_run,
    make_aws_account,
    make_finding,
    make_organisation,
    make_repository,
    make_run,
)
from tests.report_factories import make_compared_run, make_told_finding

pytestmark = pytest.mark.django_db
REGION = "eu-west-1"
SSH = "sg_ssh_open"


def audit(account, *, repositories=(), **fields):
    run = start_run(
        organisation=account.organisation,
        accounts=[account],
        repositories=repositories,
        actor=None,
        in_this_process=True,
        **fields,
    )
    drain(run=run)
    run.refresh_from_db()
    return run


@pytest.fixture
def account(aws):
    """With an open port and a queue without tags."""
    ec2 = aws.client("ec2", REGION)
    group = ec2.create_security_group(GroupName="wide-open", Description="wide-open")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    aws.client("sqs", REGION).create_queue(QueueName="orders")
    return make_aws_account(account_id="", endpoint_url=aws.url, regions=[REGION], consent="configuration")


def told_by(run):
    return set(run.occurrences.values_list("finding__check_id", "finding__fingerprint", "severity", "status"))


def test_only_what_the_check_needs_is_read(aws, account):
    whole = audit(account)
    aws.clear_calls()

    run = audit(account, only_checks=[SSH])

    read = set(run.units.values_list("operation", flat=True))
    assert read == operations_for([catalogue()[SSH]]) & set(whole.units.values_list("operation", flat=True))
    assert sum(aws.calls().values()) == run.result["api_calls"] < whole.result["api_calls"] / 5
    assert set(run.result["examined"]) == {SSH}
    assert run.status == Run.Status.DONE


def test_it_says_the_same_as_among_all_checks_and_nothing_of_the_others(account):
    whole = audit(account)
    others = set(Finding.objects.exclude(check_id=SSH).values_list("pk", "status"))

    run = audit(account, only_checks=[SSH])

    expected = {(check, mark, severity, "still") for check, mark, severity, _new in told_by(whole) if check == SSH}
    assert told_by(run) == expected
    assert others
    assert set(Finding.objects.exclude(check_id=SSH).values_list("pk", "status")) == others


def test_a_place_where_nothing_is_to_be_read_is_not_opened(account):
    run = audit(account, only_checks=["iam_no_mfa"])

    assert set(run.shards.values_list("kind", "region")) == {("account", ""), ("place", "global")}


def test_an_account_is_not_opened_for_what_lies_in_repositories(account, tmp_path):
    repository = make_repository(account.organisation, location=str(tmp_path))
    run = start_run(
        organisation=account.organisation,
        accounts=[account],
        repositories=[repository],
        actor=None,
        only_checks=["secret_at_head"],
    )

    shard = run.shards.get()
    assert (shard.repository, shard.planned) == (repository, ["repo.secrets"])


@pytest.mark.parametrize("ids", [["secret_at_head"], ["no_such_check"]])
def test_a_run_in_which_no_chosen_check_looks_at_anything_is_refused(account, ids):
    with pytest.raises(DomainError, match="None of the checks"):
        start_run(organisation=account.organisation, accounts=[account], repositories=[], actor=None, only_checks=ids)

    assert not Run.objects.exists()


def test_an_account_that_cannot_be_opened_leaves_no_gap_of_other_checks(aws):
    account = make_aws_account(account_id="", endpoint_url="http://127.0.0.1:9", regions=[REGION])

    run = audit(account, only_checks=[SSH])

    assert run.status == Run.Status.FAILED
    assert {gap["check"] for gap in run.result["not_assessed"]} == {SSH}


def test_what_takes_the_whole_to_say_is_not_said(account):
    run = audit(account, only_checks=[SSH])

    assert run.result["empty_regions"] == []
    assert run.result["iac_coverage"] == {}
    assert run.result["network"]["networks"] == []


def test_another_check_is_not_compared_whichever_of_the_two_runs_was_partial():
    organisation = make_organisation()
    ours, theirs = make_told_finding(organisation), make_told_finding(organisation, check_id="rds_single_az")
    whole = make_compared_run(organisation, saw=[ours, theirs])
    whole.result["examined"]["rds_single_az"] = 3
    whole.save()
    partial = make_compared_run(organisation, saw=[ours])
    Run.objects.filter(pk=partial.pk).update(only_checks=[SSH])

    forth, back = comparing.compare(whole, partial), comparing.compare(partial, whole)

    assert (forth.still, forth.not_compared, forth.fixed) == ({ours.pk}, {theirs.pk}, set())
    assert (back.still, back.not_compared, back.new) == ({ours.pk}, {theirs.pk}, set())


@pytest.mark.both
def test_it_stands_for_the_client_nowhere():
    organisation = make_organisation()
    first = make_compared_run(organisation)
    second = make_audited_run(organisation, sg_ssh_open=3)
    partial = make_compared_run(organisation, saw=[make_finding(organisation)])
    Run.objects.filter(pk=partial.pk).update(only_checks=[SSH])
    after = make_compared_run(organisation)
    Run.objects.filter(pk=after.pk).update(status=Run.Status.RUNNING)

    assert comparing.latest_run(organisation.pk) == second
    assert comparing.comparable_before(after) == first
    assert found.changes_since(after, ()).since == second.as_of.isoformat()
    line = queries_clients.client_lines(queries_clients.clients())[0]
    assert (line.found.run, line.found.findings) == (second, 3)


def test_no_summary_is_written_from_it():
    run = make_audited_run(sg_ssh_open=1)
    Run.objects.filter(pk=run.pk).update(only_checks=[SSH])

    with pytest.raises(DomainError, match="some checks only"):
        summaries.draft_summary(run=run, actor=None)


def test_its_page_says_so_and_offers_what_it_can_tell(client, ada):
    run = make_audited_run(sg_ssh_open=1)
    run.result |= {"network": {"networks": [], "more": 0}, "iac_states": {"given": False, "read": []}}
    run.only_checks = [SSH]
    run.save()
    client.force_login(ada)

    page = client.get(reverse("discovery:run", args=[run.public_id])).content.decode()

    assert "One check was made" in page
    assert "Write the summary" not in page
    for kind, status in {"json": 200, "csv": 200, "kit": 404, "imports": 404}.items():
        url = reverse("discovery:run-download", args=[run.public_id, kind])
        assert (url in page, client.get(url).status_code) == (status == 200, status)
    told = json.loads(client.get(reverse("discovery:run-download", args=[run.public_id, "json"])).content)
    assert told["only_checks"] == [SSH]


def test_a_check_that_left_the_catalogue_is_no_reason_to_make_all_of_them():
    run = make_run(only_checks=["gone"])

    assert list(Run.objects.whole()) == []
    assert choosing.checks_of(run.only_checks) == []
