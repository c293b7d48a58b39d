"""Leases: of two workers one gets a shard, and whoever was replaced writes nothing more."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, close_old_connections, connection

from core import clock
from discovery.models import Run, Shard, Unit
from discovery.services import shards
from infra_audit import inventory
from tests.discovery_factories import make_run, make_shard
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

VPCS = inventory.Unit(
    "ec2.describe_vpcs", inventory.Place("aws", "123456789012", "eu-west-1"), inventory.Ending.OK, ({"arn": "a"},)
)


def expire(shard):
    Shard.objects.filter(pk=shard.pk).update(lease_until=clock.real_now() - timedelta(seconds=1))


def test_a_claimed_shard_is_not_claimed_again():
    shard = make_shard()

    assert shards.claim(shard.pk).token == 1
    assert shards.claim(shard.pk) is None


def test_claiming_sets_the_run_going():
    shard = make_shard()

    shards.claim(shard.pk)

    assert Run.objects.get().status == Run.Status.RUNNING


def test_a_shard_that_waits_for_its_time_is_not_claimed():
    shard = make_shard(not_before=clock.real_now() + timedelta(minutes=1))

    assert shards.claim(shard.pk) is None


def test_a_shard_of_a_cancelled_run_is_not_claimed():
    shard = make_shard(run=make_run(status=Run.Status.CANCELLED))

    assert shards.claim(shard.pk) is None


def test_a_silent_workers_shard_is_taken_over_and_the_silent_one_can_write_nothing():
    shard = make_shard()
    silent = shards.claim(shard.pk)
    expire(shard)

    successor = shards.claim(shard.pk)

    assert successor.token == silent.token + 1
    assert not shards.renew(silent)
    with pytest.raises(shards.LeaseLostError):
        shards.store_unit(silent, VPCS)
    shards.store_unit(successor, VPCS)
    assert Unit.objects.get().rows == [{"arn": "a"}]


def test_a_unit_stored_twice_is_stored_once():
    held = shards.claim(make_shard().pk)

    shards.store_unit(held, VPCS)
    shards.store_unit(held, VPCS)

    assert Unit.objects.get().as_engine_unit() == VPCS


def test_a_renewed_lease_lasts_longer():
    held = shards.claim(make_shard().pk)
    Shard.objects.update(lease_until=clock.real_now() + timedelta(seconds=1))

    assert shards.renew(held)

    assert Shard.objects.get().lease_until > clock.real_now() + timedelta(seconds=30)


def test_cancelling_the_run_ends_the_lease():
    held = shards.claim(make_shard().pk)
    Run.objects.update(status=Run.Status.CANCELLED)

    assert not shards.renew(held)


def test_a_shard_that_took_down_five_workers_is_given_up_and_its_units_say_so():
    shard = make_shard(planned=["ec2.describe_vpcs", "s3.list_buckets"], attempts=4)
    held = shards.claim(shard.pk)
    shards.store_unit(held, VPCS)
    expire(shard)

    shards.give_up(held)

    missing = Unit.objects.get(operation="s3.list_buckets")
    assert missing.ending == inventory.Ending.ERROR
    assert "5 workers stopped" in missing.message
    assert Shard.objects.get().status == Shard.Status.FAILED


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_twenty_workers_at_once_one_gets_the_shard():
    shard = make_shard()

    def claim():
        try:
            return shards.claim(shard.pk)
        finally:
            close_old_connections()
            connection.close()

    claims = all_at_once(20, claim)

    assert len([one for one in claims if one]) == 1
    assert Shard.objects.get().attempts == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_that_finds_the_lease_lost_says_stop(settings):
    settings.SHARD_LEASE_S = 0.2
    held = shards.claim(make_shard().pk)

    with shards.heartbeat(held) as stop:
        Shard.objects.update(token=99)
        assert stop.wait(5)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_busy_for_a_moment_costs_no_lease(settings, monkeypatch):
    settings.SHARD_LEASE_S = 2
    held = shards.claim(make_shard().pk)
    renew, renewed = shards.renew, threading.Event()

    def busy_at_first(shard):
        monkeypatch.setattr(shards, "renew", lambda shard: renew(shard) and not renewed.set())
        raise OperationalError("database is locked")

    monkeypatch.setattr(shards, "renew", busy_at_first)
    with shards.heartbeat(held) as stop:
        assert renewed.wait(5)
        assert not stop.is_set()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_for_a_whole_lease_says_stop(settings, monkeypatch):
    settings.SHARD_LEASE_S = 0.2
    held = shards.claim(make_shard().pk)

    def away(shard):
        raise OperationalError("the server is gone")

    monkeypatch.setattr(shards, "renew", away)
    with shards.heartbeat(held) as stop:
        assert stop.wait(5)
