"""What is on record stays: the database itself refuses."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.models.signals import pre_migrate

from core import checks, events, triggers
from core.models import Event
from tests.factories import make_practice

pytestmark = pytest.mark.both


@pytest.fixture
def event(ada):
    return events.record(make_practice(), "practice.looked_at", actor=ada, depth=3)


def refused():
    return pytest.raises(DatabaseError, match="frozen")


def test_an_event_is_never_changed(event):
    with refused(), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(what="practice.not_looked_at")

    event.refresh_from_db()
    assert event.what == "practice.looked_at"


def test_an_event_is_never_deleted(event):
    with refused(), transaction.atomic():
        Event.objects.filter(pk=event.pk).delete()

    assert Event.objects.filter(pk=event.pk).exists()


def test_raw_sql_is_refused_too(event):
    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_event")


def test_an_update_that_changes_nothing_passes(event):
    assert Event.objects.filter(pk=event.pk).update(what=event.what) == 1


def test_a_whole_table_is_not_emptied_at_once(event):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no TRUNCATE")

    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a TRUNCATE waits for no deferred check
        cursor.execute("TRUNCATE core_event CASCADE")


def test_every_declared_trigger_stands(db):
    assert triggers.declared()
    assert triggers.missing(connection) == []
    assert checks.frozen_tables_have_their_triggers(["default"]) == []


def test_the_system_check_names_a_missing_trigger(db):
    triggers.drop()
    try:
        messages = checks.frozen_tables_have_their_triggers(["default"])
    finally:
        triggers.install()

    assert "frozen_core_event_update" in " ".join(message.msg for message in messages)
    assert {message.id for message in messages} == {"core.E001"}


def test_a_trigger_that_is_new_does_not_stand_in_the_way_of_migrating(db):
    """The check asks for what only the command puts there."""
    triggers.drop()

    call_command("migrate", verbosity=0, skip_checks=False)

    assert triggers.missing(connection) == []


def test_migrating_puts_them_back(db):
    triggers.drop()

    call_command("migrate", verbosity=0)

    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_a_table_that_a_migration_rebuilds_is_frozen_again():
    """SQLite drops a rebuilt table's triggers without a word, PostgreSQL refuses to alter what they read: so they are
    taken off before, and `migrate` ends with all of them there."""
    field = models.TextField(default="")
    field.set_attributes_from_name("what")
    if connection.vendor == "postgresql":
        pre_migrate.send(apps.get_app_config("core"), using="default", plan=[("a migration", False)])
    with connection.schema_editor() as editor:
        editor.alter_field(Event, Event._meta.get_field("what"), field)
    assert triggers.missing(connection)

    with connection.schema_editor() as editor:
        editor.alter_field(Event, field, Event._meta.get_field("what"))
    call_command("migrate", verbosity=0)

    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_a_flush_between_tests_leaves_them_standing():
    call_command("migrate", verbosity=0)

    assert triggers.missing(connection) == []


def test_an_event_says_who_what_and_from_where(client, ada):
    client.force_login(ada)

    client.post("/account/", {"name": "Ada L."}, headers={"User-Agent": "Testfox/1"}, REMOTE_ADDR="192.0.2.9")

    event = Event.objects.get(what="person.renamed")
    assert (event.actor, event.ip, event.user_agent, event.channel) == (ada, "192.0.2.9", "Testfox/1", "page")
    assert (event.subject_type, event.subject_id) == ("core.user", ada.pk)


def test_clients_see_what_was_recorded_for_them(ada, ben, cleo):
    theirs = ben.memberships.get().organisation
    shown = events.record(theirs, "report.published", actor=ada, organisation=theirs, audience=Event.Audience.CLIENT)
    events.record(theirs, "price.changed", actor=ada, organisation=theirs)

    assert list(Event.objects.visible_to(ben)) == [shown]
    assert list(Event.objects.visible_to(cleo)) == []
    assert Event.objects.visible_to(ada).count() == Event.objects.count()
