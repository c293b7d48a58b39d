"""Times on pages are the practice's; the database keeps UTC."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from discovery.models import Run
from tests.discovery_factories import make_run
from tests.factories import make_practice, organisation_of

pytestmark = pytest.mark.django_db
NEW_YEARS_EVE = datetime(2026, 12, 31, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [
        ("UTC", "31 December", "12:30"),
        ("Pacific/Kiritimati", "1 January", "02:30"),
        ("Etc/GMT+12", "31 December", "00:30"),
    ],
)
def test_a_page_tells_the_time_of_the_practices_zone(client, ada, ben, zone, day, time):
    make_practice(zone=zone)
    run = make_run(organisation_of(ben), status=Run.Status.RUNNING)
    Run.objects.update(created_at=NEW_YEARS_EVE)
    client.force_login(ada)

    page = client.get(reverse("discovery:run", args=[run.public_id])).content.decode()

    assert f"Audit of {day}" in page
    assert f">{time}<" in page
