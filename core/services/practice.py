"""The practice itself: its first start, its particulars, its logo."""

import io
import warnings
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, UnidentifiedImageError

from core import events
from core.errors import DomainError
from core.models import Practice, StoredFile, User
from core.services.people import add_consultant

LOGO_MAX_BYTES = 2 * 1024 * 1024
LOGO_MAX_PIXELS = 20_000_000
LOGO_BOX = (800, 400)  # pixels; it is shown at a quarter of that at most
LOGO_KINDS = ("PNG", "JPEG", "WEBP", "GIF")


@dataclass(frozen=True)
class Particulars:
    """What the practice says about itself. `zone` is an IANA zone, `currency` ISO 4217, `accent` "#rrggbb" or ""."""

    name: str
    address: str
    zone: str
    currency: str
    accent: str
    tag_policy: list[str]


def needs_first_start() -> bool:
    """Whether nobody could sign in as consultant yet."""
    return not User.objects.filter(is_consultant=True, is_active=True).exists()


@transaction.atomic
def start_practice(*, name: str, email: str, password: str) -> User:
    """The first start: name the practice and let its first consultant in. Raises DomainError where one is there."""
    if not needs_first_start():
        raise DomainError(_("This practice has a consultant already."))
    practice = Practice.get()
    practice.name = name.strip()
    practice.save(update_fields=["name"])
    consultant = add_consultant(email=email, name=email.partition("@")[0], password=password, actor=None)
    events.record(practice, "practice.started", actor=consultant)
    return consultant


@transaction.atomic
def change_practice(*, particulars: Particulars, actor: User) -> Practice:
    """What was frozen before keeps what it was frozen with."""
    practice = Practice.get()
    changes = {name: value for name, value in asdict(particulars).items() if getattr(practice, name) != value}
    for name, value in changes.items():
        setattr(practice, name, value)
    if changes:
        practice.save(update_fields=list(changes))
        events.record(practice, "practice.changed", actor=actor, fields=sorted(changes))
    return practice


def set_logo(*, content: bytes, actor: User) -> Practice:
    """Keep a picture as the logo: drawn anew as PNG, so that nothing of the upload but its pixels is ever served.

    Raises DomainError for what is no picture, too large, or of a kind we do not read.
    """
    png = redrawn(content)
    with transaction.atomic():
        practice = Practice.get()
        practice.logo = StoredFile.store(name="logo.png", content_type="image/png", content=png)
        practice.save(update_fields=["logo"])
        events.record(practice, "practice.logo_changed", actor=actor)
    return practice


@transaction.atomic
def remove_logo(*, actor: User) -> None:
    """The name stands alone again. The file stays: what was frozen may show it."""
    practice = Practice.get()
    practice.logo = None
    practice.save(update_fields=["logo"])
    events.record(practice, "practice.logo_removed", actor=actor)


def redrawn(content: bytes) -> bytes:
    """The picture as PNG, no larger than LOGO_BOX. What it is, its content says, never its name."""
    if len(content) > LOGO_MAX_BYTES:
        raise DomainError(_("The logo may have 2 MB at most."))
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, once imported, allows them to the whole process
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=LOGO_KINDS)
            if image.width * image.height > LOGO_MAX_PIXELS:
                raise DomainError(_("The logo has too many pixels: 20 million at most."))
            picture = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombWarning) as problem:
        raise DomainError(_("This is no picture that we can read. Use PNG, JPEG, WebP or GIF.")) from problem
    picture.thumbnail(LOGO_BOX)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
