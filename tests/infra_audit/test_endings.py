import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from infra_audit.collectors.aws.endings import NotApplicableError, UnsupportedByEndpointError, one_line, outcome_of
from infra_audit.inventory import Ending

WHO = "User: arn:aws:sts::123456789012:assumed-role/audit/infra-audit is not authorized to perform:"


def an_answer(code, message="", operation="DescribeDBInstances"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("message", "denied_by"),
    [
        ("because no identity-based policy allows the rds:DescribeDBInstances action", "identity policy"),
        ("with an explicit deny in an identity-based policy", "identity policy"),
        ("with an explicit deny in a service control policy", "service control policy"),
        ("because no service control policy allows the rds:DescribeDBInstances action", "service control policy"),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-1/p-1",
            "service control policy",
        ),
        ("with an explicit deny in a resource control policy", "resource control policy"),
        ("because no permissions boundary allows the rds:DescribeDBInstances action", "permissions boundary"),
        ("with an explicit deny in a permissions boundary", "permissions boundary"),
        ("because no session policy allows the rds:DescribeDBInstances action", "session policy"),
        ("because no resource-based policy allows the rds:DescribeDBInstances action", "resource policy"),
        ("because no VPC endpoint policy allows the rds:DescribeDBInstances action", "VPC endpoint policy"),
        ("", "unknown"),
    ],
)
def test_a_refusal_names_the_missing_action_and_who_denied_it(message, denied_by):
    text = f"{WHO} rds:DescribeDBInstances on resource: arn:aws:rds:eu-west-1:123456789012:db:* {message}"

    outcome = outcome_of(an_answer("AccessDenied", text))

    assert outcome.ending is Ending.DENIED
    assert (outcome.iam_action, outcome.denied_by) == ("rds:DescribeDBInstances", denied_by)


@pytest.mark.parametrize(
    "code",
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "403"],
)
def test_every_service_has_its_own_code_for_no(code):
    assert outcome_of(an_answer(code)).ending is Ending.DENIED


@pytest.mark.parametrize(
    ("operation", "declared", "action"),
    [
        ("GetBucketAcl", ("s3:ListAllMyBuckets", "s3:GetBucketAcl"), "s3:GetBucketAcl"),
        ("ListBuckets", ("s3:ListAllMyBuckets", "s3:GetBucketAcl"), "s3:ListAllMyBuckets"),
        ("GetPublicAccessBlock", ("s3:GetBucketPublicAccessBlock", "s3:GetBucketAcl"), "s3:GetBucketPublicAccessBlock"),
        ("GetPublicAccessBlock", ("s3:GetAccountPublicAccessBlock",), "s3:GetAccountPublicAccessBlock"),
        ("DescribeBudgets", ("budgets:ViewBudget",), "budgets:ViewBudget"),
        ("SomethingElse", ("s3:ListAllMyBuckets", "s3:GetBucketAcl"), None),
    ],
)
def test_a_refusal_without_an_action_takes_the_one_that_the_collector_declares(operation, declared, action):
    assert outcome_of(an_answer("AccessDenied", "Access Denied", operation), declared).iam_action == action


def test_the_message_of_ec2_loses_its_encoded_tail():
    text = "You are not authorized to perform this operation. Encoded authorization failure message: qVGb0x9Y"

    assert (
        outcome_of(an_answer("UnauthorizedOperation", text)).message
        == "You are not authorized to perform this operation."
    )


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (an_answer("ThrottlingException"), Ending.THROTTLED),
        (an_answer("RequestLimitExceeded"), Ending.THROTTLED),
        (an_answer("SlowDown"), Ending.THROTTLED),
        (an_answer("SubscriptionRequiredException"), Ending.NOT_ENABLED),
        (an_answer("OptInRequired"), Ending.ERROR),
        (an_answer("InvalidAction"), Ending.UNSUPPORTED),
        (an_answer("UnknownOperationException"), Ending.UNSUPPORTED),
        (an_answer("InternalError"), Ending.ERROR),
        (an_answer("ExpiredToken"), Ending.ERROR),
        (NotApplicableError("There is none here."), Ending.NOT_APPLICABLE),
        (UnsupportedByEndpointError("It is not known."), Ending.UNSUPPORTED),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), Ending.ERROR),
        (ConnectTimeoutError(endpoint_url="http://localhost:1"), Ending.ERROR),
        (NoCredentialsError(), Ending.ERROR),
        (KeyError("DBInstances"), Ending.ERROR),
    ],
)
def test_each_kind_of_error_is_one_ending_with_a_sentence_or_a_policy(error, ending):
    outcome = outcome_of(error)

    assert outcome.ending is ending
    assert outcome.message or outcome.denied_by or ending is Ending.NOT_ENABLED


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (an_answer("ExpiredToken"), "ran out"),
        (an_answer("RequestTimeTooSkewed"), "clock"),
        (an_answer("AuthFailure"), "region may be switched off"),
        (an_answer("OptInRequired"), "region may be switched off"),
        (an_answer("InvalidToken", "The provided token is malformed"), "region may be switched off"),
        (ReadTimeoutError(endpoint_url="http://localhost:1"), "did not answer in time"),
        (ConnectTimeoutError(endpoint_url="http://localhost:1"), "did not answer in time"),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), "could not be reached"),
    ],
)
def test_what_keeps_us_out_is_told_apart(error, words):
    message = outcome_of(error).message

    assert words in message
    assert message.count(".") == 1 == message.endswith(".")


def test_a_page_instead_of_an_answer_is_an_operation_that_the_emulator_lacks():
    page = an_answer("500", "<!doctype html>\n<title>500 Internal Server Error</title>")

    assert outcome_of(page, emulated=True).ending is Ending.UNSUPPORTED
    assert outcome_of(ResponseParserError("Unable to parse"), emulated=True).ending is Ending.UNSUPPORTED


def test_a_page_from_aws_itself_is_an_error_that_may_pass():
    assert outcome_of(an_answer("500", "<html>oops</html>")).ending is Ending.ERROR


def test_an_unexpected_error_says_its_kind_and_never_its_text():
    outcome = outcome_of(ValueError("the value that broke us"))

    assert "ValueError" in outcome.message
    assert "the value" not in outcome.message


def test_long_texts_become_one_short_line():
    assert one_line("a\n  b") == "a b"
    assert len(one_line("x" * 1000)) == 300
