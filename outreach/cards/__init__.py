"""Contacts in files: what is in a CSV or a vCard file, whoever wrote it, as plain cards. No database."""

from outreach.cards.card import Card, Reading
from outreach.cards.reading import read_cards

__all__ = ["Card", "Reading", "read_cards"]
