from core.models.base import PublicIdModel, make_public_id
from core.models.event import Event
from core.models.number_series import NumberSeries
from core.models.organisation import Membership, Organisation
from core.models.practice import Practice
from core.models.practice_export import PracticeExport
from core.models.queued_mail import QueuedMail
from core.models.stored_file import StoredFile
from core.models.user import User

__all__ = [
    "Event",
    "Membership",
    "NumberSeries",
    "Organisation",
    "Practice",
    "PracticeExport",
    "PublicIdModel",
    "QueuedMail",
    "StoredFile",
    "User",
    "make_public_id",
]
