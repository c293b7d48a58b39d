"""One account of a run by itself: its own JSON, its own summary, and nothing of the others in either."""

import json
from pathlib import Path

import boto3
import jsonschema
import pypdf
import pytest
from django.urls import reverse

from core.errors import DomainError
from core.snapshots import canonical
from demo.emulator import Deny, Faults
from discovery import documents, exports, found, triage
from discovery.models import Finding, Summary
from discovery.one_account import OneAccount, accounts_with_results, seen_by
from discovery.services import freezing, summaries
from discovery.summary import summary_content
from infra_audit.accounts import LeftOut
from tests.discovery.test_discover import discover
from tests.discovery.test_many_accounts import OWN, PRODUCTION, REGION, STAGING, account_of, role_of
from tests.discovery_factories import audit, make_organisation, make_shard
from tests.factories import organisation_of
from tests.summary_factories import make_run_of_accounts, make_told_run

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "schema" / "discovery-1.json").read_text())
SHOP = {"sg_ssh_open": 3, "rds_nothing_survives_deletion": 2}
OFFICE = {"sg_ssh_open": 5, "resource_untagged": 4}


def open_port(aws, number):
    answer = aws.client("sts").assume_role(RoleArn=role_of(number, "admin"), RoleSessionName="seed")["Credentials"]
    keys = answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]
    ec2 = boto3.Session(*keys, REGION).client("ec2", endpoint_url=aws.url)
    group = ec2.create_security_group(GroupName="wide-open", Description="open")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")


@pytest.fixture
def tern():
    return make_organisation("Tern & Tide")


@pytest.fixture
def run(tern):
    return make_run_of_accounts(tern, shop=SHOP, office=OFFICE)


def number_of(run, name):
    return run.organisation.aws_accounts.get(name=name).account_id


def test_each_account_is_judged_by_itself_and_all_of_them_are_the_whole(aws, tern):
    open_port(aws, PRODUCTION)

    run = audit(account_of(aws, tern, PRODUCTION), account_of(aws, tern, STAGING))

    whole = json.loads(exports.as_json(run))
    each = {number: json.loads(exports.as_json(OneAccount(run, number))) for number in accounts_with_results(run)}
    assert set(each) == {PRODUCTION, STAGING}
    for number, told in each.items():
        jsonschema.validate(told, SCHEMA)
        assert [one["id"] for one in told["accounts"]] == [number]
        parts = (*told["findings"], *told["not_assessed"], *told["calls"], *told["empty_regions"])
        assert {one["account"] for one in parts} == {number}
        assert told["examined"] == run.result["by_account"][number]["examined"]
    assert "sg_ssh_open" in {one["check"] for one in each[PRODUCTION]["findings"]}
    assert "sg_ssh_open" not in {one["check"] for one in each[STAGING]["findings"]}
    together = [one["fingerprint"] for told in each.values() for one in told["findings"]]
    assert sorted(together) == sorted(one["fingerprint"] for one in whole["findings"] if one["account"])
    assert sum(told["api_calls"] for told in each.values()) == whole["api_calls"]


def test_what_only_the_management_account_can_tell_is_in_a_member_s_own_documents_too(aws, tern):
    organizations = aws.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    asked = organizations.create_account(AccountName="shop", Email="shop@tern.example")["CreateAccountStatus"]
    member, only_there = asked["AccountId"], {"no_budget", "no_billing_alarm", "no_cloudtrail"}

    run = audit(account_of(aws, tern, OWN), account_of(aws, tern, member))

    told = json.loads(exports.as_json(OneAccount(run, member)))
    assert only_there <= {one["check"] for one in told["findings"]}
    assert not only_there & {one["check"] for one in told["not_assessed"]}
    assert {one["account"] for one in (*told["findings"], *told["not_assessed"], *told["calls"])} == {member}
    assert told["passed"] == run.result["by_account"][member]["passed"]


def test_of_a_single_account_nothing_is_told_twice(aws, tern):
    run = audit(account_of(aws, tern))

    assert accounts_with_results(run) == []


def test_a_summary_of_one_account_tells_of_it_alone(ada, run):
    number = number_of(run, "shop")

    content = summary_content(summaries.draft_summary(run=run, account=number, actor=ada))

    assert content.account == f"shop ({number})"
    assert content.findings == 5
    assert len(content.topics[0].groups) == len(SHOP)
    assert [(one.name, one.number) for one in content.coverage.accounts] == [("shop", number)]
    assert content.coverage.scope.startswith("1 AWS account")
    assert "2 of" in content.verdict  # two databases of the shop's


def test_whole_and_parts_have_a_draft_each_and_asking_again_gives_the_same(ada, run):
    accounts = ("", number_of(run, "shop"), number_of(run, "office"))

    first = [summaries.draft_summary(run=run, account=one, actor=ada).pk for one in accounts]
    again = [summaries.draft_summary(run=run, account=one, actor=ada).pk for one in accounts]

    assert first == again
    assert len(set(first)) == 3


def test_what_staff_said_of_an_account_is_kept_for_its_next_summary_alone(ada, run):
    number = number_of(run, "shop")
    summary = summaries.draft_summary(run=run, account=number, actor=ada)
    entry = summary.entries.get(check_id="sg_ssh_open")
    summaries.change_entry(entry=entry, actor=ada, decision="hide")
    Summary.objects.filter(pk=summary.pk).update(run=make_told_run(run.organisation))

    again = summaries.draft_summary(run=run, account=number, actor=ada)
    whole = summaries.draft_summary(run=run, actor=ada)

    assert again.entries.get(check_id="sg_ssh_open").decision == "hide"
    assert whole.entries.get(check_id="sg_ssh_open").decision == "keep"


def test_triage_of_one_account_counts_and_rules_it_alone(ada, client, run):
    client.force_login(ada)
    summary = summaries.draft_summary(run=run, account=number_of(run, "shop"), actor=ada)
    entry = summary.entries.get(check_id="sg_ssh_open")
    assert triage.board(summary).row(entry).findings == 3
    assert triage.group_page(summary, entry, None).paginator.count == 3
    others = Finding.objects.filter(check_id="sg_ssh_open", account=number_of(run, "office"))
    assert triage.findings_behind(entry, [others.first().public_id]) == []
    url = reverse("discovery:triage-false", args=[summary.public_id, entry.public_id])

    client.post(url, {"every": "on", "reason": "Our own bastions."})

    assert set(others.values_list("status", flat=True)) == {"open"}
    assert Finding.objects.filter(status="false_positive").count() == 3


def test_publishing_one_account_publishes_nothing_of_the_others(ada, run, monkeypatch):
    monkeypatch.setattr(documents, "summary_pdf", lambda snapshot, *, draft: b"%PDF " + canonical(snapshot))
    number = number_of(run, "shop")
    summary = summaries.draft_summary(run=run, account=number, actor=ada)

    summaries.freeze_summary(summary=summary, actor=ada)
    freezing.finish_freezing(summary_id=summary.pk)

    summary.refresh_from_db()
    assert summary.status == "frozen"
    assert number in summary.pdf.name
    assert set(Finding.objects.published().values_list("account", flat=True)) == {number}
    assert summary.evidence_csv.file.read().decode("utf-8-sig").count("\n") == 1 + sum(SHOP.values())


def test_a_run_is_compared_with_the_same_account_of_the_one_before(ada, tern):
    make_run_of_accounts(tern, shop=SHOP, office=OFFICE)
    shop, office = tern.aws_accounts.get(name="shop"), tern.aws_accounts.get(name="office")
    second = make_told_run(tern, found={})
    second.result["by_account"] = {shop.account_id: second.result, office.account_id: second.result}
    for account in (shop, office):
        make_shard(second, aws_account=account)

    changes = found.changes_since(OneAccount(second, shop.account_id), ())

    assert changes.uncompared == sum(SHOP.values())


def test_an_account_that_the_run_did_not_read_has_no_summary(ada, run):
    with pytest.raises(DomainError, match="no summary of its own"):
        summaries.draft_summary(run=run, account="999999999999", actor=ada)


def test_the_document_names_its_account(ada, run):
    number = number_of(run, "shop")
    summary = summaries.draft_summary(run=run, account=number, actor=ada)

    text = documents.summary_html(summaries.snapshot_of(summary), draft=False)

    assert f"AWS account shop ({number})" in text
    assert number_of(run, "office") not in text


@pytest.mark.django_db(transaction=True)
def test_discover_writes_each_account_by_itself(aws, tmp_path):
    roles = tmp_path / "roles.csv"
    roles.write_text("".join(f"{role_of(number)},0123456789abcdef\n" for number in (PRODUCTION, STAGING)))

    status = discover(
        "--endpoint-url", aws.url, "--regions", REGION, "--roles", roles, "--quiet", "--each", tmp_path / "each"
    )

    written = {path.name: path for path in (tmp_path / "each").iterdir()}
    assert status == 0
    assert set(written) == {f"{number}.{kind}" for number in (PRODUCTION, STAGING) for kind in ("json", "pdf")}
    assert json.loads(written[f"{STAGING}.json"].read_text())["accounts"][0]["id"] == STAGING
    text = pypdf.PdfReader(written[f"{PRODUCTION}.pdf"]).pages[0].extract_text()
    assert PRODUCTION in text
    assert STAGING not in text


@pytest.mark.django_db(transaction=True)
def test_discover_writes_a_single_account_too(aws, tmp_path):
    status = discover("--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--each", tmp_path / "each")

    assert status == 0
    assert {path.name for path in (tmp_path / "each").iterdir()} == {f"{OWN}.json", f"{OWN}.pdf"}


def test_a_folder_that_cannot_be_is_refused_before_anything_is_read(tmp_path, capsys):
    (tmp_path / "file").write_text("")

    for given in (tmp_path / "file", tmp_path / "no" / "such"):
        assert discover("--each", given) == 2
        assert "--each" in capsys.readouterr().err


def test_the_run_s_page_has_a_row_for_each_account(client, ada, run):
    client.force_login(ada)
    refused = make_shard(run, kind="account", region="", status="failed", failure="The role would not let us in.")
    run.left_out = [LeftOut("999999999999", "old", "not_active", "The account is suspended.").as_json()]
    run.save()

    page = client.get(reverse("discovery:run", args=[run.public_id]))

    rows = {one.name: one for one in page.context["accounts"]}
    assert (rows["shop"].findings, rows["office"].findings) == (5, 9)
    assert rows["shop"].has_documents
    assert rows[refused.aws_account.name].failed
    assert not rows["old"].failed
    text = page.content.decode()
    for said in ("The role would not let us in.", "The account is suspended.", f"?place={number_of(run, 'shop')}"):
        assert said in text


def test_a_run_of_one_account_has_no_such_table(client, ada):
    client.force_login(ada)

    page = client.get(reverse("discovery:run", args=[make_told_run().public_id]))

    assert page.context["accounts"] == []
    assert 'id="accounts"' not in page.content.decode()


def test_the_summary_of_an_account_is_begun_from_its_row(client, ada, run):
    client.force_login(ada)

    response = client.post(
        reverse("discovery:summary-begin", args=[run.public_id]), {"account": number_of(run, "office")}
    )

    summary = Summary.objects.get()
    assert response.url == reverse("discovery:summary", args=[summary.public_id])
    assert summary.account == number_of(run, "office")
    assert f"AWS account {summary.account}" in client.get(response.url).content.decode()


def test_the_json_of_an_account_is_staff_s_alone_and_only_where_there_is_one(client, ada, ben, cleo):
    run = make_run_of_accounts(organisation_of(ben), shop=SHOP, office=OFFICE)
    url = reverse("discovery:run-download", args=[run.public_id, "json"])
    number = number_of(run, "shop")
    for user, status in ((ada, 200), (ben, 404), (cleo, 404)):
        client.force_login(user)
        assert client.get(url, {"account": number}).status_code == status
    client.force_login(ada)
    assert number in client.get(url, {"account": number})["Content-Disposition"]
    assert client.get(url, {"account": "999999999999"}).status_code == 404


def test_findings_can_be_narrowed_to_an_account(client, ada, run):
    client.force_login(ada)

    page = client.get(reverse("discovery:run", args=[run.public_id]), {"place": number_of(run, "shop")})

    assert page.context["page"].paginator.count == 5
    assert number_of(run, "shop") in [value for value, _ in page.context["filters"][3].options]


def test_a_refusal_is_said_once_and_not_with_every_reading_that_it_hides(aws, tern, ada):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole", about=STAGING),)))
    run = audit(account_of(aws, tern, PRODUCTION), account_of(aws, tern, STAGING, name="staging"))

    coverage = summary_content(summaries.draft_summary(run=run, actor=ada)).coverage

    assert [one.number for one in coverage.accounts] == [PRODUCTION]
    assert coverage.scope.startswith("1 AWS account")
    [row] = coverage.left_out
    assert (row.name, row.number) == ("staging", STAGING)
    assert "would not let us in" in row.why
    assert (coverage.unseen[0].what, coverage.unseen[0].why) == ("AWS account staging", "would not let us in")
    assert not any("would not let us in" in one.why for one in coverage.missed)


def test_the_whole_of_a_run_is_seen_by_a_summary_without_an_account(ada, run):
    summary = summaries.draft_summary(run=run, actor=ada)

    assert seen_by(summary) == run
    assert summary_content(summary).account == ""
