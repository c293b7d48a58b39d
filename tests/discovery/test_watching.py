"""A client watched for some nights, over real HTTP."""

import pytest
from django.core import mail

from demo.emulator import Deny, Faults
from discovery.models import Finding, Run
from discovery.services.executing import drain
from discovery.services.schedules import start_due_audits
from discovery.services.watch_mails import tell_of_scheduled_runs
from tests.discovery_factories import make_aws_account, make_organisation, make_schedule

pytestmark = pytest.mark.django_db
DAY = 86_400
REGION = "eu-west-1"


@pytest.fixture
def night(settings, ada):
    """Lets a night pass, and says what was mailed about it."""

    def pass_a_night():
        mail.outbox = []
        settings.CLOCK_OFFSET_S += DAY
        assert start_due_audits() == 1
        drain(run=Run.objects.first())
        tell_of_scheduled_runs()
        return [message.subject for message in mail.outbox]

    return pass_a_night


@pytest.fixture
def client_watched(aws, ada):
    organisation = make_organisation("Tern & Tide")
    make_aws_account(organisation, account_id="", endpoint_url=aws.url, regions=[REGION], consent="configuration")
    make_schedule(organisation, people=[ada], at_hour=0, only_checks=["sg_ssh_open"], tells_from="low")
    return organisation


def rule_of(group):
    return {"GroupId": group, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}


def test_what_is_new_is_told_once_whatever_happens_in_between(aws, client_watched, night):
    ec2 = aws.client("ec2", REGION)
    groups = [ec2.create_security_group(GroupName=name, Description=name)["GroupId"] for name in ("first", "second")]
    first, second = map(rule_of, groups)
    ec2.authorize_security_group_ingress(**first)

    assert night() == [f"{client_watched} is watched: 1 finding"]
    assert night() == []
    ec2.authorize_security_group_ingress(**second)
    assert night() == [f"{client_watched}: 1 new finding"]
    assert f"second · {REGION}" in mail.outbox[0].body

    aws.set_faults(Faults(deny=(Deny("ec2:DescribeSecurityGroups"),)))
    assert night() == []
    aws.set_faults(Faults(deny=(Deny("ec2:*"),)))
    assert night() == [f"{client_watched} could not be audited"]
    assert night() == []
    assert not Finding.objects.filter(status=Finding.Status.VERIFIED).exists()
    aws.set_faults(Faults())
    assert night() == []

    ec2.revoke_security_group_ingress(**second)
    assert night() == []
    ec2.authorize_security_group_ingress(**second)
    assert night() == [f"{client_watched}: 1 new finding"]
    assert "(back again)" in mail.outbox[0].body
    assert night() == []
