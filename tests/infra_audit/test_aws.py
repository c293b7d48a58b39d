import configparser
import socket
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread, get_ident

import pytest

from demo.emulator import Deny, Faults
from infra_audit.aws import AwsTarget, open_account, planned
from infra_audit.errors import NothingAssessableError
from infra_audit.inventory import Ending, Place
from tests.infra_audit.conftest import ACCOUNT, KEY, NOW, REGION, Collected

GLOBAL_PLACE = Place("aws", ACCOUNT, "global")
REGIONAL_PLACE = Place("aws", ACCOUNT, REGION)


def refusal(target):
    with pytest.raises(NothingAssessableError) as caught:
        open_account(target, key=KEY, now=NOW)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.count(". ") == 0
    assert sentence.endswith((".", "role/audit.", "5000."))
    return sentence


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def not_aws():
    """A web server that is no AWS."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self):
            body = b"<html><body>Welcome to our router</body></html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_opened_account_knows_itself_and_its_shards(aws):
    aws.client("iam").create_account_alias(AccountAlias="harbour")

    account = open_account(AwsTarget(endpoint_url=aws.url, regions=("eu-west-1", "us-east-1")), key=KEY, now=NOW)

    assert (account.id, account.partition, account.alias) == (ACCOUNT, "aws", "harbour")
    assert account.org_role == "standalone"
    assert account.regions == ("eu-west-1", "us-east-1")
    assert account.places() == [
        GLOBAL_PLACE,
        Place("aws", ACCOUNT, "eu-west-1"),
        Place("aws", ACCOUNT, "us-east-1"),
    ]


def test_the_payer_of_an_organisation_is_its_management_account(aws):
    aws.client("organizations", "us-east-1").create_organization(FeatureSet="ALL")

    assert open_account(AwsTarget(endpoint_url=aws.url), key=KEY, now=NOW).org_role == "management"


@pytest.mark.parametrize("regions", [(), ("all",)])
def test_all_regions_are_those_that_are_switched_on(aws, regions):
    account = open_account(AwsTarget(endpoint_url=aws.url, regions=regions), key=KEY, now=NOW)

    assert {"eu-west-1", "us-east-1"} <= set(account.regions)
    assert "ap-east-1" not in account.regions  # must be opted into


def test_where_regions_are_a_secret_those_that_every_account_has_are_read(aws):
    aws.set_faults(Faults(deny=(Deny("ec2:DescribeRegions"),)))

    account = open_account(AwsTarget(endpoint_url=aws.url), key=KEY, now=NOW)

    assert len(account.regions) == 17


def test_an_account_that_hides_its_name_and_organisation_is_read_all_the_same(aws):
    aws.set_faults(Faults(deny=(Deny("iam:*"), Deny("organizations:*"))))

    account = open_account(AwsTarget(endpoint_url=aws.url), key=KEY, now=NOW)

    assert (account.alias, account.org_role) == ("", "")


def test_no_credentials(endpoint):
    assert "no AWS credentials" in refusal(AwsTarget(endpoint_url=endpoint.url))


def test_no_credentials_to_assume_a_role_with(endpoint):
    target = AwsTarget(endpoint_url=endpoint.url, role_arn=f"arn:aws:iam::{ACCOUNT}:role/audit")

    assert "no AWS credentials" in refusal(target)


def test_a_profile_that_does_not_exist(endpoint):
    assert "no AWS profile called nobody" in refusal(AwsTarget(profile="nobody", endpoint_url=endpoint.url))


def test_a_profile_with_half_of_its_credentials(endpoint, tmp_path, monkeypatch):
    profiles = configparser.ConfigParser()
    profiles["half"] = {"aws_access_key_id": "emulated"}
    with (tmp_path / "credentials").open("w") as file:
        profiles.write(file)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    assert "incomplete" in refusal(AwsTarget(profile="half", endpoint_url=endpoint.url))


def test_a_role_that_will_not_let_us_in(aws):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole"),)))
    target = AwsTarget(endpoint_url=aws.url, role_arn=f"arn:aws:iam::{ACCOUNT}:role/audit", external_id="harbour")

    assert "trust policy" in refusal(target)


def test_a_role_s_arn_that_is_none(aws):
    assert "no role's ARN" in refusal(AwsTarget(endpoint_url=aws.url, role_arn="audit"))


def test_an_endpoint_that_is_away(signed_in, few_attempts):
    url = f"http://127.0.0.1:{free_port()}"

    assert f"{url} did not answer" in refusal(AwsTarget(endpoint_url=url))


def test_an_endpoint_that_is_no_address(signed_in):
    assert "no address of an endpoint" in refusal(AwsTarget(endpoint_url="localhost"))


def test_an_endpoint_that_is_something_else(signed_in, few_attempts, not_aws):
    assert "does not answer like AWS" in refusal(AwsTarget(endpoint_url=not_aws))


@pytest.mark.parametrize("region", ["eu-wset-1", "Ireland", "eu-west-1;", " ", "eu-west-1a", "global"])
def test_a_region_that_does_not_exist(aws, region):
    assert "no region" in refusal(AwsTarget(endpoint_url=aws.url, regions=("eu-west-1", region)))


@pytest.mark.parametrize("region", ["eu-wset-1", "Ireland !"])
def test_a_configured_region_that_does_not_exist(aws, monkeypatch, region):
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    refusal(AwsTarget(endpoint_url=aws.url, regions=(region,)))


def test_a_role_is_assumed_with_the_external_id_under_one_name(aws):
    role = aws.client("iam").create_role(RoleName="audit", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    target = AwsTarget(endpoint_url=aws.url, role_arn=role, external_id="harbour", regions=(REGION,))

    account = open_account(target, key=KEY, now=NOW)

    assert account.caller == f"arn:aws:sts::{ACCOUNT}:assumed-role/audit/infra-audit"


def test_every_planned_operation_ends_as_one_unit_emitted_in_the_calling_thread(account):
    for place in account.places():
        emitted, threads = Collected(), set()

        def emit(unit, emitted=emitted, threads=threads):
            emitted(unit)
            threads.add(get_ident())

        account.collect(place, emit=emit, stop=lambda: False)

        assert sorted(emitted.units) == sorted(planned(place, account.target))
        assert {unit.place for unit in emitted.units.values()} == {place}
        assert threads == {get_ident()}


def test_no_operation_is_planned_in_two_kinds_of_place(account):
    assert not set(planned(GLOBAL_PLACE, account.target)) & set(planned(REGIONAL_PLACE, account.target))


def test_an_account_that_denies_everything_ends_every_unit_as_denied_and_says_why(aws, account):
    aws.set_faults(Faults(deny=(Deny("*", by="service control policy"),)))
    account.target = replace(account.target, paid_calls=True)
    for place in account.places():
        emitted = Collected()

        account.collect(place, emit=emitted, stop=lambda: False)

        units = emitted.units.values()
        assert {unit.ending for unit in units} == {Ending.DENIED}
        assert {unit.denied_by for unit in units} == {"service control policy"}
        assert all(unit.iam_action for unit in units)
        assert not any(unit.rows for unit in units)


def test_what_was_done_before_is_not_done_again(aws, account):
    done = frozenset(planned(REGIONAL_PLACE, account.target)) - {"ec2.describe_vpcs"}
    aws.clear_calls()
    emitted = Collected()

    account.collect(REGIONAL_PLACE, emit=emitted, stop=lambda: False, done=done)

    assert list(emitted.units) == ["ec2.describe_vpcs"]
    assert sum(aws.calls().values()) == 1


def test_a_run_that_is_stopped_at_once_emits_nothing(account):
    emitted = Collected()

    account.collect(REGIONAL_PLACE, emit=emitted, stop=lambda: True)

    assert not emitted.units


def test_a_run_stops_between_units(account):
    emitted = Collected()

    account.collect(REGIONAL_PLACE, emit=emitted, stop=lambda: bool(emitted.units))

    assert 0 < len(emitted.units) < len(planned(REGIONAL_PLACE, account.target))


def test_an_emitter_that_fails_ends_the_collection(account):
    def emit(unit):
        raise RuntimeError("the lease is gone")

    with pytest.raises(RuntimeError, match="lease"):
        account.collect(REGIONAL_PLACE, emit=emit, stop=lambda: False)


def test_metadata_only_leaves_configuration_unread_and_says_so(aws, account):
    aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, UserData="#!/bin/sh")
    account.target = replace(account.target, metadata_only=True)
    emitted = Collected()

    account.collect(REGIONAL_PLACE, emit=emitted, stop=lambda: False)

    unit = emitted.units["ec2.describe_instance_attribute"]
    assert unit.ending is Ending.DENIED
    assert unit.denied_by == "the client's consent (metadata only)"
    assert emitted.units["ec2.describe_instances"].ending is Ending.OK
    assert not aws.calls()["ec2", REGION, "DescribeInstanceAttribute"]


def test_a_whole_collection_sends_nothing_but_reads(aws, account):
    aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)
    aws.clear_calls()

    for place in account.places():
        account.collect(place, emit=Collected(), stop=lambda: False)

    operations = {operation for _, _, operation in aws.calls()}
    assert operations
    assert all(name.startswith(("Describe", "List", "Get")) for name in operations - {"GenerateCredentialReport"})
