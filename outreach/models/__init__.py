from outreach.models.contact import Contact, ContactEmail, ImportBatch, Tag
from outreach.models.follow_up import Digest, FollowUp, Touch
from outreach.models.lead import Fit, Lead
from outreach.models.occasion import Encounter, Occasion

__all__ = [
    "Contact",
    "ContactEmail",
    "Digest",
    "Encounter",
    "Fit",
    "FollowUp",
    "ImportBatch",
    "Lead",
    "Occasion",
    "Tag",
    "Touch",
]
