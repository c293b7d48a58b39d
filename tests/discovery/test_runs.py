"""A run from its start to its findings, over real HTTP; and two runs compared."""

import pytest

from core.errors import DomainError, TransitionError
from core.models import Event
from demo.emulator import Deny, Faults
from discovery.models import Finding, Occurrence, Run, Shard, Unit
from discovery.queries_calls import log_of
from discovery.services import findings, runs
from discovery.services.executing import drain, execute_shard
from discovery.services.runs import cancel_run, finish_run, sweep
from discovery.services.starting import start_run
from infra_audit.call_log import counted
from tests.discovery_factories import audit, make_aws_account, make_organisation, make_repository, make_run
from tests.factories import make_consultant

pytestmark = pytest.mark.django_db
REGION = "eu-west-1"


def open_ssh(aws, name="wide-open"):
    ec2 = aws.client("ec2", REGION)
    group = ec2.create_security_group(GroupName=name, Description=name)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    return group


def account_of(aws, organisation=None):
    return make_aws_account(
        organisation, account_id="", endpoint_url=aws.url, regions=[REGION], consent="configuration"
    )


def statuses(run, check="sg_ssh_open"):
    return list(run.occurrences.filter(finding__check_id=check).values_list("status", flat=True))


def test_an_open_port_is_found_where_it_is(aws):
    group = open_ssh(aws)

    run = audit(account_of(aws))

    finding = Finding.objects.get(check_id="sg_ssh_open")
    assert finding.resource.endswith(group)
    assert (finding.account, finding.region) == ("123456789012", REGION)
    assert statuses(run) == ["new"]
    assert run.result["examined"]["sg_ssh_open"] >= 1
    assert Event.objects.filter(what="run.finished").count() == 1


def test_the_log_of_calls_is_every_request_that_the_endpoint_was_asked(aws):
    account = account_of(aws)
    aws.clear_calls()

    run = audit(account)

    asked = sum(aws.calls().values())
    assert run.result["api_calls"] == asked == sum(map(counted, log_of(run).values()))
    assert set(log_of(run)) == {"123456789012"}


def test_the_second_run_says_what_stayed_and_what_was_mended(aws):
    account = account_of(aws)
    kept, mended = open_ssh(aws, "kept"), open_ssh(aws, "mended")
    audit(account)
    aws.client("ec2", REGION).delete_security_group(GroupId=mended)

    second = audit(account)

    by_group = dict(
        second.occurrences.filter(finding__check_id="sg_ssh_open").values_list("finding__resource", "status")
    )
    assert {key.rsplit("/", 1)[-1]: value for key, value in by_group.items()} == {kept: "still", mended: "fixed"}
    assert Finding.objects.get(check_id="sg_ssh_open", resource__endswith=mended).status == Finding.Status.VERIFIED


def test_what_comes_back_is_called_regressed(aws):
    account = account_of(aws)
    group = open_ssh(aws)
    ec2 = aws.client("ec2", REGION)
    rule = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    audit(account)
    ec2.revoke_security_group_ingress(**rule)
    audit(account)
    ec2.authorize_security_group_ingress(**rule)

    third = audit(account)

    assert statuses(third) == ["regressed"]


def test_a_denied_reading_never_makes_a_finding_fixed(aws):
    account = account_of(aws)
    open_ssh(aws)
    audit(account)
    aws.set_faults(Faults(deny=(Deny("ec2:DescribeSecurityGroups"),)))

    second = audit(account)

    assert statuses(second) == []
    assert Finding.objects.get(check_id="sg_ssh_open").status == Finding.Status.OPEN
    assert second.status == Run.Status.DONE_WITH_GAPS
    gap = next(one for one in second.result["not_assessed"] if one["check"] == "sg_ssh_open")
    assert (gap["reason"], gap["iam_action"], gap["region"]) == ("denied", "ec2:DescribeSecurityGroups", REGION)


def test_an_account_that_denies_everything_fails_in_one_sentence(aws):
    everything_but_who_am_i = (Deny("[!s]*"), Deny("s[!t]*"))
    aws.set_faults(Faults(deny=everything_but_who_am_i))

    run = audit(account_of(aws))

    assert run.status == Run.Status.FAILED
    assert run.failure.endswith(".")
    assert run.result["not_assessed"]


def test_an_account_that_cannot_be_opened_does_not_stop_the_other(aws):
    open_ssh(aws)
    good = account_of(aws)
    away = make_aws_account(
        good.organisation, account_id="", endpoint_url="http://127.0.0.1:9", regions=[REGION], name="away"
    )
    run = start_run(
        organisation=good.organisation, accounts=[good, away], repositories=[], actor=None, in_this_process=True
    )

    drain(run=run)

    run.refresh_from_db()
    assert run.status == Run.Status.DONE_WITH_GAPS
    assert statuses(run) == ["new"]
    assert Shard.objects.get(aws_account=away).failure


def test_a_ruling_is_remembered_by_later_runs(aws):
    account = account_of(aws)
    open_ssh(aws)
    first = audit(account)
    finding = first.occurrences.get(finding__check_id="sg_ssh_open").finding

    findings.mark_false_positive(finding=finding, reason="Our honeypot.", actor=make_consultant())
    second = audit(account)

    assert second.occurrences.filter(finding=finding).count() == 1
    assert not second.occurrences.bad().filter(finding=finding).exists()


def test_a_ruling_without_a_reason_is_refused(aws):
    open_ssh(aws)
    audit(account_of(aws))

    with pytest.raises(DomainError, match="Say why"):
        findings.mark_false_positive(finding=Finding.objects.first(), reason=" ", actor=make_consultant())


def test_a_second_delivery_of_everything_doubles_nothing(aws):
    open_ssh(aws)
    run = audit(account_of(aws))
    counted = (Unit.objects.count(), Finding.objects.count(), Occurrence.objects.count(), Event.objects.count())

    for shard_id in run.shards.values_list("pk", flat=True):
        execute_shard(shard_id=shard_id)
    finish_run(run_id=run.pk)

    assert counted == (Unit.objects.count(), Finding.objects.count(), Occurrence.objects.count(), Event.objects.count())


def test_metadata_only_reads_no_configuration_and_says_so(aws):
    run = audit(account_of(aws), metadata_only=True)

    unit = run.units.get(operation="ec2.describe_instance_attribute")
    assert unit.ending == "denied"
    assert "consent" in unit.denied_by


def test_a_run_of_nothing_is_refused():
    with pytest.raises(DomainError, match="Choose at least one"):
        start_run(organisation=make_organisation(), accounts=[], repositories=[], actor=None)


def test_a_second_run_of_a_client_waits_for_the_first():
    organisation = make_organisation()
    account = make_aws_account(organisation)
    start_run(organisation=organisation, accounts=[account], repositories=[], actor=None)

    with pytest.raises(DomainError, match="under way"):
        start_run(organisation=organisation, accounts=[account], repositories=[], actor=None)


def test_a_cancelled_run_keeps_what_it_read_and_does_no_more(aws):
    account = account_of(aws)
    run = start_run(
        organisation=account.organisation, accounts=[account], repositories=[], actor=None, in_this_process=True
    )
    Shard.objects.update(not_before=run.created_at)
    execute_shard(shard_id=run.shards.get().pk)

    cancel_run(run=run, actor=None)
    drain(run=run)

    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED
    assert set(run.shards.exclude(kind="account").values_list("status", flat=True)) == {"cancelled"}
    assert not Unit.objects.filter(run=run).exists()


def test_a_run_that_is_over_cannot_be_cancelled():
    with pytest.raises(TransitionError, match="Done"):
        cancel_run(run=make_run(status=Run.Status.DONE), actor=None)


def test_the_sweep_rings_for_what_nobody_holds(rung):
    run = make_run(status=Run.Status.RUNNING)
    repository = make_repository(run.organisation)
    orphan = Shard.objects.create(run=run, kind="repository", repository=repository)
    unfinished = make_run(run.organisation, status=Run.Status.RUNNING)

    sweep()

    assert rung == [("execute_shard", orphan.pk), ("finish_run", unfinished.pk)]


@pytest.fixture
def rung(monkeypatch):
    """What was enqueued, in order: the queue is the network's edge."""
    calls = []
    for name in ("execute_shard", "finish_run"):
        task = getattr(runs.tasks, name)
        monkeypatch.setattr(task, "delay", lambda pk, name=name: calls.append((name, pk)))
    return calls
