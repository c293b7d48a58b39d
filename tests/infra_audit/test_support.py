"""The table of support dates, and what may be concluded from it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from infra_audit import operating_systems, support
from infra_audit.registry import Severity, Unknown, Verdict
from infra_audit.support import COMPILED, TABLE, Standing, support_of
from infra_audit.support_wording import judge_version

YOUNG = datetime(COMPILED.year, COMPILED.month, COMPILED.day, tzinfo=UTC)
OLD = YOUNG + timedelta(days=support.OLD_AFTER_DAYS + 1)


def test_every_line_holds_dates_in_order():
    for versions in TABLE.values():
        for ends, extended in versions.values():
            assert not extended or date.fromisoformat(extended) > date.fromisoformat(ends)


def test_the_most_exact_line_counts():
    assert support_of("mysql", "8.0.36").version == "8.0"
    assert support_of("neptune", "1.1.0.0").version == "1.1.0"
    assert support_of("postgres", "9.6.24").version == "9"
    assert support_of("postgres", "99.1") is None
    assert support_of("cobol", "1") is None
    assert support_of("eks", "1.3") is None


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        ("2024-02-29", Standing.SUPPORTED),
        ("2024-03-01", Standing.EXTENDED),
        ("2027-02-28", Standing.EXTENDED),
        ("2027-03-01", Standing.ENDED),
    ],
)
def test_the_last_day_is_still_covered(day, standing):
    assert support_of("mysql", "5.7.44").on(date.fromisoformat(day)) is standing


def test_that_no_end_was_announced_is_believed_of_a_young_table_only():
    assert support_of("valkey", "8.0").on(YOUNG.date()) is Standing.SUPPORTED
    assert support_of("valkey", "8.0").on(OLD.date()) is None


def judged(product, version, now=YOUNG, **more):
    return judge_version("arn", f"{product} {version}", product, version, now, operation="x.y", **more)


def test_a_version_that_the_table_does_not_know_is_not_judged():
    unknown = judged("eks", "1.99")

    assert isinstance(unknown, Unknown)
    assert COMPILED.isoformat() in unknown.because


def test_what_goes_on_at_a_price_is_milder():
    ended, paid = judged("redis", "3.2.10"), judged("mysql", "5.7.44", paid="AWS mends it at an extra price")

    assert ended.bad
    assert ended.severity is None
    assert (paid.bad, paid.severity) == (True, Severity.MEDIUM)
    assert "until 2027-02-28" in paid.detail


def test_an_old_table_warns_and_makes_less_sure():
    verdict = judged("lambda", "python3.14", OLD)

    assert isinstance(verdict, Verdict)
    assert verdict.confidence == "medium"
    assert "more than a year old" in judged("lambda", "nodejs12.x", OLD).detail
    assert support.warning(OLD)
    assert not support.warning(YOUNG)


@pytest.mark.parametrize(
    ("name", "version", "system"),
    [
        ("Amazon Linux", "2", ("amazon-linux", "2")),
        ("Amazon Linux", "2023", ("amazon-linux", "2023")),
        ("Amazon Linux AMI", "2018.03", ("amazon-linux", "1")),
        ("Ubuntu", "20.04", ("ubuntu", "20.04")),
        ("Red Hat Enterprise Linux Server", "7.9", ("rhel", "7")),
        ("CentOS Linux", "7.9.2009", ("centos", "7")),
        ("CentOS Stream", "8", ("centos-stream", "8")),
        ("Debian GNU/Linux", "10", ("debian", "10")),
        ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600", ("windows-server", "2012")),
        ("Bottlerocket", "1.19", None),
        ("Ubuntu", "", None),
    ],
)
def test_what_an_agent_says(name, version, system):
    assert operating_systems.of_agent(name, version) == system


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("amzn2-ami-hvm-2.0.20240131.0-x86_64-gp2", ("amazon-linux", "2")),
        ("amzn2-ami-ecs-hvm-2.0.20240131-x86_64-ebs", ("amazon-linux", "2")),
        ("amazon-eks-node-1.27-v20240129", ("amazon-linux", "2")),
        ("amazon-eks-node-al2023-x86_64-standard-1.31-v20241011", ("amazon-linux", "2023")),
        ("al2023-ami-2023.3.20240131.0-kernel-6.1-arm64", ("amazon-linux", "2023")),
        ("al2023-ami-ecs-hvm-2023.0.20240131-kernel-6.1-x86_64", ("amazon-linux", "2023")),
        ("amzn-ami-hvm-2018.03.0.20230404.0-x86_64-gp2", ("amazon-linux", "1")),
        ("ubuntu/images/hvm-ssd/ubuntu-bionic-18.04-amd64-server-20230531", ("ubuntu", "18.04")),
        ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240423", ("ubuntu", "24.04")),
        ("debian-10-amd64-20220911-1135", ("debian", "10")),
        ("RHEL-7.9_HVM-20221027-x86_64-0-Hourly2-GP2", ("rhel", "7")),
        ("CentOS Linux 7 x86_64 HVM EBS ENA 1901_01", ("centos", "7")),
        ("Windows_Server-2012-R2_RTM-English-64Bit-Base-2023.09.13", ("windows-server", "2012")),
        ("our-web-2024-01", None),
        ("bottlerocket-aws-k8s-1.30-x86_64-v1.20.5", None),
    ],
)
def test_what_an_images_name_says(name, system):
    assert operating_systems.of_image(name) == system
