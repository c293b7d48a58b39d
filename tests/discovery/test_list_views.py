"""Adding many accounts at once: by a list of roles, or listed by their organisation."""

import pytest
from django.urls import reverse

from core.models import Event
from demo.emulator import Deny, Faults
from discovery.models import AwsAccount, Run
from discovery.services import executing, listed, targets
from infra_audit.accounts import Listed, Listing, read_roles
from tests.discovery_factories import make_aws_account
from tests.factories import make_organisation, organisation_of

pytestmark = pytest.mark.django_db
REGION = "eu-west-1"
OWN, PRODUCTION, STAGING = "123456789012", "111111111111", "222222222222"


def role_of(number, name="infra-audit"):
    return f"arn:aws:iam::{number}:role/{name}"


def page_of(organisation):
    return reverse("discovery:accounts-list", args=[organisation.public_id])


@pytest.fixture
def tern(ada, client):
    """A client; ada is signed in."""
    client.force_login(ada)
    return make_organisation("Tern & Tide")


@pytest.fixture
def management(aws, tern):
    """An account of the client's that manages an organisation of two others."""
    asked = aws.client("organizations", "us-east-1")
    asked.create_organization(FeatureSet="ALL")
    for name in ("production", "staging"):
        asked.create_account(AccountName=name, Email=f"{name}@tern.example")
    return make_aws_account(tern, name="management", account_id="", endpoint_url=aws.url, regions=[REGION])


def members(aws):
    told = aws.client("organizations", "us-east-1").list_accounts()["Accounts"]
    return {one["Name"]: one["Id"] for one in told}


def send(client, organisation, act, *lines, **fields):
    given = {"act": act, "role_name": "infra-audit", "roles": "\n".join(lines), **fields}
    return client.post(page_of(organisation), given)


def add_what_is_shown(client, response):
    """Press the button below the preview."""
    form = response.context["form"]
    return client.post(response.request["PATH_INFO"], {**dict(form.kept), "act": "add"})


def test_lists_are_staffs_alone(client, ada, ben, cleo):
    url = page_of(organisation_of(ben))
    assert client.get(url).url.startswith(reverse("account_login"))
    for user, status in ((ada, 200), (ben, 404), (cleo, 404)):
        client.force_login(user)
        assert client.get(url).status_code == status
        assert client.post(url, {"act": "add", "roles": role_of(PRODUCTION)}).status_code == (
            302 if user is ada else 404
        )
    assert AwsAccount.objects.count() == 1


def test_a_preview_says_what_would_become_of_each_line_and_stores_nothing(client, tern):
    make_aws_account(tern, name="live", role_arn=role_of(PRODUCTION), external_id="e" * 8, account_id="")
    make_aws_account(tern, name="by profile", profile="tern", account_id="333333333333")

    page = send(
        client, tern, "check", f"{role_of(PRODUCTION)},,production", f"{role_of('333333333333')},,again",
        f"{role_of(STAGING)},own-id,staging", f"{role_of(STAGING, 'other')}", "production",
    )  # fmt: skip

    told = page.context["preview"]
    assert page.status_code == 200
    assert [one.account for one in told.new] == [STAGING]
    assert [(one.listed.account, one.account.name) for one in told.there] == [
        (PRODUCTION, "live"),
        ("333333333333", "by profile"),
    ]
    assert [one.reason for one in told.left_out] == ["listed_twice"]
    assert [one[:7] for one in told.complaints] == ["line 5 "]
    text = page.content.decode()
    for said in ("1 account would be added", "There already, as live", "listed twice", "Line 5 does not begin with"):
        assert said in text
    assert AwsAccount.objects.count() == 2


def test_what_the_preview_showed_is_what_is_added(client, tern, ada):
    page = send(client, tern, "check", f"{role_of(PRODUCTION)},,production", "rubbish", regions="eu-west-1 us-east-1")

    response = add_what_is_shown(client, page)

    account = tern.aws_accounts.get()
    assert response.url == reverse("discovery:client", args=[tern.public_id])
    assert (account.name, account.role_arn) == ("production", role_of(PRODUCTION))
    assert account.external_id == targets.external_id_for(tern)
    assert account.regions == ["eu-west-1", "us-east-1"]
    assert not account.reads_configuration
    assert Event.objects.get(what="aws_account.added").actor == ada
    assert "1 account is added." in client.get(response.url).content.decode()


def test_adding_the_same_list_again_adds_nothing(client, tern):
    for _ in range(2):
        response = send(client, tern, "add", f"{role_of(PRODUCTION)},,production")

    assert tern.aws_accounts.count() == 1
    assert "nothing to add" in client.get(response.url).content.decode()


def test_a_line_s_own_external_id_is_kept(client, tern):
    send(client, tern, "add", f"{role_of(PRODUCTION)},agreed-long-ago,production")

    assert tern.aws_accounts.get().external_id == "agreed-long-ago"


def test_another_client_s_account_of_the_same_number_is_no_hindrance(client, tern):
    make_aws_account(make_organisation("Larkfield"), role_arn=role_of(PRODUCTION), external_id="e" * 8)

    send(client, tern, "add", role_of(PRODUCTION))

    assert tern.aws_accounts.get().name == PRODUCTION


def test_what_only_the_client_can_read_may_get_a_way_in(client, tern):
    make_aws_account(tern, name="by hand", account_id=PRODUCTION, handed_over=True)

    send(client, tern, "add", role_of(PRODUCTION))

    assert tern.aws_accounts.filter(role_arn=role_of(PRODUCTION)).exists()


def test_two_of_one_name_are_told_apart(client, tern):
    send(client, tern, "add", f"{role_of(PRODUCTION)},,shop", f"{role_of(STAGING)},,shop")

    assert set(tern.aws_accounts.values_list("name", flat=True)) == {"shop", f"shop {STAGING}"}


def test_the_roles_are_taken_on_by_whom_was_chosen(client, tern):
    by = make_aws_account(tern, profile="practice", endpoint_url="http://localhost:4566")

    send(client, tern, "add", role_of(PRODUCTION), through=by.public_id)

    account = tern.aws_accounts.get(role_arn=role_of(PRODUCTION))
    assert (account.profile, account.endpoint_url) == ("practice", "http://localhost:4566")
    text = client.get(reverse("discovery:client", args=[tern.public_id])).content.decode()
    assert ", by profile" in text


def test_editing_a_role_keeps_the_profile_that_takes_it_on(client, tern):
    account = make_aws_account(tern, role_arn=role_of(PRODUCTION), external_id="e" * 8, profile="practice")
    given = {"name": "renamed", "way": "role", "role_arn": account.role_arn, "consent": "metadata"}

    client.post(reverse("discovery:account", args=[account.public_id]), given)

    account.refresh_from_db()
    assert (account.name, account.profile) == ("renamed", "practice")


def test_an_organisation_fills_in_the_list(client, tern, management, aws):
    aws.client("organizations", "us-east-1").close_account(AccountId=members(aws)["staging"])

    page = send(client, tern, "list", through=management.public_id)

    told = page.context["preview"]
    assert [(one.name, one.account) for one in told.new] == [("production", members(aws)["production"])]
    assert [one.account for one in told.left_out] == [OWN, members(aws)["staging"]]
    assert "the account that we signed in to" in told.left_out[0].message
    assert role_of(members(aws)["production"]) in page.context["form"]["roles"].value()
    assert tern.aws_accounts.count() == 1

    add_what_is_shown(client, page)

    production = tern.aws_accounts.get(name="production")
    assert production.endpoint_url == aws.url
    assert production.external_id == targets.external_id_for(tern)


def test_an_audit_over_all_of_them_reads_each(client, tern, management, aws):
    add_what_is_shown(client, send(client, tern, "list", through=management.public_id, regions=REGION))
    accounts = list(tern.aws_accounts.all())
    given = {"accounts": [one.public_id for one in accounts], "depth": "metadata"}

    response = client.post(reverse("discovery:start", args=[tern.public_id]), given)
    run = Run.objects.get()
    executing.drain(run=run)

    run.refresh_from_db()
    assert response.url == reverse("discovery:run", args=[run.public_id])
    assert len(accounts) == 3
    assert run.has_results
    assert set(run.units.values_list("account", flat=True)) == set(members(aws).values())


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (Faults(deny=(Deny("organizations:ListAccounts"),)), "may not list the organisation"),
        (Faults(deny=(Deny("sts:*"),)), "AWS refused"),
    ],
)
def test_a_list_that_cannot_be_had_is_said_at_the_field(client, tern, management, aws, faults, said):
    aws.set_faults(faults)

    page = send(client, tern, "list", through=management.public_id)

    assert page.status_code == 422
    assert said in page.context["form"].errors["through"][0]


@pytest.mark.parametrize(
    ("act", "fields", "field"),
    [
        ("list", {}, "through"),
        ("list", {"role_name": "arn:aws:iam::1:role/a"}, "role_name"),
        ("list", {"role_name": ""}, "role_name"),
        ("check", {"roles": "  \n"}, "roles"),
        ("add", {"roles": ""}, "roles"),
        ("check", {"roles": role_of(PRODUCTION), "regions": "Frankfurt"}, "regions"),
        ("check", {"roles": role_of(PRODUCTION), "through": "nobody"}, "through"),
    ],
)
def test_what_is_missing_is_said_at_its_field(client, tern, act, fields, field):
    page = send(client, tern, act, **fields)

    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert not AwsAccount.objects.exists()


def test_another_client_s_account_signs_nobody_in(client, tern):
    theirs = make_aws_account(make_organisation("Larkfield"), profile="larkfield")

    assert send(client, tern, "check", role_of(PRODUCTION), through=theirs.public_id).status_code == 422


def test_a_list_that_is_written_is_read_back():
    given = Listing((Listed(PRODUCTION, role_of(PRODUCTION), "an-id", 'Shop, "live"'),))

    [back] = read_roles(listed.as_text(given)).accounts

    assert (back.role_arn, back.external_id, back.name) == (role_of(PRODUCTION), "an-id", 'Shop, "live"')


def test_a_preview_costs_the_same_for_three_accounts_as_for_thirty(tern, django_assert_num_queries):
    for n in range(30):
        make_aws_account(tern, account_id=f"{n:012}")
    listing = Listing(tuple(Listed(f"{n:012}", role_of(f"{n:012}")) for n in range(60)))

    with django_assert_num_queries(1):
        told = listed.preview_of(tern, listing)

    assert (len(told.new), len(told.there)) == (30, 30)
