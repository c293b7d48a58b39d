"""Two runs side by side: what became of each finding, and what nobody can say."""

from dataclasses import asdict

import pytest

from discovery import comparing
from discovery.models import Finding
from infra_audit.evaluate import Gap
from tests.discovery_factories import make_finding, make_organisation, make_run
from tests.report_factories import make_compared_run, make_told_finding

pytestmark = pytest.mark.django_db
DENIED = asdict(Gap("sg_ssh_open", "123456789012", "eu-west-1", "ec2.describe_security_groups", "denied"))


@pytest.fixture
def organisation():
    return make_organisation()


def counts(compared):
    names = ("fixed", "new", "regressed", "still", "accepted", "not_compared")
    return {name: len(getattr(compared, name)) for name in names if getattr(compared, name)}


def test_fixed_new_and_still(organisation):
    gone, stays, came = (make_told_finding(organisation) for _ in range(3))
    before = make_compared_run(organisation, saw=[gone, stays])
    after = make_compared_run(organisation, saw=[stays, came], fixed=[gone])

    compared = comparing.compare(before, after)

    assert counts(compared) == {"fixed": 1, "new": 1, "still": 1}
    assert compared.fixed == {gone.pk}
    assert compared.open == {stays.pk, came.pk}


def test_a_gap_is_never_a_fixed(organisation):
    finding = make_told_finding(organisation)
    before = make_compared_run(organisation, saw=[finding])
    after = make_compared_run(organisation, looked=False, gaps=[DENIED])

    compared = comparing.compare(before, after)

    assert counts(compared) == {"not_compared": 1}
    assert compared.open == {finding.pk}
    assert [one.why for one in compared.unseen] == ["denied"]


def test_what_the_first_run_could_not_look_for_is_not_new(organisation):
    before = make_compared_run(organisation, looked=False, gaps=[DENIED])
    after = make_compared_run(organisation, saw=[make_told_finding(organisation)])

    assert counts(comparing.compare(before, after)) == {"not_compared": 1}


def test_mended_and_back_between_the_two_is_back_again(organisation):
    finding = make_told_finding(organisation)
    before = make_compared_run(organisation, saw=[finding])
    make_compared_run(organisation, fixed=[finding])
    Finding.objects.filter(pk=finding.pk).update(status=Finding.Status.REGRESSED)
    after = make_compared_run(organisation, saw=[finding])

    assert counts(comparing.compare(before, after)) == {"regressed": 1}


def test_what_a_run_in_between_saw_mended_stays_fixed(organisation):
    finding = make_told_finding(organisation)
    before = make_compared_run(organisation, saw=[finding])
    make_compared_run(organisation, fixed=[finding])
    after = make_compared_run(organisation, looked=False, gaps=[DENIED])

    assert counts(comparing.compare(before, after)) == {"fixed": 1}


def test_mended_back_and_then_not_looked_for_is_not_fixed(organisation):
    finding = make_told_finding(organisation)
    before = make_compared_run(organisation, saw=[finding])
    make_compared_run(organisation, fixed=[finding])
    make_compared_run(organisation, saw=[finding])
    Finding.objects.filter(pk=finding.pk).update(status=Finding.Status.REGRESSED)
    after = make_compared_run(organisation, looked=False, gaps=[DENIED])

    compared = comparing.compare(before, after)

    assert counts(compared) == {"not_compared": 1}
    assert compared.open == {finding.pk}


def test_a_run_that_broke_off_mends_nothing(organisation):
    finding = make_told_finding(organisation)
    before = make_compared_run(organisation, saw=[finding])
    broken = make_compared_run(organisation, fixed=[finding])
    type(broken).objects.filter(pk=broken.pk).update(status="cancelled")
    after = make_compared_run(organisation, looked=False, gaps=[DENIED])

    assert counts(comparing.compare(before, after)) == {"not_compared": 1}


def test_what_neither_of_the_two_looked_for_stays_open(organisation):
    finding = make_told_finding(organisation)
    make_compared_run(organisation, saw=[finding])
    before, after = (make_compared_run(organisation, looked=False, gaps=[DENIED]) for _ in range(2))

    assert counts(comparing.compare(before, after)) == {"not_compared": 1}
    assert counts(comparing.compare(None, after)) == {"not_compared": 1}


def test_mended_after_a_gap_is_fixed_once(organisation):
    finding = make_told_finding(organisation)
    make_compared_run(organisation, saw=[finding])
    gap = make_compared_run(organisation, looked=False, gaps=[DENIED])
    after = make_compared_run(organisation, fixed=[finding])
    later = make_compared_run(organisation)

    assert counts(comparing.compare(gap, after)) == {"fixed": 1}
    assert counts(comparing.compare(after, later)) == {}


def test_an_accepted_risk_is_neither_open_nor_lost(organisation):
    finding = make_told_finding(organisation)
    before, after = (make_compared_run(organisation, saw=[finding]) for _ in range(2))
    after.occurrences.update(status="accepted")

    compared = comparing.compare(before, after)

    assert counts(compared) == {"accepted": 1}
    assert not compared.open


def test_what_the_client_was_not_told_of_is_counted_and_not_named(organisation):
    before = make_compared_run(organisation)
    secret = make_finding(organisation)
    false = make_finding(organisation, status=Finding.Status.FALSE_POSITIVE, ruling_reason="A test")
    after = make_compared_run(organisation, saw=[secret, false])

    compared = comparing.compare(before, after)

    assert counts(compared) == {}
    assert compared.untold == 1


def test_the_first_run_has_nothing_to_be_compared_with(organisation):
    finding = make_told_finding(organisation)
    after = make_compared_run(organisation, saw=[finding])

    assert comparing.comparable_before(after) is None
    assert counts(comparing.compare(None, after)) == {"still": 1}


def test_only_a_run_of_the_same_places_is_compared_with(organisation):
    first = make_compared_run(organisation)
    elsewhere = make_compared_run(organisation)
    elsewhere.units.update(region="us-east-1")
    make_run(organisation)  # not over
    make_compared_run(make_organisation())
    after = make_compared_run(organisation)

    assert comparing.comparable_before(after) == first
    assert comparing.latest_run(organisation.pk) == after


def test_as_many_queries_for_three_findings_as_for_thirty(organisation, django_assert_max_num_queries):
    few = [make_told_finding(organisation) for _ in range(3)]
    many = few + [make_told_finding(organisation) for _ in range(27)]
    before, after = make_compared_run(organisation, saw=few), make_compared_run(organisation, saw=few)
    with django_assert_max_num_queries(6):
        comparing.compare(before, after)
    wide = make_compared_run(organisation, saw=many)
    with django_assert_max_num_queries(6):
        comparing.compare(after, wide)
