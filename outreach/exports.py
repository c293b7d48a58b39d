"""Contacts as CSV, for a spreadsheet or for another address book."""

import csv
import io
from collections.abc import Iterator

from core.cells import safe_cell as safe_cell
from outreach.models import Contact

HEADER = (
    "Name",
    "E-mail",
    "Further e-mails",
    "Phone",
    "Company",
    "Job",
    "Peer",
    "Decides about money",
    "Where met",
    "Tags",
    "Notes",
)


def contacts_csv(*, raw: bool = False) -> Iterator[str]:
    """Line by line, all contacts by name. Cells that a spreadsheet would run as formulas get an apostrophe before
    them, unless `raw` is asked for."""
    yield "\ufeff" + _line(list(HEADER), raw=True)
    rows = Contact.objects.select_related("organisation").prefetch_related("emails", "tags")
    for contact in rows.iterator(chunk_size=500):
        yield _line(_cells(contact), raw=raw)


def _cells(contact: Contact) -> list[str]:
    addresses = [email.address for email in contact.emails.all()]
    peer = {True: "yes", False: "no", None: ""}[contact.is_peer]
    return [
        contact.name,
        next(iter(addresses), ""),
        "; ".join(addresses[1:]),
        contact.phone,
        contact.company or contact.at,
        contact.job,
        peer,
        "yes" if contact.economic_buyer else "",
        contact.where_met,
        "; ".join(tag.name for tag in contact.tags.all()),
        contact.notes,
    ]


def _line(cells: list[str], *, raw: bool) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells if raw else [safe_cell(cell) for cell in cells])
    return out.getvalue()
