import json

import pytest

from infra_audit.inventory import COMPLETE, GLOBAL, READABLE, Ending, Inventory, Place, Unit, Unread, merge

IRELAND = Place("aws", "111111111111", "eu-west-1")
VIRGINIA = Place("aws", "111111111111", "us-east-1")
EVERYWHERE = Place("aws", "111111111111", GLOBAL)
OTHER_ACCOUNT = Place("aws", "222222222222", "eu-west-1")
REPOSITORY = Place("", "", "", "shop")
STATE = Place()


def a_unit(operation="rds.describe_db_instances", place=IRELAND, ending=Ending.OK, **more):
    return Unit(operation, place, ending, **more)


def test_a_unit_survives_being_stored_as_json():
    unit = a_unit(
        ending=Ending.PARTIAL,
        rows=({"arn": "arn:aws:rds:eu-west-1:1:db:orders", "tags": None, "sizes": [1, 2]},),
        unread=(
            Unread("arn:aws:rds:eu-west-1:1:db:carts", Ending.DENIED, "rds:ListTagsForResource", "session policy"),
        ),
        message="One could not be read.",
        api_calls=3,
        duration_s=0.25,
    )

    assert Unit.from_json(json.loads(json.dumps(unit.as_json()))) == unit


@pytest.mark.parametrize("ending", Ending)
def test_an_ending_that_is_complete_can_be_read_too(ending):
    assert ending.readable or not ending.complete


def test_only_a_whole_or_an_absent_list_proves_that_there_is_none():
    assert {Ending.OK, Ending.NOT_ENABLED, Ending.NOT_APPLICABLE} == COMPLETE
    assert {Ending.PARTIAL, Ending.TRUNCATED} == READABLE - COMPLETE


def test_rows_of_a_unit_that_was_refused_are_not_offered():
    inventory = Inventory(
        (a_unit(rows=({"arn": "a"},)), a_unit(place=VIRGINIA, ending=Ending.DENIED, rows=({"arn": "b"},)))
    )

    assert inventory["rds.describe_db_instances"] == [{"arn": "a"}]
    assert [unit.place for unit in inventory.incomplete("rds.describe_db_instances")] == [VIRGINIA]


def test_what_was_never_collected_has_no_rows_and_no_units():
    assert Inventory()["rds.describe_db_instances"] == []
    assert Inventory().units("rds.describe_db_instances") == []
    assert Inventory().find("arn:aws:rds:eu-west-1:1:db:orders") is None


def test_a_resource_is_found_in_the_row_that_describes_it_not_in_one_that_mentions_it():
    describing = a_unit("ec2.describe_instances", rows=({"arn": "i", "type": "ec2:instance", "name": "web"},))
    mentioning = a_unit("ec2.describe_instance_attribute", rows=({"arn": "i", "detections": []},))

    row, unit = Inventory((describing, mentioning)).find("i")

    assert row["name"] == "web"
    assert unit is describing


def test_a_state_that_names_a_resource_does_not_describe_it_whenever_it_was_read():
    describing = a_unit("ec2.describe_instances", rows=({"arn": "i", "type": "ec2:instance", "tags": {}},))
    naming = a_unit("s3.get_state_objects", EVERYWHERE, rows=({"arn": "i", "tf_type": "aws_instance", "tags": {}},))

    for order in ((describing, naming), (naming, describing)):
        assert Inventory(order).find("i") == (describing.rows[0], describing)
    assert Inventory((naming,)).find("i") is None


@pytest.mark.parametrize(
    ("view", "seen"),
    [
        ({"account": "111111111111"}, {IRELAND, VIRGINIA, EVERYWHERE, STATE}),
        ({"account": "111111111111", "region": "eu-west-1"}, {IRELAND, EVERYWHERE, STATE}),
        ({"account": "222222222222"}, {OTHER_ACCOUNT, STATE}),
        ({"repository": "shop"}, {REPOSITORY}),
    ],
)
def test_a_view_holds_its_place_and_what_is_wider_and_no_neighbour(view, seen):
    places = (IRELAND, VIRGINIA, EVERYWHERE, OTHER_ACCOUNT, REPOSITORY, STATE)
    inventory = Inventory(tuple(a_unit(place=place) for place in places))

    assert {unit.place for unit in inventory.where(**view).all_units} == seen


def test_merging_keeps_every_unit():
    assert len(merge([a_unit()], [a_unit(place=VIRGINIA)], []).all_units) == 2


def test_a_place_reads_as_where_it_is():
    assert [str(place) for place in (IRELAND, REPOSITORY, STATE)] == ["111111111111/eu-west-1", "shop", "run"]
