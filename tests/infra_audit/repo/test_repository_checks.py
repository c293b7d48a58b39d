"""README, infrastructure as code, and how secrets become findings."""

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue
from tests.infra_audit.repo.conftest import KEY, NOW

ACCOUNT = Place(account="123456789012", region="eu-west-1")
STACKS = "cloudformation.describe_stacks"


def iac_missing(*collections, others=()):
    units = [unit for collected in collections for unit in collected.units]
    inventory = Inventory((*units, *others))
    return evaluate(inventory, settings=CheckSettings(), now=NOW, key=KEY, checks=[catalogue()["iac_missing"]])


@pytest.mark.parametrize(
    "path", ["README.md", "README", "readme.rst", "Readme.txt", "docs/README.md", ".github/README.md"]
)
def test_a_readme_where_people_look_for_it_passes(path, repo, collect):
    repo.commit({path: "Shop: run it with make."})

    assert collect(repo).evaluation("readme_missing").passed == {"readme_missing": 1}


def test_a_readme_that_is_a_link_passes(repo, collect):
    repo.write("docs/index.md", "Shop")
    (repo.folder / "README.md").symlink_to("docs/index.md")
    repo.commit()

    assert collect(repo).findings("readme_missing") == []


@pytest.mark.parametrize(
    ("files", "detail"),
    [
        ({"app.py": "x = 1"}, "It has no README."),
        ({"sub/README.md": "Sub"}, "It has no README."),
        ({"README.md": " \n\n"}, "Its README is empty."),
    ],
)
def test_a_missing_or_empty_readme_is_found(files, detail, repo, collect):
    repo.commit(files)

    (finding,) = collect(repo).findings("readme_missing")

    assert (finding.resource, finding.resource_name, finding.detail) == ("repo:shop", "shop", detail)


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("infra/main.tf", "", "Terraform"),
        ("live/terragrunt.hcl", "", "Terragrunt"),
        ("cdk.json", "{}", "AWS CDK"),
        ("Pulumi.yaml", "name: shop", "Pulumi"),
        ("charts/shop/Chart.yaml", "name: shop", "Helm"),
        ("roles/web/tasks/main.yml", "- apt: name=nginx", "Ansible"),
        ("site.yml", "- name: Web\n  hosts: web\n", "Ansible"),
        ("serverless.yml", "service: shop", "Serverless Framework"),
        ("stack.yaml", "AWSTemplateFormatVersion: '2010-09-09'\n", "CloudFormation"),
        ("stack.json", '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}', "CloudFormation"),
        ("template.yaml", "Transform: AWS::Serverless-2016-10-31\nResources: {}\n", "AWS SAM"),
        ("k8s/web.yaml", "apiVersion: apps/v1\nkind: Deployment\n", "Kubernetes"),
        ("main.bicep", "", "Bicep"),
    ],
)
def test_everything_that_defines_infrastructure_counts(path, content, kind, repo, collect):
    repo.commit({path: content or "\n", "app.py": "x = 1\n"})
    collected = collect(repo)

    assert [(row["kind"], row["path"], row["files"]) for row in collected["repo.infrastructure"].rows] == [
        (kind, path, 1)
    ]
    assert iac_missing(collected).findings == []


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("app.py", "x = 1"),
        ("docker-compose.yml", "services:\n  web:\n    image: nginx\n"),
        (".github/workflows/ci.yml", "on: push\njobs: {}\n"),
        ("tests/fixtures/main.tf", ""),
        ("node_modules/x/template.yaml", "AWSTemplateFormatVersion: '2010-09-09'"),
        ("docs/example.yaml", "apiVersion: v1\nkind: Pod\n"),
        ("package.json", '{"name": "shop"}'),
    ],
)
def test_what_defines_none_does_not_count(path, content, repo, collect):
    repo.commit({path: content or "\n"})
    collected = collect(repo)

    (finding,) = iac_missing(collected).findings

    assert collected["repo.infrastructure"].rows == ()
    assert "The one repository we read defines no infrastructure" in finding.detail


def test_one_repository_that_defines_infrastructure_is_enough(repo, new_repo, collect):
    other = new_repo("infra")
    repo.commit({"app.py": "x = 1"})
    other.commit({"main.tf": "\n"})

    assert iac_missing(collect(repo), collect(other)).findings == []


def test_several_repositories_without_are_one_finding_that_says_how_many(repo, new_repo, collect):
    other = new_repo("web")
    for one in (repo, other):
        one.commit({"app.py": "x = 1"})
    no_stacks = Unit(STACKS, ACCOUNT, Ending.OK)

    (finding,) = iac_missing(collect(repo), collect(other), others=[no_stacks]).findings

    assert finding.detail == (
        "None of the 2 repositories we read defines infrastructure, and no CloudFormation stack was found in 1 account."
    )
    assert finding.evidence == {"repositories": ["shop", "web"]}
    assert finding.confidence == "high"


@pytest.mark.parametrize("operation", [STACKS, "tfstate.resources"])
def test_a_stack_or_a_state_is_enough(operation, repo, collect):
    repo.commit({"app.py": "x = 1"})
    evidence = Unit(operation, ACCOUNT, Ending.OK, ({"name": "network"},))

    assert iac_missing(collect(repo), others=[evidence]).findings == []


def test_what_could_not_be_read_keeps_iac_missing_from_being_said(repo, collect, tmp_path):
    repo.commit({"app.py": "x = 1"})
    denied = Unit(STACKS, ACCOUNT, Ending.DENIED, iam_action="cloudformation:DescribeStacks")

    for evaluation in (
        iac_missing(collect(repo), others=[denied]),
        iac_missing(collect(repo), collect(tmp_path / "nowhere")),
        iac_missing(others=[Unit(STACKS, ACCOUNT, Ending.OK)]),
    ):
        assert evaluation.findings == []
        assert evaluation.examined == {"iac_missing": 0}
        assert len(evaluation.gaps) == 1


def test_a_secret_is_a_finding_at_head_or_in_history_but_not_both(repo, mint, collect):
    repo.commit({"a.env": f"A_PASSWORD={mint.password()}\nB_PASSWORD={mint.password()}\n"})
    repo.commit({"a.env": (repo.folder / "a.env").read_text().splitlines()[0] + "\n"})
    collected = collect(repo)

    (at_head,) = collected.findings("secret_at_head")
    (in_history,) = collected.findings("secret_in_history")

    assert (at_head.path, at_head.line, at_head.at_head) == ("a.env", 1, True)
    assert (in_history.path, in_history.line, in_history.at_head) == ("a.env", 2, False)
    assert at_head.resource == in_history.resource == "repo:shop"
    assert at_head.resource_name == "shop"
    assert at_head.author == "ada <ada@practice.example>"
    assert "ada" not in at_head.detail + str(at_head.evidence)


def test_a_deleted_secret_tells_from_when_to_when_it_was_there_and_where(repo, mint, collect):
    first = repo.commit({"a.env": f"A_PASSWORD={mint.password()}\n"})
    gone = repo.commit({"a.env": None})

    (finding,) = collect(repo).findings("secret_in_history")

    assert finding.detail.endswith("in a.env, line 1. First committed 2026-01-02, taken out 2026-01-03.")
    assert finding.evidence["places"] == [f"a.env:1 in {first[:12]}"]
    assert (finding.evidence["taken_out"], finding.evidence["taken_out_by"]) == ("2026-01-03", gone)


def test_a_secret_keeps_its_fingerprint_when_its_line_moves(repo, mint, collect):
    repo.commit({"a.env": f"A_PASSWORD={mint.password()}\n"})
    (before,) = collect(repo).findings("secret_at_head")
    repo.commit({"a.env": None, "conf/b.env": "\n\n" + repo.git("show", "HEAD:a.env") + "\n"})
    (after,) = collect(repo).findings("secret_at_head")

    assert (before.path, after.path, after.line) == ("a.env", "conf/b.env", 3)
    assert before.fingerprint == after.fingerprint


@pytest.mark.parametrize(
    ("path", "value", "severity"),
    [
        ("deploy.sh", "token", "critical"),
        ("tests/test_a.py", "token", "high"),
        ("deploy.sh", "weak", "high"),
        ("tests/test_a.sh", "weak", "medium"),
    ],
)
def test_a_secret_is_as_severe_as_we_are_sure_and_says_why(path, value, severity, repo, mint, collect):
    text = mint.github_token() if value == "token" else "tr0ub4dor"
    repo.commit({path: f"DB_PASSWORD={text}\n" if value == "weak" else f"X = '{text}'\n"})

    (finding,) = collect(repo).findings("secret_at_head")

    assert finding.severity == severity
    assert finding.severity_reason


def test_a_clean_repository_passes_and_one_that_was_read_in_part_does_not(repo, collect):
    repo.commit({"README.md": "Shop", "dump.bin": b"x" * 5_000})

    whole, part = collect(repo), collect(repo, blob_bytes=1_000)

    assert whole.evaluation("secret_at_head").passed == {"secret_at_head": 1}
    assert part.evaluation("secret_at_head").passed == {"secret_at_head": 0}
    assert [gap.resource for gap in part.evaluation("secret_at_head").gaps] == ["dump.bin"]


def test_a_repository_that_cannot_be_read_is_a_gap_of_every_check(collect, tmp_path):
    collected = collect(tmp_path / "nowhere", name="shop")

    for check in ("secret_at_head", "secret_in_history", "readme_missing", "tf_module_unpinned"):
        evaluation = collected.evaluation(check)
        assert evaluation.findings == []
        assert {gap.repository for gap in evaluation.gaps} == {"shop"}
        assert "does not exist" in evaluation.gaps[0].message
