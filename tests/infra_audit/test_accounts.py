"""Naming many accounts: a list of roles that people wrote, and what an organisation says of its members."""

import secrets

import pytest

from infra_audit.accounts import LONGEST_LINE, MOST_LINES, each_once, listing_of, of_account, of_accounts, read_roles
from infra_audit.importing.joining import OPERATION as IMPORTED
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.organisations import LIST_ACCOUNTS, Member
from infra_audit.registry import Scope, catalogue
from tests.infra_audit.test_checks import EXISTING_ACTIONS

PRODUCTION, STAGING = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{PRODUCTION}:role/infra-audit"
OTHER = f"arn:aws-us-gov:iam::{STAGING}:role/audits/infra-audit"


def names(text, **options):
    """What each line of a good list came to be."""
    listing = read_roles(text, **options)
    assert listing.complaints == ()
    return [(one.role_arn, one.external_id, one.name) for one in listing.accounts]


@pytest.mark.parametrize(
    "line",
    [
        f"{ROLE},harbour-id,production",
        f'  "{ROLE}" , harbour-id , "production"  ',
        f"{ROLE};harbour-id;production",
        f"{ROLE}\tharbour-id\tproduction",
        f"{ROLE} harbour-id production",
        f"{ROLE},harbour-id,production,,",
        f"\ufeff{ROLE},harbour-id,production",
        f"role_arn,external_id,name\r\n{ROLE},harbour-id,production\r\n",
        f"# of the client\n\nARN;ID;Name\n{ROLE};harbour-id;production\n\n",
    ],
)
def test_a_role_is_read_however_its_line_is_written(line):
    assert names(line) == [(ROLE, "harbour-id", "production")]


def test_a_name_may_have_blanks_and_quoted_commas():
    told = names(f'{ROLE},harbour-id,"Shop, live"\n{OTHER} harbour-id shared services')

    assert [name for _arn, _id, name in told] == ["Shop, live", "shared services"]


def test_what_a_line_leaves_out_is_that_of_all():
    assert names(f"{ROLE}\n{OTHER},its-own", external_id="of-all") == [(ROLE, "of-all", ""), (OTHER, "its-own", "")]
    assert names(ROLE) == [(ROLE, "", "")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("infra-audit", "does not begin with the ARN"),
        ("arn:aws:iam::123:role/a,harbour-id", "does not begin with the ARN"),
        (f"arn:aws:iam::{PRODUCTION}:user/ada,harbour-id", "does not begin with the ARN"),
        (f"arn:aws:iam::{PRODUCTION}:role/,harbour-id", "does not begin with the ARN"),
        (f"arn:aws:iam::{PRODUCTION}:role/a b,harbour-id", "does not begin with the ARN"),
        (f"production,{ROLE}", "does not begin with the ARN"),
        (f"{ROLE},harbour-id,name,more", "more than an ARN"),
        (f"{ROLE},x", "external ID that is none"),
        (f"{ROLE},with blanks", "external ID that is none"),
        (f"{ROLE},{'x' * 1225}", "external ID that is none"),
        (f"{ROLE},harbour-id,{'n' * 101}", "more than 100 characters"),
        (f"{ROLE},harbour-id,{'n' * 2 * LONGEST_LINE}", "more than 100 characters"),
        (ROLE, "no external ID"),
        ("\x00", "does not begin with the ARN"),
        ('"', "does not begin with the ARN"),
        ("名前,ＩＤ", "does not begin with the ARN"),
    ],
)
def test_a_bad_line_is_one_sentence_with_its_number_and_keeps_no_other_back(line, said):
    listing = read_roles(f"{OTHER},harbour-id\n{line}\n", needs_external_id=True)

    [complaint] = listing.complaints
    assert complaint.startswith("line 2 ")
    assert said in complaint
    assert complaint.endswith(".")
    assert [one.account for one in listing.accounts] == [STAGING]


def test_keys_that_were_put_in_by_mistake_are_not_repeated():
    key, secret = "AK" + "IA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)

    listing = read_roles(f"{key},{secret}\n{ROLE},{secret}{secret[0]} {key}\n{ROLE},harbour-id,a,{secret}")

    assert len(listing.complaints) == 3
    for told in (key, secret):
        assert told not in " ".join(listing.complaints)


def test_a_list_without_end_is_cut_with_a_word_of_it():
    listing = read_roles(f"{ROLE}\n" * (MOST_LINES + 5))

    assert len(listing.complaints) == 1
    assert f"line {MOST_LINES + 1}" in listing.complaints[0]


def test_two_roles_of_one_account_are_one_and_the_second_is_told():
    listing = read_roles(f"{ROLE},harbour-id,production\n{OTHER},harbour-id\n{ROLE}-2,other-id,prod again\n{ROLE}")

    assert [(one.account, one.role_arn) for one in listing.accounts] == [(PRODUCTION, ROLE), (STAGING, OTHER)]
    again, and_again = listing.left_out
    assert (again.account, again.name, again.reason) == (PRODUCTION, "prod again", "listed_twice")
    assert again.message == f"This account is listed twice (lines 1 and 3): it is read once, by {ROLE}."
    assert "lines 1 and 4" in and_again.message


def test_nothing_is_once():
    assert each_once([]) == ((), ())
    assert read_roles("\n# none\n").accounts == ()


def test_of_an_organisation_the_active_are_read_and_of_the_others_it_is_said_why_not():
    members = [
        Member(PRODUCTION, "production", "ACTIVE"),
        Member("333333333333", "management", "ACTIVE"),
        Member(STAGING, "old shop", "SUSPENDED"),
        Member("444444444444", "gone", "CLOSED"),
        Member("555555555555", "new", "PENDING_ACTIVATION"),
        Member("666666666666", "odd", ""),
    ]

    listing = listing_of(members, own="333333333333", partition="aws-cn", role_name="audit", external_id="id")

    production, own = listing.accounts
    assert (production.role_arn, production.external_id) == (f"arn:aws-cn:iam::{PRODUCTION}:role/audit", "id")
    assert (own.account, own.role_arn, own.external_id) == ("333333333333", "", "")
    assert [(one.account, one.name) for one in listing.left_out][:2] == [
        (STAGING, "old shop"),
        ("444444444444", "gone"),
    ]
    assert [one.message.split(",")[0] for one in listing.left_out] == [
        "The account is suspended",
        "The account is closed",
        "The account was never activated",
        "The account is in a state that AWS does not tell",
    ]
    assert {one.reason for one in listing.left_out} == {"not_active"}


@pytest.mark.parametrize("field", ["State", "Status"])
def test_a_state_is_read_by_its_new_name_and_by_its_old_one(field):
    told = {"Id": PRODUCTION, "Name": "production", "Email": "ops@tern.example", field: "ACTIVE"}

    assert Member.from_answer(told) == Member(PRODUCTION, "production", "ACTIVE")


def test_what_is_asked_of_the_management_account_is_an_action_that_exists():
    assert LIST_ACCOUNTS in EXISTING_ACTIONS


def test_one_account_is_its_own_units_and_what_holds_for_every_one():
    def unit(operation, account, *rows, repository=""):
        return Unit(operation, Place("aws", account, "eu-west-1" if account else "", repository), Ending.OK, rows)

    mine, others = unit("ec2.describe_vpcs", PRODUCTION), unit("ec2.describe_vpcs", STAGING)
    states, code = unit("tfstate.resources", ""), unit("repo.files", "", repository="shop")
    found = unit(IMPORTED, "", {"account": PRODUCTION}, {"account": STAGING})

    kept = of_account(Inventory((mine, others, states, code, found)), PRODUCTION).all_units

    assert kept[:2] == (mine, states)
    assert [(one.operation, one.rows) for one in kept[2:]] == [(IMPORTED, ({"account": PRODUCTION},))]


def test_of_one_account_nothing_is_said_that_is_judged_once_for_all():
    kept = {one.id for one in of_accounts(catalogue().values())}

    assert {one.id for one in catalogue().values() if one.scope is Scope.RUN} == set(catalogue()) - kept
