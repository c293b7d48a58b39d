"""What the CloudFormation reader keeps and withholds, and what the checks make of it."""

import json

import pytest

from infra_audit.repositories import planned_repository

DELETION, LITERAL, DEFAULT, TAGS = (
    "cfn_no_deletion_policy",
    "cfn_password_literal",
    "cfn_parameter_default_secret",
    "cfn_no_tags",
)


def stack(kind, *lines, name="Orders", head=(), policy=()):
    """A template of one resource; `lines` are its properties, one resource begins at line 4 + len(head)."""
    told = ["AWSTemplateFormatVersion: '2010-09-09'", *head, "Resources:", f"  {name}:", f"    Type: {kind}"]
    return "\n".join(
        [*told, *(f"    {one}" for one in policy), "    Properties:", *(f"      {one}" for one in lines), ""]
    )


@pytest.fixture
def judge(repo, collect):
    """(findings as path:line, gaps' messages, evaluation) of one check over some files."""

    def run(check, files):
        repo.commit({"stack.yaml": files} if isinstance(files, str) else files)
        evaluation = collect(repo, done={*planned_repository()} - {"repo.cloudformation"}).evaluation(check)
        found = [f"{one.path}:{one.line}" for one in evaluation.findings]
        return found, [gap.message for gap in evaluation.gaps], evaluation

    return run


@pytest.mark.parametrize(
    ("kind", "policy", "said"),
    [
        ("AWS::DynamoDB::Table", [], "DeletionPolicy is left out, which means Delete: the table is deleted"),
        ("AWS::EFS::FileSystem", ["DeletionPolicy: Delete"], "DeletionPolicy is Delete: the file system is deleted"),
        ("AWS::RDS::DBInstance", ["DeletionPolicy: Delete"], "no last copy is made"),
        ("AWS::S3::Bucket", [], "one that holds anything stops the deletion half-way"),
        ("AWS::Serverless::SimpleTable", [], "the table is deleted with all that is in it"),
    ],
)
def test_what_goes_with_its_stack_is_found_and_what_happens_is_said(kind, policy, said, judge):
    found, gaps, evaluation = judge(DELETION, stack(kind, "X: y", policy=policy))

    assert (found, gaps) == ([f"stack.yaml:{5 if policy else 3}"], [])
    (finding,) = evaluation.findings
    assert said in finding.detail
    assert finding.severity == ("low" if kind == "AWS::S3::Bucket" else "medium")
    assert (finding.resource, finding.resource_type) == ("stack.yaml#Orders", f"cloudformation:{kind}")


@pytest.mark.parametrize(
    ("kind", "policy", "lines"),
    [
        ("AWS::RDS::DBInstance", [], []),
        ("AWS::RDS::DBCluster", [], []),
        ("AWS::DynamoDB::Table", ["DeletionPolicy: Retain"], []),
        ("AWS::EC2::Volume", ["DeletionPolicy: Snapshot"], []),
        ("AWS::DynamoDB::Table", ["DeletionPolicy: RetainExceptOnCreate"], []),
        ("AWS::DynamoDB::Table", [], ["DeletionProtectionEnabled: true"]),
    ],
)
def test_what_outlives_its_stack_passes(kind, policy, lines, judge):
    found, gaps, evaluation = judge(DELETION, stack(kind, "X: y", *lines, policy=policy))

    assert (found, gaps, evaluation.passed) == ([], [], {DELETION: 1})


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("AWS::RDS::DBInstance", "DBClusterIdentifier: !Ref Cluster"),
        ("AWS::RDS::DBInstance", "SourceDBInstanceIdentifier: orders"),
        ("AWS::SQS::Queue", "X: y"),
    ],
)
def test_members_replicas_and_what_holds_no_data_are_not_judged(kind, line, judge):
    template = stack(kind, line, policy=["DeletionPolicy: Delete"])

    assert judge(DELETION, template)[2].examined == {DELETION: 0}


def test_a_policy_that_is_computed_is_not_assessed(judge):
    found, gaps, evaluation = judge(
        DELETION, stack("AWS::DynamoDB::Table", "X: y", policy=["DeletionPolicy: !Ref Keep"])
    )

    assert (found, evaluation.passed) == ([], {DELETION: 0})
    assert gaps == ["The DeletionPolicy is computed in stack.yaml, so the template alone does not tell."]


@pytest.mark.parametrize(
    ("lines", "line", "name"),
    [
        (["Engine: postgres", "MasterUserPassword: {password}"], 7, "MasterUserPassword"),
        (["MasterUserPassword: changeme"], 6, "MasterUserPassword"),
        (["MasterUserPassword: !Sub '{password}'"], 6, "MasterUserPassword"),
        (["Environment:", "  Variables:", "    DB_PASSWORD: '{password}'"], 8, "DB_PASSWORD"),
        (["Containers:", "- Environment:", "  - Name: DB_PASSWORD", "    Value: {password}"], 9, "DB_PASSWORD"),
        (['SecretString: \'{"username": "app", "password": "{password}"}\''], 6, "SecretString"),
    ],
)
def test_a_password_in_a_property_is_found_and_never_kept(lines, line, name, judge, repo, collect, mint):
    password = mint.password()
    template = stack("AWS::Any::Thing", *(one.replace("{password}", password) for one in lines))

    found, _gaps, evaluation = judge(LITERAL, template)

    assert found == [f"stack.yaml:{line}"]
    assert evaluation.findings[0].detail.startswith(f"{name} holds a password")
    assert password not in repr(collect(repo)["repo.cloudformation"]) + repr(evaluation)


@pytest.mark.parametrize(
    "line",
    [
        "MasterUserPassword: !Ref Password",
        "MasterUserPassword: {Ref: Password}",
        "MasterUserPassword: '{{resolve:secretsmanager:prod/db:SecretString:password}}'",
        "MasterUserPassword: !Sub '{{resolve:secretsmanager:${Secret}:SecretString:password}}'",
        "MasterUserPassword: !GetAtt Secret.Value",
        "MasterUserPassword: !Join ['', [a, !Ref B]]",
        "MasterUserPassword: ''",
        "ManageMasterUserPassword: true",
        'GenerateSecretString: {SecretStringTemplate: \'{"username": "app"}\', GenerateStringKey: password}',
        "KeyName: ops-2024",
        "PasswordLength: 30",
        "PasswordReusePrevention: 24",
        "Secrets: [{Name: DB_PASSWORD, ValueFrom: 'arn:aws:ssm:eu-west-1:123456789012:parameter/db'}]",
    ],
)
def test_what_only_looks_like_a_password_passes(line, judge):
    found, _gaps, evaluation = judge(LITERAL, stack("AWS::Any::Thing", line))

    assert (found, evaluation.passed) == ([], {LITERAL: 1})


@pytest.mark.parametrize(
    ("parameter", "used"),
    [
        (["DbPassword:", "  Type: String", "  Default: {password}"], "X: y"),
        (["DbPassword:", "  NoEcho: true", "  Default: changeme"], "X: y"),
        (["Opening:", "  Type: String", "  Default: sesame-77"], "MasterUserPassword: !Ref Opening"),
        (["Opening:", "  Type: String", "  Default: sesame-77"], "MasterUserPassword: {Ref: Opening}"),
        (["Opening:", "  NoEcho: 'true'", "  Default: sesame-77"], "X: y"),
    ],
)
def test_a_password_as_default_is_found_by_name_use_or_being_hidden(parameter, used, judge, repo, collect, mint):
    password = mint.password()
    head = ["Parameters:", *(f"  {one}".replace("{password}", password) for one in parameter)]

    found, _gaps, evaluation = judge(DEFAULT, stack("AWS::Any::Thing", used, head=head))

    assert found == ["stack.yaml:5"]
    assert ("NoEcho hides it" in evaluation.findings[0].detail) == ("NoEcho" in parameter[1])
    assert password not in repr(collect(repo)["repo.cloudformation"])


@pytest.mark.parametrize(
    "parameter",
    [
        ["DbPassword: {NoEcho: true}"],
        ["DbPassword: {NoEcho: true, Default: ''}"],
        ["PasswordName: {Type: 'AWS::SSM::Parameter::Value<String>', Default: prod-db-password}"],
        ["DbPassword: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /prod/db/password}"],
        ["Environment: {Default: prod}"],
        ["PasswordLength: {Default: 30}"],
    ],
)
def test_other_defaults_are_left_alone(parameter, judge):
    head = ["Parameters:", *(f"  {one}" for one in parameter)]

    found, _gaps, evaluation = judge(DEFAULT, stack("AWS::Any::Thing", "X: y", head=head))

    assert (found, evaluation.passed) == ([], {DEFAULT: 1})


@pytest.mark.parametrize(
    ("head", "lines", "found", "gaps"),
    [
        ([], ["QueueName: q"], 1, 0),
        ([], ["Tags: []"], 1, 0),
        ([], ["Tags: [{Key: Owner, Value: web}]"], 0, 0),
        ([], ["Tags: !If [Live, [{Key: Owner, Value: web}], !Ref AWS::NoValue]"], 0, 0),
        (["Transform: [Tagger]"], ["QueueName: q"], 0, 1),
        (["Transform: AWS::LanguageExtensions"], ["QueueName: q"], 1, 0),
        ([], ["Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}"], 0, 1),
    ],
)
def test_tags_are_looked_for_and_what_may_add_them_is_said(head, lines, found, gaps, judge):
    told = judge(TAGS, stack("AWS::SQS::Queue", *lines, head=head))

    assert (len(told[0]), len(told[1])) == (found, gaps)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("AWS::Backup::BackupVault", "BackupVaultTags: {Owner: web}"),
        ("AWS::EFS::FileSystem", "FileSystemTags: [{Key: a}]"),
    ],
)
def test_tags_have_a_name_of_their_own_in_some_resources(kind, line, judge):
    assert judge(TAGS, stack(kind, line))[0] == []


def test_what_a_loop_makes_is_judged_once(judge):
    loop = (
        "  Fn::ForEach::Tables:\n  - Name\n  - [Orders, Baskets]\n  - Table${Name}:\n      Type: AWS::DynamoDB::Table\n"
    )
    template = f"Transform: AWS::LanguageExtensions\nResources:\n{loop}"

    assert judge(DELETION, template)[0] == ["stack.yaml:6"]


def test_sam_gives_tags_by_its_globals_and_by_its_configuration(judge, repo, collect):
    head = ["Transform: AWS::Serverless-2016-10-31", "Globals: {Function: {Tags: {Owner: web}}}"]
    files = {
        "a/template.yaml": stack("AWS::Serverless::Function", "Handler: a.b", head=head),
        "b/template.yaml": stack("AWS::Serverless::Api", "StageName: v1", head=head),
        "c/template.yaml": stack("AWS::Serverless::Api", "StageName: v1", head=head),
        "c/samconfig.toml": '[default.deploy.parameters]\ntags = "Owner=web"\n',
    }

    assert judge(TAGS, files)[0] == ["b/template.yaml:5"]


def test_json_is_read_with_its_lines(judge, mint, repo, collect):
    password = mint.password()
    resources = {
        "Orders": {
            "Type": "AWS::RDS::DBInstance",
            "DeletionPolicy": "Delete",
            "Properties": {"MasterUserPassword": password, "Note": '\u00e9 \U0001f600 \\ / "'},
        }
    }
    text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, indent="\t")

    assert judge(DELETION, {"stack.template.json": text})[0] == ["stack.template.json:6"]
    (finding,) = collect(repo).findings(LITERAL)
    assert (finding.line, finding.severity) == (8, "high")  # "template" in the name makes it no example


@pytest.mark.parametrize(
    "path", ["cdk.out/Shop.template.json", ".aws-sam/build/template.yaml", "node_modules/x/stack.yaml", "vendor/a.yaml"]
)
def test_what_others_wrote_is_not_judged(path, repo, collect):
    repo.commit({path: stack("AWS::DynamoDB::Table", "X: y")})

    assert collect(repo)["repo.cloudformation"].rows == ()


@pytest.mark.parametrize("path", ["compose.yaml", "k8s/web.yml", "package.json", "notes.template"])
def test_other_documents_are_no_templates(path, repo, collect):
    repo.commit({path: "services:\n  web: {image: a, type: 'AWS'}\n"})

    unit = collect(repo)["repo.cloudformation"]

    assert (unit.rows, unit.ending.value) == ((), "ok")


NESTED = "AWSTemplateFormatVersion: x\nResources: " + "[" * 3000
BOMB = "\n".join(
    ["AWSTemplateFormatVersion: x", "a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 200))]
)
CIRCLE = "Resources:\n  A: &a\n    Type: AWS::S3::Bucket\n    Properties: {Password: &b [*a, *b], Tags: *a}\n"


@pytest.mark.parametrize(
    ("content", "unread"),
    [
        (NESTED, True),
        ("AWSTemplateFormatVersion: x\nResources: {{ .Values.x }}: [", True),
        ("AWSTemplateFormatVersion: x\nResources: *nobody\n", True),
        ("AWSTemplateFormatVersion: x\n" + "- x\n" * 9, True),
        (b"AWSTemplateFormatVersion: \xff\xfe\n", True),
        (f"{BOMB}\nResources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: {{Password: *a199}}\n", False),
        (CIRCLE, False),
        ("AWSTemplateFormatVersion: x\n", False),
        ("AWSTemplateFormatVersion: x\nResources: !!python/object:os.system {}\n", False),
    ],
    ids=["deep", "no-yaml", "no-anchor", "sequence-after-mapping", "no-text", "bomb", "circle", "empty", "object"],
)
def test_what_is_hostile_or_broken_harms_nothing_and_is_named(content, unread, repo, collect):
    repo.commit({"bad.yaml": content, "good.yaml": stack("AWS::DynamoDB::Table", "X: y")})

    unit = collect(repo)["repo.cloudformation"]

    assert [(one.resource, one.reason.value) for one in unit.unread] == ([("bad.yaml", "error")] if unread else [])
    assert [row["kind"] for row in unit.rows if row["path"] == "good.yaml" and row["type"] == "resource"]


def test_a_document_of_too_many_nodes_is_named(repo, collect):
    many = "[" + "0," * 250_000 + "0]"
    repo.commit({"bad.yaml": f"AWSTemplateFormatVersion: x\nResources: {many}\n"})

    assert [one.resource for one in collect(repo)["repo.cloudformation"].unread] == ["bad.yaml"]
