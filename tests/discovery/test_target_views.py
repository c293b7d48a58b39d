"""Saying what may be audited: ways into AWS accounts, repositories, Terraform states."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.errors import DomainError
from core.models import Event
from discovery.models import AwsAccount, Repository, StateFile
from discovery.services import targets
from infra_audit.inventory import Ending, Place, Unit
from tests.discovery_factories import make_aws_account, make_repository, make_shard
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/auditor"
ADDRESS = "https://git.example.com/tern/platform.git"


def page_of(name, *args):
    return reverse(f"discovery:{name}", args=args)


@pytest.fixture
def tern(ada, client):
    """A client; ada is signed in."""
    client.force_login(ada)
    return make_organisation("Tern & Tide")


def add_account(client, organisation, **fields):
    given = {"name": "production", "way": "role", "role_arn": ROLE, "consent": "metadata", **fields}
    return client.post(page_of("account-new", organisation.public_id), given)


def state_file(*, version=4, name="production.tfstate", resources=3, secret=""):
    found = [
        {
            "mode": "managed",
            "type": "aws_s3_bucket",
            "name": f"b{number}",
            "instances": [{"attributes": {"id": f"bucket-{number}", "note": secret}}],
        }
        for number in range(resources)
    ]
    return SimpleUploadedFile(name, json.dumps({"version": version, "resources": found}).encode())


def upload(client, organisation, state, **fields):
    return client.post(page_of("state-new", organisation.public_id), {"state": state, **fields})


def test_targets_are_staffs_alone(client, ada, ben, cleo):
    organisation = ben.memberships.get().organisation
    account, repository = make_aws_account(organisation), make_repository(organisation)
    state = organisation.state_files.create(name="s", unit={"rows": []})
    pages = [page_of(f"{name}-new", organisation.public_id) for name in ("account", "repository", "state")]
    pages += [page_of("role", organisation.public_id), page_of("repository-send", organisation.public_id)]
    pages += [page_of("account", account.public_id), page_of("read-policy", "metadata")]
    pages += [page_of("account-policy", account.public_id)]
    posts = [page_of("account-remove", account.public_id), page_of("repository-remove", repository.public_id)]
    posts += [page_of("state-remove", state.public_id)]
    for url in pages:
        client.logout()
        assert client.get(url).url.startswith(reverse("account_login")), url
        for user, status in ((ada, 200), (ben, 404), (cleo, 404)):
            client.force_login(user)
            assert client.get(url).status_code == status, (url, user)
    for url in posts:
        for user in (ben, cleo):
            client.force_login(user)
            assert client.post(url).status_code == 404, (url, user)
        client.force_login(ada)
        assert client.get(url).status_code == 405

    assert AwsAccount.objects.exists()
    assert Repository.objects.exists()
    assert StateFile.objects.exists()


def test_a_role_is_added_with_the_external_id_that_was_shown(client, tern):
    shown = client.get(page_of("account-new", tern.public_id)).context["external_id"]

    response = add_account(client, tern, regions="eu-west-1, us-east-1 eu-west-1")

    account = tern.aws_accounts.get()
    assert response.url == page_of("client", tern.public_id)
    assert (account.role_arn, account.external_id, account.profile) == (ROLE, shown, "")
    assert account.regions == ["eu-west-1", "us-east-1"]
    assert not account.reads_configuration


def test_what_aws_charges_for_is_asked_once_the_client_agreed_and_for_that_account_alone(client, tern):
    add_account(client, tern)
    account = tern.aws_accounts.get()
    assert not account.target(metadata_only=False).paid_calls

    url = page_of("account", account.public_id)
    values = {"name": account.name, "way": "role", "role_arn": ROLE, "consent": "metadata"}
    client.post(url, {**values, "paid_calls": "on"})
    account.refresh_from_db()

    assert account.target(metadata_only=False).paid_calls
    assert "checked" in str(client.get(url).context["form"]["paid_calls"])
    event = Event.objects.get(what="aws_account.paid_calls_agreed")
    assert event.data["agreed"] is True
    client.post(url, {**values, "paid_calls": "on"})
    assert Event.objects.filter(what="aws_account.paid_calls_agreed").count() == 1
    client.post(url, {**values, "role_arn": ROLE.replace("audit", "other"), "paid_calls": ""})
    account.refresh_from_db()
    assert not account.paid_calls


def test_another_way_in_needs_a_new_word_on_what_aws_charges_for(tern, ada):
    account = make_aws_account(tern, role_arn=ROLE, external_id="agreed", paid_calls=True)
    way = targets.WayIn(name=account.name, role_arn="", external_id="", profile="harbour", regions=[])

    targets.change_aws_account(account=account, way=way, actor=ada)

    assert not account.paid_calls


def test_each_client_has_an_external_id_of_its_own_that_stays(tern):
    first = targets.external_id_for(tern)

    assert targets.external_id_for(tern) == first
    assert targets.external_id_for(make_organisation("Larkfield")) != first
    assert len(first) >= 32


def test_an_external_id_in_use_is_shown_again(client, tern):
    make_aws_account(tern, role_arn=ROLE, external_id="agreed-long-ago")

    assert client.get(page_of("account-new", tern.public_id)).context["external_id"] == "agreed-long-ago"


OURS = "arn:aws:iam::210987654321:user/ada"


def role_page(client, organisation, **fields):
    given = {"principal": OURS, "until": "2099-01-31", "tier": "metadata", **fields}
    return client.get(page_of("role", organisation.public_id), given)


def test_the_role_is_written_both_ways_with_the_external_id_that_the_account_will_have(client, tern):
    shown = client.get(page_of("account-new", tern.public_id))
    assert page_of("role", tern.public_id) in shown.content.decode()

    page = role_page(client, tern)

    assert page.status_code == 200
    for text in (page.context["cloudformation"], page.context["terraform"]):
        for said in (OURS, shown.context["external_id"], "2099-01-31T00:00:00Z", "FOR YOUR SECURITY PEOPLE"):
            assert said in text
        assert "ssm:GetParameters\n" not in text.replace('"', "").replace(",", "").partition("Deny")[0]
    assert not AwsAccount.objects.exists()


@pytest.mark.parametrize(("kind", "name"), [("cloudformation", "role.yaml"), ("terraform", "role.tf")])
def test_each_file_is_an_attachment(client, tern, kind, name):
    page, file = role_page(client, tern, tier="configuration"), role_page(client, tern, tier="configuration", file=kind)

    assert file.content.decode() == page.context[kind]
    assert file["Content-Disposition"] == f'attachment; filename="infra-audit-{name}"'


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"principal": "arn:aws:iam::210987654321:root"}, "principal"),
        ({"principal": "*"}, "principal"),
        ({"principal": ""}, "principal"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "soon"}, "until"),
        ({"tier": "everything"}, "tier"),
        ({"tier": "states"}, "state_objects"),
        ({"tier": "states", "state_objects": "s3://tern-states/*"}, "state_objects"),
    ],
)
def test_a_role_that_cannot_be_is_refused_at_its_field(client, tern, fields, field):
    for more in ({}, {"file": "terraform"}):
        page = role_page(client, tern, **fields, **more)

        assert page.status_code == 422
        assert list(page.context["form"].errors) == [field]


def test_the_role_opens_exactly_the_states_named(client, tern):
    page = role_page(client, tern, tier="states", state_objects="s3://tern-states/prod.tfstate")
    other = role_page(client, tern, tier="configuration", state_objects="s3://tern-states/prod.tfstate")

    assert "arn:aws:s3:::tern-states/prod.tfstate" in page.context["terraform"]
    assert "tern-states" not in other.context["terraform"]


def test_the_role_of_the_management_account_may_list_the_others_and_no_other_may(client, tern):
    for page, times in ((role_page(client, tern, lists_organisation="on"), 1), (role_page(client, tern), 0)):
        assert page.context["cloudformation"].count("organizations:ListAccounts") == times
        assert page.context["terraform"].count("organizations:ListAccounts") == times


def test_the_role_s_notice_tells_the_pace_of_the_settings(client, tern, settings):
    settings.AWS_REQUESTS_PER_SECOND = 5

    assert "at most 5 requests a second to one service" in role_page(client, tern).context["terraform"]


def test_the_role_s_page_is_empty_until_it_is_asked_for(client, tern):
    page = client.get(page_of("role", tern.public_id))

    assert (page.status_code, page.context["cloudformation"]) == (200, "")
    assert page.context["form"]["until"].value()


def test_a_profile_is_added_without_what_was_typed_for_a_role(client, tern):
    add_account(client, tern, way="profile", role_arn="half an ARN", profile="tern-staging")

    account = tern.aws_accounts.get()
    assert (account.profile, account.role_arn, account.external_id) == ("tern-staging", "", "")


def test_consent_is_kept_with_who_agreed_who_recorded_and_when(client, tern, ada):
    add_account(client, tern, consent="configuration", agreed_by="Ben Okafor")

    account = tern.aws_accounts.get()
    assert account.reads_configuration
    assert (account.consent_given_by, account.consent_by) == ("Ben Okafor", ada)
    page = client.get(page_of("client", tern.public_id)).content.decode()
    assert "agreed by Ben Okafor" in page
    assert "recorded by Ada" in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"role_arn": ""}, "role_arn"),
        ({"role_arn": "arn:aws:iam::123456789012:user/ada"}, "role_arn"),
        ({"role_arn": "AKIA"}, "role_arn"),
        ({"role_arn": "arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:role/auditor"}, "role_arn"),
        ({"role_arn": "arn:aws:iam::123456789012:role/prüfer"}, "role_arn"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"regions": "Frankfurt"}, "regions"),
        ({"regions": "eu-west-1; drop"}, "regions"),
        ({"way": "keys"}, "way"),
        ({"consent": "everything"}, "consent"),
        ({"consent": "configuration"}, "agreed_by"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(client, tern, fields, field):
    response = add_account(client, tern, **fields)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not AwsAccount.objects.exists()


def test_two_accounts_of_one_name_are_refused(client, tern):
    add_account(client, tern)

    response = add_account(client, tern)

    assert response.status_code == 422
    assert "already has an account called production" in response.context["form"].errors["name"][0]
    assert AwsAccount.objects.count() == 1


def edit(client, account, **fields):
    given = {
        "name": account.name,
        "way": "role",
        "role_arn": account.role_arn,
        "consent": account.consent,
        "agreed_by": account.consent_given_by,
        "state_objects": "\n".join(account.state_objects),
        **fields,
    }
    return client.post(page_of("account", account.public_id), given)


def test_an_account_is_renamed_and_what_was_agreed_stays_as_recorded(client, tern):
    add_account(client, tern, consent="configuration", agreed_by="Ben")
    account = tern.aws_accounts.get()
    recorded = account.consent_at

    assert edit(client, account, name="prod").url == page_of("client", tern.public_id)

    account.refresh_from_db()
    assert (account.name, account.consent_at) == ("prod", recorded)
    assert Event.objects.filter(what="aws_account.consent_recorded").count() == 1


def test_another_role_is_another_account_so_its_consent_is_recorded_anew(client, tern):
    add_account(client, tern, consent="configuration", agreed_by="Ben")
    account = tern.aws_accounts.get()
    AwsAccount.objects.update(account_id="123456789012", alias="tern")

    edit(client, account, role_arn="arn:aws:iam::210987654321:role/auditor")

    account.refresh_from_db()
    assert (account.account_id, account.alias) == ("", "")
    assert account.reads_configuration
    assert Event.objects.filter(what="aws_account.consent_recorded").count() == 2


def test_consent_is_withdrawn(client, tern):
    add_account(client, tern, consent="configuration", agreed_by="Ben")
    account = tern.aws_accounts.get()

    edit(client, account, consent="metadata")

    account.refresh_from_db()
    assert not account.reads_configuration
    assert account.consent_given_by == ""
    assert account.consent_at


def test_editing_keeps_the_endpoint_that_no_form_shows(client, tern):
    account = make_aws_account(tern, role_arn=ROLE, external_id="e" * 8, endpoint_url="http://localhost:4566")

    edit(client, account, name="emulated")

    account.refresh_from_db()
    assert account.endpoint_url == "http://localhost:4566"


def test_an_account_cannot_take_anothers_name(client, tern):
    make_aws_account(tern, name="staging")
    account = make_aws_account(tern, name="production", role_arn=ROLE, external_id="e" * 8)

    assert edit(client, account, name="staging").status_code == 422

    account.refresh_from_db()
    assert account.name == "production"


def test_an_unused_account_is_removed_and_a_used_one_stays(client, tern):
    unused, used = make_aws_account(tern), make_aws_account(tern)
    make_shard(aws_account=used)

    client.post(page_of("account-remove", unused.public_id))
    page = client.post(page_of("account-remove", used.public_id), follow=True).content.decode()

    assert "Earlier audits rest on this one" in page
    assert tern.aws_accounts.get() == used


@pytest.mark.parametrize(("tier", "reads_user_data"), [("metadata", False), ("configuration", True)])
def test_the_policy_to_download_allows_what_was_agreed_and_no_more(client, tern, tier, reads_user_data):
    response = client.get(page_of("read-policy", tier))

    assert response["Content-Disposition"].startswith("attachment")
    allowed = [one for one in json.loads(response.content)["Statement"] if one["Effect"] == "Allow"]
    actions = {action for one in allowed for action in one["Action"]}
    assert ("ec2:DescribeInstanceAttribute" in actions) == reads_user_data
    assert "rds:DescribeDBInstances" in actions


STATE = "s3://tern-states/prod/terraform.tfstate"


def test_named_states_are_kept_with_who_agreed_and_given_to_the_engine(client, tern, ada):
    add_account(client, tern, consent="states", agreed_by="Ben Okafor", state_objects=f"{STATE}\n\n{STATE}\n")

    account = tern.aws_accounts.get()
    assert account.reads_configuration
    assert account.state_objects == [STATE]
    assert (account.consent_given_by, account.consent_by) == ("Ben Okafor", ada)
    assert [str(one) for one in account.target(metadata_only=False).state_objects] == [STATE]
    assert Event.objects.get(what="aws_account.consent_recorded").data["states"] == [STATE]
    assert "one Terraform state" in client.get(page_of("client", tern.public_id)).content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "state_objects"),
        ({"state_objects": "s3://tern-states/*"}, "state_objects"),
        ({"state_objects": "prod.tfstate"}, "state_objects"),
        ({"state_objects": STATE, "agreed_by": ""}, "agreed_by"),
    ],
)
def test_a_state_is_named_exactly_and_by_somebodys_word(client, tern, fields, field):
    response = add_account(client, tern, **{"consent": "states", "agreed_by": "Ben", **fields})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not AwsAccount.objects.exists()


def test_other_states_are_other_consent(client, tern):
    add_account(client, tern, consent="states", agreed_by="Ben", state_objects=STATE)
    account = tern.aws_accounts.get()

    edit(client, account, state_objects=STATE)
    assert Event.objects.filter(what="aws_account.consent_recorded").count() == 1

    edit(client, account, state_objects=f"{STATE}2")
    assert Event.objects.filter(what="aws_account.consent_recorded").count() == 2

    edit(client, account, consent="configuration", state_objects=STATE)
    account.refresh_from_db()
    assert (account.state_objects, account.target(metadata_only=False).state_objects) == ([], ())


def test_another_role_was_not_agreed_to_read_these_states(client, tern):
    add_account(client, tern, consent="states", agreed_by="Ben", state_objects=STATE)
    account = tern.aws_accounts.get()

    edit(client, account, role_arn="arn:aws:iam::210987654321:role/auditor", consent="metadata")

    account.refresh_from_db()
    assert account.state_objects == []


def test_the_policy_of_an_account_opens_exactly_the_states_named(client, tern):
    add_account(client, tern, consent="states", agreed_by="Ben", state_objects=STATE)

    response = client.get(page_of("account-policy", tern.aws_accounts.get().public_id))

    statements = {one["Sid"]: one for one in response.json()["Statement"]}
    assert statements["ReadNamedStates"]["Resource"] == ["arn:aws:s3:::tern-states/prod/terraform.tfstate"]
    assert statements["NeverReadOtherObjects"]["NotResource"] == statements["ReadNamedStates"]["Resource"]
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert client.get(page_of("read-policy", "states")).status_code == 404


def test_consent_to_states_needs_states_and_a_name(tern):
    account = make_aws_account(tern)
    with pytest.raises(DomainError):
        targets.record_consent(account=account, consent=AwsAccount.Consent.STATES, agreed_by="Ben", actor=None)


def test_there_is_no_policy_of_another_tier(client, tern):
    assert client.get(page_of("read-policy", "everything")).status_code == 404


def add_repository(client, organisation, location, **fields):
    return client.post(page_of("repository-new", organisation.public_id), {"location": location, **fields})


@pytest.mark.parametrize(
    "location", [ADDRESS, "ssh://git@git.example.com/tern/platform.git", "git@git.example.com:tern/platform.git"]
)
def test_a_repository_is_added_by_its_address(client, tern, location):
    add_repository(client, tern, location)

    repository = tern.repositories.get()
    assert (repository.location, repository.name) == (location, "tern/platform")


def test_a_repository_of_this_machine_is_added_by_its_folder(client, tern, tmp_path):
    (tmp_path / "shop").mkdir()

    add_repository(client, tern, f" {tmp_path}/shop ")

    assert tern.repositories.get().name == "shop"


def test_the_same_repository_twice_is_one(client, tern):
    add_repository(client, tern, ADDRESS)
    add_repository(client, tern, ADDRESS)

    assert tern.repositories.count() == 1


def test_two_repositories_of_one_name_are_told_apart(client, tern):
    add_repository(client, tern, ADDRESS, name="platform")
    add_repository(client, tern, "https://git.example.com/larkfield/platform", name="platform")

    assert sorted(tern.repositories.values_list("name", flat=True)) == ["platform", "platform-2"]


@pytest.mark.parametrize("user", ["ada:{}@", "{}@"])
def test_credentials_in_an_address_are_refused_and_never_stored(client, tern, user):
    token = "t" * 20

    response = add_repository(client, tern, f"https://{user.format(token)}git.example.com/tern/platform.git")

    assert response.status_code == 422
    assert "never stored" in response.context["form"].errors["location"][0]
    assert not Repository.objects.exists()
    assert not Event.objects.filter(what="repository.added").exists()


@pytest.mark.parametrize(
    "location",
    ["", "shop", "../shop", "/no/such/folder", "http://git.example.com/x", "file:///etc", "ext::sh -c id", "https://"],
)
def test_a_place_that_can_never_be_read_is_refused_in_a_sentence(client, tern, location):
    response = add_repository(client, tern, location)

    assert response.status_code == 422
    assert response.context["form"].errors["location"]
    assert not Repository.objects.exists()


def test_an_unread_repository_is_removed_and_a_read_one_stays(client, tern):
    unread, read = make_repository(tern), make_repository(tern)
    make_shard(repository=read, kind="repository")

    client.post(page_of("repository-remove", unread.public_id))
    page = client.post(page_of("repository-remove", read.public_id), follow=True).content.decode()

    assert "Earlier audits rest on this one" in page
    assert tern.repositories.get() == read


@pytest.mark.both  # counted by a function that each database calls otherwise
def test_of_a_state_only_the_ids_are_kept(client, tern):
    secret = "s3" * 12

    response = upload(client, tern, state_file(secret=secret))

    assert response.url == page_of("client", tern.public_id)
    state = tern.state_files.get()
    assert state.name == "production.tfstate"
    assert {row["id"] for row in state.unit["rows"]} == {"bucket-0", "bucket-1", "bucket-2"}
    assert secret not in json.dumps(state.unit)
    (line,) = client.get(response.url).context["page"].states
    assert line.resources == 3


def test_nothing_of_an_upload_is_left_on_disk(client, tern, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    upload(client, tern, state_file())
    upload(client, tern, SimpleUploadedFile("bad.tfstate", b"{"))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (SimpleUploadedFile("a.tfstate", b'{"version": 4, "resources": ['), "cut off"),
        (state_file(version=3), "version 3"),
        (SimpleUploadedFile("a.tfstate", b"resource {}"), "not JSON"),
        (SimpleUploadedFile("a.tfstate", b"[]"), "no Terraform state"),
        (SimpleUploadedFile("a.tfstate", b""), "empty"),
    ],
    ids=["truncated", "version 3", "HCL", "another JSON", "empty"],
)
def test_what_is_no_state_is_refused_in_a_sentence(client, tern, state, sentence):
    state.seek(0)

    response = upload(client, tern, state)

    assert response.status_code == 422
    assert sentence in response.context["form"].errors["state"][0]
    assert not StateFile.objects.exists()


def test_a_state_that_is_too_large_is_refused_with_the_way_out(client, tern, monkeypatch):
    monkeypatch.setattr("discovery.forms.MOST_UPLOADED_BYTES", 100)

    response = upload(client, tern, state_file())

    assert response.status_code == 422
    assert "strip-state" in response.context["form"].errors["state"][0]


def test_one_state_does_not_take_anothers_place_unseen(client, tern):
    upload(client, tern, state_file(resources=1))

    assert upload(client, tern, state_file(resources=2)).status_code == 422
    upload(client, tern, state_file(resources=2), name="staging")
    upload(client, tern, state_file(resources=5), replace="on")

    kept = {state.name: len(state.unit["rows"]) for state in tern.state_files.all()}
    assert kept == {"production.tfstate": 5, "staging": 2}


@pytest.mark.parametrize("name", ["🚢" * 60 + ".tfstate", "..", "a/b\\c.tfstate", "x" * 190 + ".tfstate"])
def test_any_file_name_is_taken(tern, ada, name):
    content = io.BytesIO(state_file().read())

    targets.add_uploaded_state(organisation=tern, file=content, name=name, actor=ada)

    assert tern.state_files.get().name == name


def test_a_state_is_removed(client, tern, ada):
    unit = Unit("tfstate.resources", Place(), Ending.OK, ())
    state = targets.store_state(organisation=tern, name="old.tfstate", unit=unit, actor=ada)

    client.post(page_of("state-remove", state.public_id))

    assert not StateFile.objects.exists()
    assert Event.objects.get(what="state.removed").actor == ada
