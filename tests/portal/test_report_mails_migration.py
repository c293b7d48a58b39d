import datetime as dt

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core import clock
from portal.models import ReportMail
from tests.factories import make_client
from tests.report_factories import make_report
from tests.scope_factories import make_engagement


@pytest.mark.django_db(transaction=True)
def test_mails_of_before_know_their_address_and_whether_they_are_tried_again(ada, ben):
    revision = make_report(make_engagement(ben, owner=ada), actor=ada)
    people = [ben, make_client("dora"), make_client("emil")]
    migrate("0003_add_report_mails")
    tried_at = clock.now() - dt.timedelta(hours=1)
    old = MigrationExecutor(connection).loader.project_state([("portal", "0003_add_report_mails")]).apps
    for user, tries, sent_at in zip(people, (1, 3, 10), (tried_at, None, None), strict=True):
        old.get_model("portal", "ReportMail").objects.create(
            revision_id=revision.pk, user_id=user.pk, tries=tries, tried_at=tried_at, sent_at=sent_at
        )

    migrate("0006_drop_tried_at")

    told = [(row.address, row.tries, row.next_try_at, row.is_given_up) for row in ReportMail.objects.order_by("tries")]
    assert told == [
        (people[0].email, 1, None, False),
        (people[1].email, 3, tried_at, False),
        (people[2].email, 10, None, True),
    ]


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate([("portal", to)])
