"""The run page: progress that polls itself, results that can be narrowed, documents to download."""

import io
import json
import zipfile

import pytest
from django.urls import reverse

from discovery.models import Finding, Occurrence, Run, Shard, Unit
from infra_audit.inventory import Ending
from tests.discovery_factories import make_finding, make_occurrence, make_run, make_shard

pytestmark = pytest.mark.django_db
RESULT = {
    "examined": {"sg_ssh_open": 40},
    "passed": {},
    "not_assessed": [],
    "iac_coverage": {},
    "regions": ["eu-west-1"],
}
HTMX = {"HX-Request": "true"}


def make_done_run(organisation=None, findings=3, **fields):
    run = make_run(organisation, status=Run.Status.DONE, result={**RESULT, "api_calls": 12}, **fields)
    for _ in range(findings):
        make_occurrence(run)
    return run


def url(name, thing, *more):
    return reverse(f"discovery:{name}", args=[thing.public_id, *more])


@pytest.fixture
def going_on(bens_organisation):
    run = make_run(bens_organisation, status=Run.Status.RUNNING)
    shard = make_shard(run, planned=["ec2.describe_vpcs", "s3.list_buckets"])
    Unit.objects.create(run=run, shard=shard, operation="ec2.describe_vpcs", account="1", ending=Ending.OK)
    return run


@pytest.mark.parametrize("name", ["run", "run-progress"])
def test_staff_see_a_run_and_nobody_else_does(client, ada, ben, cleo, going_on, name):
    assert client.get(url(name, going_on)).status_code == 302
    for person, status in ((ada, 200), (ben, 404), (cleo, 404)):
        client.force_login(person)
        assert client.get(url(name, going_on)).status_code == status


def test_a_running_audit_says_how_far_it_is_and_asks_again(client, ada, going_on):
    client.force_login(ada)

    page = client.get(url("run", going_on)).content.decode()

    assert "1 of 2" in page
    assert 'hx-trigger="every 2s"' in page


def test_polling_answers_nothing_while_nothing_is_new(client, ada, going_on):
    client.force_login(ada)
    version = client.get(url("run", going_on)).context["progress"].version
    poll = url("run-progress", going_on) + f"?v={version}"

    assert client.get(poll, headers=HTMX).status_code == 204

    make_occurrence(going_on)
    assert client.get(poll, headers=HTMX).status_code == 200


def test_polling_a_run_that_is_over_loads_the_page_anew(client, ada, going_on):
    client.force_login(ada)
    Run.objects.update(status=Run.Status.DONE)

    assert client.get(url("run-progress", going_on), headers=HTMX).headers["HX-Refresh"] == "true"


def test_gaps_name_the_missing_permission_and_who_denied_it(client, ada, going_on):
    client.force_login(ada)
    Unit.objects.create(
        run=going_on,
        operation="budgets.describe_budgets",
        ending=Ending.DENIED,
        iam_action="budgets:ViewBudget",
        denied_by="identity policy",
    )

    page = client.get(url("run", going_on)).content.decode()

    assert "budgets:ViewBudget" in page
    assert "Denied by the identity policy" in page


def test_cancelling_ends_the_run_by_post_alone(client, ada, going_on):
    client.force_login(ada)

    assert client.get(url("run-cancel", going_on)).status_code == 405
    client.post(url("run-cancel", going_on))

    assert Run.objects.get().status == Run.Status.CANCELLED
    assert set(Shard.objects.values_list("status", flat=True)) == {"cancelled"}


def test_cancelling_what_is_over_is_refused_in_a_sentence(client, ada, going_on):
    client.force_login(ada)
    Run.objects.update(status=Run.Status.FAILED)

    response = client.post(url("run-cancel", going_on))

    assert response.status_code == 409
    assert "This run is Failed" in response.content.decode()


def test_findings_are_narrowed_by_severity_place_and_word(client, ada, bens_organisation):
    client.force_login(ada)
    run = make_done_run(bens_organisation, findings=0)
    make_occurrence(run, severity="critical", finding=make_finding(bens_organisation, resource_name="orders"))
    make_occurrence(run, severity="low", finding=make_finding(bens_organisation, region="us-east-1"))

    def shown(query):
        return [one.severity for one in client.get(url("run", run) + query).context["page"]]

    assert shown("?all=1") == ["critical", "low"]
    assert shown("?severity=low") == ["low"]
    assert shown("?q=orders") == ["critical"]
    assert shown("?place=us-east-1") == ["low"]
    assert shown("?severity=nonsense") == ["critical", "low"]


def test_a_filter_that_fits_nothing_says_how_to_see_more(client, ada, bens_organisation):
    client.force_login(ada)

    page = client.get(url("run", make_done_run(bens_organisation)) + "?q=nowhere").content.decode()

    assert "Take a filter away" in page


def test_findings_stand_by_kind_first_with_of_how_many(client, ada, bens_organisation):
    client.force_login(ada)

    page = client.get(url("run", make_done_run(bens_organisation))).content.decode()

    assert "3 of 40 firewall groups" in page
    assert "?check=sg_ssh_open" in page


def test_the_page_takes_as_many_queries_for_thirty_findings_as_for_three(
    client, ada, bens_organisation, django_assert_max_num_queries
):
    client.force_login(ada)
    counts = []
    for number in (3, 30):
        run = make_done_run(bens_organisation, findings=number)
        for query in ("", "?all=1"):
            with django_assert_max_num_queries(14) as queries:
                client.get(url("run", run) + query)
            counts.append(len(queries))

    assert counts[:2] == counts[2:]


def test_polling_takes_few_queries(client, ada, going_on, django_assert_max_num_queries):
    client.force_login(ada)

    with django_assert_max_num_queries(12):
        client.get(url("run-progress", going_on), headers=HTMX)


def test_a_hostile_title_is_text(client, ada, bens_organisation):
    client.force_login(ada)
    run = make_done_run(bens_organisation, findings=0)
    make_occurrence(run, title="<script>alert(1)</script>{{7*7}}")

    page = client.get(url("run", run) + "?all=1").content.decode()

    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page


def test_a_download_is_an_attachment(client, ada, bens_organisation):
    client.force_login(ada)
    run = make_run(bens_organisation, status=Run.Status.DONE, result={**RESULT, "api_calls": 0})

    response = client.get(url("run-download", run, "json"))

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(response.content)["client"] == bens_organisation.name
    assert client.get(url("run-download", run, "exe")).status_code == 404


def test_the_remedy_kit_is_one_zip_for_staff_alone(client, ada, ben, cleo, bens_organisation):
    run = make_run(bens_organisation, status=Run.Status.DONE, result={**RESULT, "api_calls": 0})

    for person, status in ((ben, 404), (cleo, 404), (ada, 200)):
        client.force_login(person)
        response = client.get(url("run-download", run, "kit"))
        assert response.status_code == status

    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"].endswith('.kit.zip"')
    assert zipfile.ZipFile(io.BytesIO(response.content)).namelist() == ["remedy-kit/README.md"]
    assert "Remedy kit" in client.get(url("run", run)).content.decode()


def with_a_queue(run, account="123456789012", region="eu-west-1"):
    """In the run: a queue that no code names, stacks that were read, and a state that names nothing."""
    arn = f"arn:aws:sqs:{region}:{account}:mail"
    rows = [{"arn": arn, "type": "sqs:queue", "name": "mail", "tags": {}}]
    shard = make_shard(run, region=region)
    place = {"account": account, "region": region, "partition": "aws", "ending": Ending.OK, "run": run, "shard": shard}
    Unit.objects.create(operation="sqs.list_queues", rows=rows, **place)
    for operation in ("cloudformation.describe_stacks", "cloudformation.list_stack_resources"):
        Unit.objects.create(operation=operation, **place)


def test_import_blocks_are_a_file_and_of_several_accounts_an_archive(client, ada, bens_organisation):
    client.force_login(ada)
    run = make_run(bens_organisation, status=Run.Status.DONE, result={**RESULT, "api_calls": 0})
    with_a_queue(run)

    one = client.get(url("run-download", run, "imports"))
    with_a_queue(run, account="210987654321")
    two = client.get(url("run-download", run, "imports"))

    assert one.headers["Content-Disposition"].endswith('.imports.tf"')
    assert "to = aws_sqs_queue.mail" in one.content.decode()
    assert two.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(two.content)) as archive:
        assert {name for name in archive.namelist() if name.endswith(".tf")} == {
            f"remedy-kit/imports/{account}/{name}.tf"
            for account in ("123456789012", "210987654321")
            for name in ("imports", "providers")
        }


@pytest.mark.parametrize("kind", ["imports", "json"])
def test_downloads_are_for_staff(client, ben, cleo, bens_organisation, kind):
    run = make_run(bens_organisation, status=Run.Status.DONE, result={**RESULT, "api_calls": 0})
    for person in (ben, cleo):
        client.force_login(person)
        assert client.get(url("run-download", run, kind)).status_code == 404


def test_the_page_says_how_much_is_in_code(client, ada, bens_organisation):
    client.force_login(ada)
    share = {"managed": 18, "unmanaged": 0, "derived": 0, "unknown": 82, "cloudformation": 18, "terraform": 0}
    share |= {"orphaned": 0, "hinted": 0}
    result = {
        **RESULT,
        "api_calls": 0,
        "iac_coverage": {"sqs:queue": share},
        "iac_coverage_by": {"service": {"sqs": share}, "region": {"eu-west-1": share}, "environment": {"prod": share}},
        "iac_tools": {"CDK": 18},
        "iac_states": {"given": False, "read": []},
    }

    page = client.get(url("run", make_run(bens_organisation, status=Run.Status.DONE, result=result))).content.decode()

    assert "18 % in CloudFormation, the rest unknown: no Terraform state was given." in page
    assert "By environment" in page
    assert "Import blocks for Terraform" in page


def test_every_call_to_aws_is_one_line_for_staff_alone(client, ada, ben, cleo, bens_organisation):
    run = make_run(bens_organisation, status=Run.Status.DONE, result={**RESULT, "api_calls": 3})
    at = {"service": "s3", "operation": "ListBuckets", "region": "eu-west-1"}
    make_shard(run, calls=[{**at, "service": "sts", "operation": "AssumeRole", "ending": "ok", "at": [1]}])
    run.units.create(
        operation="s3.list_buckets", account="123456789012", ending="ok", calls=[{**at, "ending": "ok", "at": [2, 3]}]
    )

    for person, status in ((ben, 404), (cleo, 404), (ada, 200)):
        client.force_login(person)
        response = client.get(url("run-download", run, "calls"))
        assert response.status_code == status

    lines = response.content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == ['"AssumeRole"', '"ListBuckets"', '"ListBuckets"']
    assert response.headers["Content-Disposition"].endswith('.calls.csv"')
    assert len(json.loads(client.get(url("run-download", run, "json")).content)["calls"]) == 2
    assert "Every call to AWS" in client.get(url("run", run)).content.decode()


def test_a_run_under_way_has_no_documents_yet(client, ada, going_on):
    client.force_login(ada)

    assert client.get(url("run-download", going_on, "json")).status_code == 404


def test_a_false_positive_needs_a_reason_and_can_be_taken_back(client, ada, bens_organisation):
    client.force_login(ada)
    finding = make_occurrence(make_done_run(bens_organisation, findings=0)).finding

    assert client.post(url("finding-false", finding), {"reason": " "}).status_code == 409
    client.post(url("finding-false", finding), {"reason": "Our honeypot."})
    assert Finding.objects.get().status == Finding.Status.FALSE_POSITIVE
    assert "Our honeypot." in client.get(url("finding", finding)).content.decode()

    client.post(url("finding-reopen", finding))
    assert Finding.objects.get().status == Finding.Status.OPEN


def test_evidence_is_told_in_words(client, ada, bens_organisation):
    client.force_login(ada)
    run = make_done_run(bens_organisation, findings=0)
    evidence = {"regions_read": ["eu-west-1", "us-east-1"], "copies": [], "in_use": True}

    page = client.get(url("finding", make_occurrence(run, evidence=evidence).finding)).content.decode()

    assert "Regions read" in page
    assert "eu-west-1; us-east-1" in page
    assert "none" in page


@pytest.mark.parametrize("name", ["finding", "finding-false", "finding-reopen"])
def test_a_findings_page_is_for_staff(client, ben, cleo, bens_organisation, name):
    finding = make_occurrence(make_done_run(bens_organisation, findings=0)).finding
    for person in (ben, cleo):
        client.force_login(person)
        assert client.post(url(name, finding), {"reason": "no"}).status_code == 404
    assert Occurrence.objects.bad().count() == 1
