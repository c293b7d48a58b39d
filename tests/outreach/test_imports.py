"""Contacts from files, as people's programs write them: looked at first, brought in, taken back."""

import base64
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import DomainError, TransitionError
from core.models import Event
from outreach import exports
from outreach.cards import read_cards
from outreach.models import Contact, ContactEmail, ImportBatch, Tag
from outreach.services import contacts, imports
from tests.factories import make_organisation
from tests.outreach_factories import make_contact, make_lead

PLAIN = "Name,E-mail,Company\nMara Lind,mara@lark.example,Larkfield\nOda,oda@tern.example,\n"


def names(content):
    return [card.name for card in read_cards(content).cards]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_csv_is_read_in_any_usual_encoding(encoding):
    assert names("Name,E-mail\nJörg Müßig,j@x.example\n".encode(encoding)) == ["Jörg Müßig"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_csv_is_read_with_any_usual_separator_and_line_ending(delimiter, ending):
    rows = [["Name", "Company", "E-mail"], ["Lind", '"Lark, field; & | Co"', "m@x.example"]]
    if delimiter == "\t":
        rows[1][1] = "Lark, field; & | Co"
    (card,) = read_cards(ending.join(delimiter.join(row) for row in rows).encode()).cards

    assert (card.name, card.company, card.emails) == ("Lind", "Lark, field; & | Co", ("m@x.example",))


def test_old_macs_line_endings_and_excels_hint_are_read():
    assert names(b"sep=;\nName;E-mail\nMara;m@x.example\n") == ["Mara"]


def test_a_quoted_cell_may_hold_line_breaks():
    (card,) = read_cards(b'Name,Notes\nMara,"first\r\nsecond ""quoted"", third"\n').cards

    assert card.notes == 'first\nsecond "quoted", third'


def test_columns_are_known_by_the_names_that_networks_give_them():
    text = (
        "Notes:\nWhen exporting your data some may be missing\n\n"
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Mara,Lind,https://x.example,mara@lark.example,Larkfield,CTO,03 Mar 2026\n"
    )

    (card,) = read_cards(text.encode()).cards

    assert (card.name, card.emails, card.company, card.job) == ("Mara Lind", ("mara@lark.example",), "Larkfield", "CTO")


def test_several_address_columns_are_all_kept():
    text = (
        "Given Name,E-mail 1 - Value,E-mail 2 - Value,Phone 1 - Value,Labels\n"
        "Mara,a@x.example,b@x.example ::: c@x.example,+44,* mine ::: aws\n"
    )

    (card,) = read_cards(text.encode()).cards

    assert card.emails == ("a@x.example", "b@x.example", "c@x.example")
    assert (card.phone, card.tags) == ("+44", ("* mine", "aws"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Apples,Pears\n1,2\n", "Apples"),
        (b"\xff\xfeN\x00a", "damaged|column"),
        (b"PK\x03\x04\x00\x00" + bytes(range(256)), "damaged|column"),
        (b'Name\n"' + b"x" * 300_000, "cannot be read"),
        (b"BEGIN:VCARD\nFN:Mara\n", "does not end"),
        (b"BEGIN:VCARD\nFN:Mara\nBEGIN:VCARD\n", "does not end"),
    ],
)
def test_a_file_that_is_no_list_of_contacts_says_the_mend(content, says):
    with pytest.raises(DomainError, match=says):
        read_cards(content)


def test_a_header_alone_is_nobody():
    assert read_cards(b"Name,E-mail\n").rows == 0


def test_rows_that_cannot_be_stored_are_left_out_and_named_with_their_line():
    rows = [
        "Name,E-mail",
        ",",
        "x" * 300 + ",a@x.example",
        "Mara,not-an-address",
        ",b@x.example",
        '" ","  "',
        "\u202b مارا 🚢,",
    ]

    reading = read_cards("\n".join(rows).encode())

    assert [card.name for card in reading.cards] == ["Mara", "b@x.example", "\u202b مارا 🚢".strip()]
    assert [place for place, _text in reading.remarks] == [3, 4]


def test_what_no_database_stores_is_taken_out():
    assert names(b"Name\nMa\x07ra\x0b\n") == ["Mara"]


@pytest.mark.django_db
def test_our_own_safe_export_comes_back_as_it_was(ada):
    Contact.objects.create(name="=SUM(1)", phone="+44 20 7946 0000", notes="two\nlines")
    text = "".join(exports.contacts_csv())

    (card,) = read_cards(text.encode()).cards

    assert (card.name, card.phone, card.notes) == ("=SUM(1)", "+44 20 7946 0000", "two\nlines")


def test_formulas_in_a_file_stay_text():
    assert names(b'Name\n"=HYPERLINK(""http://x.example"",1)"\n') == ['=HYPERLINK("http://x.example",1)']


V21 = b"""BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;Dr.;\r
ORG;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:B=FCcher & S=F6hne;Sales\r
EMAIL;INTERNET;PREF:joerg@x.example\r
EMAIL;INTERNET:j@home.example\r
TEL;CELL:+49 30 901820\r
NOTE;ENCODING=QUOTED-PRINTABLE:One line=0D=0A=\r
and another=2C soft =\r
broken\r
PHOTO;JPEG;ENCODING=BASE64:\r
 /9j/4AAQSkZJRgABAQEAYABgAAD\r
 EMAIL:not@an.address\r
\r
END:VCARD\r
"""
V30 = b"""BEGIN:VCARD
VERSION:3.0
FN:Mara Lind\\, CTO
N:Lind;Mara;;;
item1.EMAIL;type=INTERNET;type=pref:Mara@lark.example
item1.X-ABLabel:work
ORG:Larkfield\\; Health;IT
TITLE:Chief Tech
 nology Officer
NOTE:first\\nsecond
CATEGORIES:aws,Berlin\\, old
END:VCARD
"""
V40 = """BEGIN:VCARD
VERSION:4.0
FN:مارا
EMAIL;PREF=1;TYPE="work:x":mara@lark.example
TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-0100;ext=5
END:VCARD
BEGIN:VCARD
VERSION:4.0
N:;;;;
EMAIL:only@lark.example
END:VCARD
""".encode()


def test_a_vcard_2_1_of_an_old_phone_is_read():
    (card,) = read_cards(V21).cards

    assert card.name == "Dr. Jörg Müller"
    assert card.company == "Bücher & Söhne"
    assert card.emails == ("joerg@x.example", "j@home.example")
    assert (card.phone, card.notes) == ("+49 30 901820", "One line\nand another, soft broken")


def test_a_vcard_3_0_is_read_unfolded_and_unescaped():
    (card,) = read_cards(V30).cards

    assert (card.name, card.company, card.job) == ("Mara Lind, CTO", "Larkfield; Health", "Chief Technology Officer")
    assert (card.notes, card.tags, card.emails) == ("first\nsecond", ("aws", "Berlin, old"), ("Mara@lark.example",))


def test_a_vcard_4_0_is_read_and_an_address_stands_in_for_a_name():
    first, second = read_cards(V40).cards

    assert (first.name, first.phone, first.emails) == ("مارا", "+1-555-0100", ("mara@lark.example",))
    assert second.name == "only@lark.example"


def test_eight_megabytes_of_photo_are_passed_over_quickly():
    photo = base64.b64encode(bytes(range(256)) * 32_768)
    folded = b"\r\n ".join(photo[at : at + 72] for at in range(0, len(photo), 72))
    content = (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Mara\r\nPHOTO;ENCODING=b:"
        + folded
        + b"\r\nEMAIL:m@x.example\r\nEND:VCARD\r\n"
    )
    began = time.process_time()

    (card,) = read_cards(content).cards

    assert (card.name, card.emails) == ("Mara", ("m@x.example",))
    assert len(str(card.as_json())) < 200
    assert time.process_time() - began < 3


def look(actor, content=PLAIN, name="people.csv"):
    return imports.check_import(name=name, content=content.encode(), actor=actor)


@pytest.mark.django_db
def test_looking_at_a_file_makes_nobody(ada):
    batch = look(ada)

    assert not Contact.objects.exists()
    assert (batch.status, batch.told["new"], batch.told["known"]) == (ImportBatch.Status.CHECKED, 2, 0)


@pytest.mark.django_db
def test_an_import_makes_the_contacts_with_all_that_is_known(ada):
    client = make_organisation("LARKFIELD")
    text = (
        "Name,E-mail,Company,Phone,Where met,Tags,Notes\n"
        "Mara,Mara@lark.example,Larkfield,+44,Cloud evening,aws;Ärzte,Hi\n"
    )

    batch = imports.run_import(batch=look(ada, text), actor=ada)

    mara = Contact.objects.get()
    assert (mara.name, mara.organisation, mara.phone, mara.where_met, mara.notes, mara.batch) == (
        "Mara",
        client,
        "+44",
        "Cloud evening",
        "Hi",
        batch,
    )
    assert [email.normalised for email in mara.emails.all()] == ["mara@lark.example"]
    assert {tag.name for tag in mara.tags.all()} == {"aws", "Ärzte"}
    assert (batch.cards, batch.told["made"]) == ([], 1)
    assert Event.objects.get(what="import.done").actor == ada


@pytest.mark.django_db
def test_who_is_known_already_stays_as_they_are(ada):
    make_contact(ada, "Mara as I know her", emails=["MARA@lark.example"])
    make_contact(ada, "No Address", company="Tern")
    rows = [
        "Name,E-mail,Company",
        "Mara,mara@LARK.example,X",
        "Twice,t@x.example,",
        "Again,T@x.example,",
        "no address,,tern",
        "No Address,,Tern",
    ]

    batch = look(ada, "\n".join(rows))
    imports.run_import(batch=batch, actor=ada)

    assert batch.told["known"] == 4
    assert set(Contact.objects.values_list("name", flat=True)) == {"Mara as I know her", "No Address", "Twice"}


@pytest.mark.django_db
def test_a_tag_that_is_there_in_other_letters_is_taken(ada):
    Tag.objects.create(name="AWS")

    imports.run_import(batch=look(ada, "Name,Tags\nMara,aws\n"), actor=ada)

    assert [tag.name for tag in Contact.objects.get().tags.all()] == ["AWS"]


@pytest.mark.django_db
def test_who_became_known_between_looking_and_importing_is_left_out(ada):
    batch = look(ada)
    make_contact(ada, "Mara", emails=["mara@lark.example"])

    batch = imports.run_import(batch=batch, actor=ada)

    assert (batch.told["made"], batch.told["known_since"]) == (1, 1)


@pytest.mark.django_db
def test_an_import_runs_once(ada):
    batch = imports.run_import(batch=look(ada), actor=ada)

    with pytest.raises(TransitionError, match="already"):
        imports.run_import(batch=batch, actor=ada)

    assert Contact.objects.count() == 2


@pytest.mark.django_db
def test_taking_back_leaves_those_whom_somebody_worked_with(ada):
    other = make_contact(ada, "Was here before", emails=["before@x.example"])
    rows = [f"Person {number},p{number}@x.example" for number in range(4)]
    batch = imports.run_import(batch=look(ada, "\n".join(["Name,E-mail", *rows])), actor=ada)
    led, changed, *_rest = Contact.objects.filter(batch=batch)
    make_lead(ada, contact=led)
    particulars = contacts.ContactParticulars(name="Changed", emails=("p1@x.example",))
    contacts.change_contact(contact=changed, particulars=particulars, actor=ada)

    batch = imports.undo_import(batch=batch, actor=ada)

    assert set(Contact.objects.all()) == {other, led, changed}
    assert (batch.status, batch.told["kept"], ContactEmail.objects.count()) == (ImportBatch.Status.UNDONE, 2, 3)
    with pytest.raises(TransitionError):
        imports.undo_import(batch=batch, actor=ada)


@pytest.mark.django_db
def test_looking_at_the_next_file_forgets_the_one_before(ada):
    done = imports.run_import(batch=look(ada), actor=ada)
    look(ada)

    last = look(ada)

    assert set(ImportBatch.objects.all()) == {done, last}


def many(count=imports.MOST_IN_REQUEST + 1, start=0):
    rows = (f"Person {number},p{number}@x.example" for number in range(start, start + count))
    return "\n".join(["Name,E-mail", *rows]) + "\n"


@pytest.fixture
def rung(monkeypatch):
    """Imports that a worker was rung for; none comes by itself here."""
    heard = []
    monkeypatch.setattr(imports.tasks.work_on_import, "delay", heard.append)
    return heard


def look_at_many(ada):
    batch = look(ada, many())
    imports.work_on_import(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def start(ada):
    batch = look_at_many(ada)
    imports.start_import(batch=batch, actor=ada)
    batch.refresh_from_db()
    return batch


@pytest.mark.django_db
def test_a_short_file_is_looked_at_and_imported_at_once(ada, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        batch = look(ada, many(5))
        imports.start_import(batch=batch, actor=ada)

    assert (rung, Contact.objects.count()) == ([], 5)


@pytest.mark.django_db
def test_a_long_file_is_looked_at_by_a_worker(ada, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        batch = look(ada, many())
    assert (rung, batch.status, batch.cards) == ([batch.pk], ImportBatch.Status.READING, [])

    imports.work_on_import(batch_id=batch.pk)

    batch.refresh_from_db()
    assert (batch.status, batch.told["new"], batch.content) == (ImportBatch.Status.CHECKED, 2001, None)
    assert len(batch.sample) == 25
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_a_long_file_that_cannot_be_read_says_so(ada, rung):
    batch = look(ada, "Apples\n" + "1\n" * 2_001)

    imports.work_on_import(batch_id=batch.pk)

    batch.refresh_from_db()
    assert batch.status == ImportBatch.Status.FAILED
    assert "Apples" in batch.told["refused"]
    imports.discard_import(batch=batch)
    assert not ImportBatch.objects.exists()


@pytest.mark.both
@pytest.mark.django_db
def test_a_long_import_is_a_workers_and_a_second_delivery_does_nothing(ada, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        batch = start(ada)
    assert (batch.status, rung[-1], Contact.objects.count()) == (ImportBatch.Status.RUNNING, batch.pk, 0)
    with pytest.raises(TransitionError):
        imports.start_import(batch=batch, actor=ada)

    imports.work_on_import(batch_id=batch.pk)
    imports.work_on_import(batch_id=batch.pk)

    batch.refresh_from_db()
    assert (batch.status, batch.taken, batch.told["made"]) == (ImportBatch.Status.DONE, 2001, 2001)
    assert Contact.objects.count() == ContactEmail.objects.count() == 2001
    assert Event.objects.get(what="import.done").actor == ada
    imports.undo_import(batch=batch, actor=ada)
    assert not Contact.objects.exists()


@pytest.mark.both
@pytest.mark.django_db
def test_what_a_lost_worker_left_is_taken_up_where_it_stopped(ada, rung, monkeypatch):
    batch = start(ada)
    taken = imports._take_step

    def dies_at_the_second(batch_id, at, cards):
        if at:
            raise ConnectionError
        return taken(batch_id, at, cards)

    monkeypatch.setattr(imports, "_take_step", dies_at_the_second)
    with pytest.raises(ConnectionError):
        imports.work_on_import(batch_id=batch.pk)
    monkeypatch.setattr(imports, "_take_step", taken)
    batch.refresh_from_db()
    assert (batch.taken, Contact.objects.count()) == (1000, 1000)

    imports.work_on_import(batch_id=batch.pk)  # the first may be alive: nothing is done yet
    imports.resume_imports()
    assert (Contact.objects.count(), rung) == (1000, [])

    ImportBatch.objects.update(beat_at=batch.beat_at - imports.SILENCE)
    imports.resume_imports()
    assert rung == [batch.pk]
    imports.work_on_import(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.told["made"]) == (ImportBatch.Status.DONE, 2001)
    assert Contact.objects.count() == 2001


@pytest.mark.django_db
def test_a_worker_that_was_overtaken_stops(ada, rung):
    batch = start(ada)
    imports.work_on_import(batch_id=batch.pk)

    assert not imports._take_step(batch.pk, 0, batch.cards[:10])
    assert Contact.objects.count() == 2001


@pytest.mark.django_db
def test_the_page_shows_how_far_a_long_import_is(client, ada, rung):
    client.force_login(ada)
    batch = look(ada, many())
    url = reverse("outreach:import-batch", args=[batch.public_id])
    assert "being looked at" in client.get(url).content.decode()
    imports.work_on_import(batch_id=batch.pk)
    assert "Import 2001 contacts" in client.get(url).content.decode()

    client.post(reverse("outreach:import-run", args=[batch.public_id]))
    ImportBatch.objects.update(taken=1000)

    page = client.get(url).content.decode()
    assert "1,000 of 2,001" in page
    assert 'hx-trigger="every 2s"' in page
    assert client.post(reverse("outreach:import-undo", args=[batch.public_id])).status_code == 409
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    assert not any('"cards"' in one["sql"] or '"content"' in one["sql"] for one in captured.captured_queries)


@pytest.mark.both
@pytest.mark.slow
@pytest.mark.django_db
def test_fifty_thousand_rows_come_in_and_go_again(ada, rung):
    rows = "\n".join(
        f"Person {number},p{number}@x.example,Company {number % 900},tag {number % 7}" for number in range(50_000)
    )

    batch = look(ada, f"Name,E-mail,Company,Tags\n{rows}")
    imports.work_on_import(batch_id=batch.pk)
    batch.refresh_from_db()
    imports.start_import(batch=batch, actor=ada)
    imports.work_on_import(batch_id=batch.pk)

    assert Contact.objects.count() == ContactEmail.objects.count() == 50_000
    imports.undo_import(batch=batch, actor=ada)
    assert not Contact.objects.exists()
