"""What the AWS checks decide beyond their own examples."""

from datetime import UTC, datetime, timedelta

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import EXAMPLE_ACCOUNT, GLOBAL, Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, Severity, catalogue

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WIDE = Place(account=EXAMPLE_ACCOUNT, region=GLOBAL)
IRELAND = Place(account=EXAMPLE_ACCOUNT, region="eu-west-1")
WORLD_4, WORLD_6 = "0.0.0.0/0", "::/0"


def judge(check, units, settings=None):
    return evaluate(
        Inventory(tuple(units)), settings=settings or CheckSettings(), now=NOW, key=b"key", checks=[catalogue()[check]]
    )


def read(operation, *rows, place=IRELAND, ending=Ending.OK, **more):
    return Unit(operation, place, ending, rows, **more)


def denied(operation, action, place=IRELAND):
    return Unit(operation, place, Ending.DENIED, iam_action=action, denied_by="identity policy")


class TestPeople:
    def report(self, **changes):
        row = {"arn": "arn:user", "user": "ada", "is_root": False, "console": True, "mfa": False, "keys": []}
        return [read("iam.get_credential_report", {**row, "password_last_used": None, **changes}, place=WIDE)]

    @pytest.mark.parametrize(
        ("changes", "examined", "bad"),
        [
            ({}, 1, 1),
            ({"mfa": True}, 1, 0),
            ({"console": False}, 0, 0),
            ({"is_root": True}, 0, 0),
        ],
    )
    def test_only_who_signs_in_with_a_password_needs_a_second_factor(self, changes, examined, bad):
        result = judge("iam_no_mfa", self.report(**changes))

        assert (result.examined["iam_no_mfa"], len(result.findings)) == (examined, bad)

    def test_the_finding_says_when_the_password_was_last_used(self):
        [finding] = judge("iam_no_mfa", self.report(password_last_used="2026-11-03T10:00:00+00:00")).findings

        assert finding.detail == "The password was last used on 2026-11-03."

    def keys(self, *ages_days):
        return [
            {"number": number, "rotated_at": (NOW - timedelta(days=days)).isoformat(), "last_used_at": None}
            for number, days in enumerate(ages_days, 1)
        ]

    @pytest.mark.parametrize(
        ("ages", "bad"), [((91,), 1), ((90,), 0), ((90.9,), 0), ((1, 400), 1), ((1, 2), 0), ((0,), 0)]
    )
    def test_a_key_is_old_after_ninety_whole_days_of_the_time_given(self, ages, bad):
        assert len(judge("iam_key_old", self.report(keys=self.keys(*ages))).findings) == bad

    def test_a_practice_may_be_stricter(self):
        settings = CheckSettings(key_max_age_days=30)

        assert judge("iam_key_old", self.report(keys=self.keys(31)), settings).findings

    def test_two_old_keys_of_one_person_are_one_finding_about_the_oldest(self):
        [finding] = judge("iam_key_old", self.report(keys=self.keys(100, 400))).findings

        assert finding.detail == "The oldest active key is 400 days old."

    def test_who_has_no_active_key_is_not_examined(self):
        assert judge("iam_key_old", self.report()).examined == {"iam_key_old": 0}


class TestServers:
    ARN = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"

    def units(self, detections, profile=None):
        return [
            read("ec2.describe_instances", {"arn": self.ARN, "type": "ec2:instance", "tags": {}, "profile": profile}),
            read(
                "ec2.describe_instance_attribute",
                {"arn": self.ARN, "has_user_data": True, "detections": detections, "detector_version": "1"},
            ),
        ]

    def detection(self, fingerprint="f1", confidence="high"):
        return {
            "title": "Password",
            "preview": "password, 24 characters",
            "line": 3,
            "fingerprint": fingerprint,
            "confidence": confidence,
        }

    def test_a_server_without_identity_is_for_information_until_it_holds_a_credential(self):
        [plain] = judge("ec2_no_instance_profile", self.units([])).findings
        [carrying] = judge("ec2_no_instance_profile", self.units([self.detection()])).findings

        assert plain.severity == Severity.INFO
        assert carrying.severity == Severity.MEDIUM
        assert "start-up script" in carrying.severity_reason

    def test_unread_scripts_change_nothing_about_the_identity(self):
        [instances, _] = self.units([])
        result = judge(
            "ec2_no_instance_profile",
            [instances, denied("ec2.describe_instance_attribute", "ec2:DescribeInstanceAttribute")],
        )

        assert [finding.severity for finding in result.findings] == [Severity.INFO]
        assert result.gaps == []

    def test_two_credentials_in_one_script_are_one_finding_with_both_lines(self):
        found = [self.detection("f1", "low"), {**self.detection("f2", "medium"), "line": 9}]

        [finding] = judge("ec2_secret_in_user_data", self.units(found)).findings

        assert "line 3" in finding.detail
        assert "line 9" in finding.detail
        assert finding.confidence == "medium"

    def test_another_credential_is_another_finding(self):
        [first] = judge("ec2_secret_in_user_data", self.units([self.detection("f1")])).findings
        [second] = judge("ec2_secret_in_user_data", self.units([self.detection("f2")])).findings

        assert first.fingerprint != second.fingerprint


class TestFirewalls:
    ARN = "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1"

    def group(self, *ingress):
        return read(
            "ec2.describe_security_groups", {"arn": self.ARN, "id": "sg-1", "type": "g", "tags": {}, "ingress": ingress}
        )

    def rule(self, *cidrs, protocol="tcp", ports=(22, 22), lists=()):
        first, last = ports
        return {
            "protocol": protocol,
            "from_port": first,
            "to_port": last,
            "cidrs": list(cidrs),
            "prefix_lists": list(lists),
        }

    @pytest.mark.parametrize(
        ("cidrs", "more", "bad"),
        [
            ((WORLD_4,), {}, True),
            ((WORLD_6,), {}, True),
            (("0000:0000::/0",), {}, True),
            (("0.0.0.0/1", "128.0.0.0/1"), {}, True),
            (("0.0.0.0/1",), {}, False),
            (("10.0.0.0/8",), {}, False),
            (("192.0.2.7/32",), {}, False),
            ((WORLD_4,), {"ports": (0, 65535)}, True),
            ((WORLD_4,), {"ports": (20, 22)}, True),
            ((WORLD_4,), {"ports": (22, 30)}, True),
            ((WORLD_4,), {"ports": (23, 30)}, False),
            ((WORLD_4,), {"ports": (443, 443)}, False),
            ((WORLD_4,), {"protocol": "-1", "ports": (None, None)}, True),
            ((WORLD_4,), {"protocol": "6"}, True),
            ((WORLD_4,), {"protocol": "udp"}, False),
            ((WORLD_4,), {"protocol": "icmp", "ports": (-1, -1)}, False),
        ],
    )
    def test_open_means_the_whole_internet_on_the_port_of_remote_sign_in(self, cidrs, more, bad):
        result = judge("sg_ssh_open", [self.group(self.rule(*cidrs, **more))])

        assert bool(result.findings) == bad
        assert result.examined == {"sg_ssh_open": 1}

    def test_halves_of_the_internet_in_two_rules_are_the_whole(self):
        halves = self.rule("0.0.0.0/1"), self.rule("128.0.0.0/1", ports=(1, 100))

        assert judge("sg_ssh_open", [self.group(*halves)]).findings

    def interfaces(self, *groups, ending=Ending.OK):
        return read("ec2.describe_network_interfaces", *({"groups": [one]} for one in groups), ending=ending)

    def test_it_says_whether_something_uses_the_group(self):
        group = self.group(self.rule(WORLD_4))

        [used] = judge("sg_ssh_open", [group, self.interfaces("sg-1", "sg-1", "sg-2")]).findings
        [idle] = judge("sg_ssh_open", [group, self.interfaces("sg-2")]).findings
        [unknown] = judge("sg_ssh_open", [group, self.interfaces(ending=Ending.DENIED)]).findings
        [partly] = judge("sg_ssh_open", [group, self.interfaces(ending=Ending.TRUNCATED)]).findings

        assert "in use by 2 network interfaces" in used.detail
        assert (idle.severity, idle.severity_reason) == ("low", "Nothing uses the group today.")
        assert "could not be read" in unknown.detail
        assert unknown.severity == partly.severity == used.severity == "high"

    def lists(self, cidrs):
        return read("ec2.get_managed_prefix_list_entries", {"id": "pl-1", "name": "x", "by_aws": False, "cidrs": cidrs})

    def test_a_prefix_list_is_looked_up(self):
        group = self.group(self.rule(lists=["pl-1"]))

        assert judge("sg_ssh_open", [group, self.lists([WORLD_4])]).findings
        assert judge("sg_ssh_open", [group, self.lists(["192.0.2.0/24"])]).passed == {"sg_ssh_open": 1}

    def test_a_prefix_list_that_was_not_read_is_not_guessed(self):
        group = self.group(self.rule(lists=["pl-1"]))
        refused = denied("ec2.get_managed_prefix_list_entries", "ec2:DescribeManagedPrefixLists")

        result = judge("sg_ssh_open", [group, refused])

        assert (result.findings, result.examined) == ([], {"sg_ssh_open": 0})
        assert [(gap.resource, gap.iam_action) for gap in result.gaps] == [(self.ARN, "ec2:DescribeManagedPrefixLists")]

    def test_a_prefix_list_that_was_not_read_cannot_hide_an_open_rule_or_spoil_another_port(self):
        refused = denied("ec2.get_managed_prefix_list_entries", "ec2:DescribeManagedPrefixLists")
        also_open = self.group(self.rule(WORLD_4), self.rule(lists=["pl-1"]))
        web = self.group(self.rule(lists=["pl-1"], ports=(443, 443)))

        assert judge("sg_ssh_open", [also_open, refused]).findings
        assert judge("sg_ssh_open", [web, refused]).passed == {"sg_ssh_open": 1}


class TestBuckets:
    ARN = "arn:aws:s3:::orders"

    def units(self, account, bucket, policy, acl):
        """`account` and `bucket` are the (restrict, ignore) flags; None for the account: it may not be read."""
        own = {"restrict_public_buckets": bucket[0], "ignore_public_acls": bucket[1]}
        flags = read(
            "s3control.get_public_access_block",
            *([{"restrict_public_buckets": account[0], "ignore_public_acls": account[1]}] if account else []),
            place=WIDE,
            ending=Ending.OK if account else Ending.DENIED,
            iam_action=None if account else "s3:GetAccountPublicAccessBlock",
        )
        partial = None in (*bucket, policy, acl)
        return [
            read(
                "s3.list_buckets",
                {"arn": self.ARN, "type": "s3:bucket", "name": "orders", "tags": {}, "region": "eu-west-1"},
                place=WIDE,
            ),
            read(
                "s3.get_bucket_policy_status",
                {"arn": self.ARN, **own, "policy_public": policy, "acl_public": acl},
                place=WIDE,
                ending=Ending.PARTIAL if partial else Ending.OK,
            ),
            flags,
        ]

    @pytest.mark.parametrize(
        ("account", "bucket", "policy", "acl", "verdict"),
        [
            ((False, False), (False, False), True, False, "bad"),
            ((False, False), (False, False), False, True, "bad"),
            ((False, False), (False, False), False, False, "good"),
            ((True, False), (False, False), True, False, "good"),
            ((False, False), (True, False), True, False, "good"),
            ((False, True), (False, False), False, True, "good"),
            ((False, False), (False, True), False, True, "good"),
            ((True, False), (False, False), True, True, "bad"),
            ((False, True), (False, False), True, True, "bad"),
            ((True, True), (False, False), None, None, "good"),
            ((False, False), (True, True), None, None, "good"),
            ((False, False), (False, False), None, False, "unknown"),
            ((False, False), (False, False), False, None, "unknown"),
            ((False, False), (False, False), None, True, "bad"),
            ((False, False), (None, None), True, False, "unknown"),
            ((False, False), (None, None), False, False, "good"),
            ((True, True), (None, None), None, None, "good"),
            (None, (False, False), True, False, "unknown"),
            (None, (True, True), None, None, "good"),
            (None, (False, False), False, False, "good"),
        ],
    )
    def test_public_is_what_is_opened_and_not_blocked_at_either_level(self, account, bucket, policy, acl, verdict):
        result = judge("s3_public", self.units(account, bucket, policy, acl))

        undecided = [gap for gap in result.gaps if gap.resource == self.ARN]
        assert {
            "bad": (1, 1, 0),
            "good": (0, 1, 0),
            "unknown": (0, 0, 1),
        }[verdict] == (len(result.findings), result.examined["s3_public"], len(undecided))

    def test_what_hides_the_answer_is_named(self):
        result = judge("s3_public", self.units(None, (False, False), True, False))

        assert [(gap.unit, gap.iam_action) for gap in result.gaps] == [
            ("s3control.get_public_access_block", "s3:GetAccountPublicAccessBlock")
        ]

    def test_the_finding_is_where_the_bucket_is_and_says_what_opens_it(self):
        [finding] = judge("s3_public", self.units((False, False), (False, False), True, True)).findings

        assert (finding.region, finding.resource_name) == ("eu-west-1", "orders")
        assert finding.detail == "Opened by its policy and its access list."


class TestBudgets:
    def units(self, role, *budgets, ending=Ending.OK):
        payer = {"standalone": None, "management": EXAMPLE_ACCOUNT, "member": "999999999999"}.get(role)
        organisation = (
            read("organizations.describe_organization", {"role": role, "payer": payer}, place=WIDE)
            if role
            else denied("organizations.describe_organization", "organizations:DescribeOrganization", WIDE)
        )
        return [read("budgets.describe_budgets", *budgets, place=WIDE, ending=ending), organisation]

    @pytest.mark.parametrize("role", ["standalone", "management"])
    def test_who_pays_the_bill_needs_a_budget(self, role):
        [finding] = judge("no_budget", self.units(role)).findings

        assert finding.resource == f"arn:aws:iam::{EXAMPLE_ACCOUNT}:root"

    @pytest.mark.parametrize("role", ["standalone", "management", "member", None])
    def test_one_budget_is_enough_whoever_pays(self, role):
        assert judge("no_budget", self.units(role, {"name": "monthly"})).passed == {"no_budget": 1}

    def test_a_member_without_one_is_not_judged_and_its_payer_is_named(self):
        result = judge("no_budget", self.units("member"))

        assert (result.findings, result.examined) == ([], {"no_budget": 0})
        [gap] = result.gaps
        assert "999999999999" in gap.message

    def test_where_it_is_unknown_who_pays_the_missing_action_is_named(self):
        [gap] = judge("no_budget", self.units(None)).gaps

        assert gap.iam_action == "organizations:DescribeOrganization"

    def test_where_there_are_no_budgets_at_all_none_is_missing(self):
        result = judge("no_budget", self.units("standalone", ending=Ending.NOT_APPLICABLE))

        assert (result.findings, result.gaps) == ([], [])
