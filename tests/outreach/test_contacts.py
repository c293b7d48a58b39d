"""Contacts: one mailbox is one person, met at an occasion, and kept where a lead needs them."""

import csv
import io

import pytest
from django.core.exceptions import ValidationError

from core.errors import DomainError
from core.models import Event
from outreach import exports, queries
from outreach.addresses import normalise
from outreach.models import Contact, Encounter, Lead, Occasion
from outreach.services import contacts
from outreach.services.contacts import ContactParticulars, DuplicateError, Meeting
from tests.factories import make_consultant, make_organisation
from tests.outreach_factories import day, make_contact, make_encounter, make_lead, make_touch
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Mara@Example.COM", "mara@example.com"),
        ("  mara@example.com \u200b", "mara@example.com"),
        ("mara+aws@example.com", "mara+aws@example.com"),
        ("mara@Bücher.example", "mara@xn--bcher-kva.example"),
        ("mara@xn--bcher-kva.example", "mara@xn--bcher-kva.example"),
        ("mara@example.com.", "mara@example.com"),
        ("mailto:mara@example.com", "mara@example.com"),
    ],
)
def test_one_mailbox_has_one_spelling(typed, kept):
    assert normalise(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "mara", "mara@", "@example.com", "a b@example.com", "x" * 300 + "@e.com", "a@b..c"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError):
        normalise(typed)


def test_somebody_is_known_by_any_of_their_addresses(ada):
    mara = make_contact(ada, emails=["mara@work.example", "Mara@Home.example"])

    with pytest.raises(DuplicateError) as refusal:
        make_contact(ada, "M. Lind", emails=["new@work.example", "mara@home.EXAMPLE "])

    assert refusal.value.known == mara
    assert Contact.objects.count() == 1


def test_two_spellings_of_one_mailbox_are_kept_once_as_first_written(ada):
    mara = make_contact(ada, emails=["Mara@work.example", "mara@WORK.example", "m@home.example"])

    assert [str(email) for email in mara.emails.all()] == ["Mara@work.example", "m@home.example"]


def test_changing_a_contact_keeps_its_own_addresses_and_reorders_them(ada):
    mara = make_contact(ada, emails=["a@x.example", "b@x.example"], tags=["aws"])
    particulars = ContactParticulars(name="Mara", emails=("b@x.example", "a@x.example"), tags=("AWS", "berlin"))

    contacts.change_contact(contact=mara, particulars=particulars, actor=ada)

    assert [str(email) for email in mara.emails.all()] == ["b@x.example", "a@x.example"]
    assert [tag.name for tag in mara.tags.all()] == ["aws", "berlin"]
    assert Event.objects.get(what="contact.changed").actor == ada


def test_a_contact_of_a_clients_company_belongs_to_the_client(ada):
    client = make_organisation("Tern & Tide")

    assert make_contact(ada, company="TERN & tide").organisation == client
    assert make_contact(ada, "Nobody", company="Elsewhere").organisation is None


def test_a_contact_is_deleted_with_what_was_noted_of_them(ada):
    mara = make_contact(ada, emails=["a@x.example"])
    make_encounter(ada, mara)
    make_touch(ada, contact=mara)

    contacts.delete_contact(contact=mara, actor=ada)

    assert not Contact.objects.exists()
    assert Event.objects.get(what="contact.deleted").actor == ada


def test_a_contact_of_a_lead_stays(ada):
    mara = make_contact(ada)
    make_lead(ada, contact=mara)

    with pytest.raises(DomainError, match="the record stays"):
        contacts.delete_contact(contact=mara, actor=ada)

    assert Contact.objects.get() == mara
    assert not Event.objects.filter(what="contact.deleted").exists()


def test_an_event_of_that_name_within_a_month_is_the_same(ada):
    mara = make_contact(ada)
    for on, name in ((-60, "Cloud evening"), (-5, "Cloud evening"), (0, "cloud EVENING"), (0, "Other")):
        make_encounter(ada, mara, on=on, occasion=name)

    assert sorted((one.name, one.on) for one in Occasion.objects.all()) == [
        ("Cloud evening", day(-60)),
        ("Cloud evening", day(-5)),
        ("Other", day()),
    ]


def test_nobody_was_met_tomorrow(ada):
    with pytest.raises(DomainError, match="still to come"):
        make_encounter(ada, make_contact(ada), on=1)


def test_a_card_becomes_contact_meeting_and_lead_at_once(ada):
    particulars = ContactParticulars(name="Mara", company="Larkfield", emails=("mara@lark.example",))
    meeting = Meeting(occasion="Cloud evening", card_received=True, said="No backups since May")

    mara, lead = contacts.quick_add(particulars=particulars, meeting=meeting, step_on=day(3), actor=ada)

    met = Encounter.objects.get(contact=mara)
    assert (met.occasion.name, met.card_received, met.said, met.on) == (
        "Cloud evening",
        True,
        "No backups since May",
        day(),
    )
    assert (lead.contact, lead.company, lead.follow_ups.get().due_on) == (mara, "Larkfield", day(3))


def test_a_card_that_is_refused_leaves_nothing_behind(ada):
    with pytest.raises(DomainError):
        contacts.quick_add(
            particulars=ContactParticulars(name="Mara"), meeting=Meeting("Evening"), step_on=day(-1), actor=ada
        )

    assert not Contact.objects.exists()
    assert not Lead.objects.exists()
    assert not Occasion.objects.exists()


@pytest.mark.parametrize("words", ["mara", "LIND", "larkfield", "mara lark", "lark.example"])
def test_somebody_is_found_by_name_company_and_address(ada, words):
    mara = make_contact(ada, company="Larkfield", emails=["m.lind@lark.example"])
    make_contact(ada, "Somebody Else", emails=["else@other.example"])

    assert list(queries.contacts(words)) == [mara]


def test_contacts_are_narrowed_by_what_they_are_and_by_tag(ada):
    buyer = make_contact(ada, "Buyer", economic_buyer=True, is_peer=False)
    peer = make_contact(ada, "Peer", is_peer=True, tags=["aws", "berlin"])
    make_contact(ada, "Unknown")

    assert list(queries.contacts(kind="buyer")) == list(queries.contacts(kind="non_peer")) == [buyer]
    assert list(queries.contacts(kind="peer")) == list(queries.contacts(tag="aws")) == [peer]


def test_the_same_address_is_sure_and_the_same_name_a_guess(ada):
    mara = make_contact(ada, emails=["mara@lark.example"])
    other = make_contact(ada, "Other Mara")

    found = queries.contacts_alike(name="other  MARA", email="MARA@lark.example")

    assert [(one.contact, one.sure) for one in found] == [(mara, True), (other, False)]
    assert queries.contacts_alike(name="", email="mar") == []


def exported(**choice):
    text = "".join(exports.contacts_csv(**choice))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_exported_cell_runs_in_a_spreadsheet(ada, start):
    evil = start + "HYPERLINK(1)"
    Contact.objects.create(name=evil, phone="+44 20 7946 0000", notes="harmless")

    (safe,), (raw,) = exported(), exported(raw=True)

    assert (safe["Name"], safe["Phone"], safe["Notes"]) == (f"'{evil}", "'+44 20 7946 0000", "harmless")
    assert (raw["Name"], raw["Phone"]) == (evil, "+44 20 7946 0000")


def test_the_export_holds_everything_of_a_contact(ada):
    make_contact(
        ada, company="Larkfield", job="CTO", emails=["a@x.example", "b@x.example"], tags=["aws"], is_peer=False
    )

    (row,) = exported()

    assert (row["Company"], row["Job"], row["E-mail"], row["Further e-mails"], row["Tags"], row["Peer"]) == (
        "Larkfield",
        "CTO",
        "a@x.example",
        "b@x.example",
        "aws",
        "no",
    )


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_the_same_card_down_at_once_one_does():
    from django.db import connection

    ada = make_consultant("ada")

    def write():
        try:
            return make_contact(ada, emails=["mara@lark.example"])
        except DuplicateError as refusal:
            return refusal
        finally:
            connection.close()

    answers = all_at_once(4, write)

    assert sorted(type(one).__name__ for one in answers) == ["Contact", *["DuplicateError"] * 3]
    assert Contact.objects.count() == 1
