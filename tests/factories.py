"""Plain functions that make what a test needs; each says in its name what it makes. Others append here."""

import io
import secrets

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from PIL import Image

from core.models import Membership, Organisation, Practice, StoredFile, User
from core.services import people
from core.services.organisations import add_organisation


def make_password():
    """Long, unguessable, and in no file."""
    return secrets.token_urlsafe(16)


def make_practice(**fields):
    practice = Practice.get()
    for name, value in {"name": "Lovelace & Co", **fields}.items():
        setattr(practice, name, value)
    practice.save()
    return practice


def make_consultant(name="ada", *, password=None, second_factor=True):
    """Staff, enrolled with an authenticator app and recovery codes if not said otherwise."""
    user = people.add_consultant(
        email=f"{name}@practice.example", name=name.title(), password=password or make_password(), actor=None
    )
    if second_factor:
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    return user


def make_organisation(name="Harbour & Pine", **fields):
    return add_organisation(name=name, actor=None, **fields)


def make_client(name="ben", *, organisation=None, role=Membership.Role.OWNER):
    """A client's person in one role of one organisation, which is made where none is given."""
    membership = people.invite_client(
        organisation=organisation or make_organisation(f"{name.title()}'s company"),
        email=f"{name}@client.example",
        name=name.title(),
        role=role,
        actor=None,
    )
    return membership.user


def make_user(email, **fields):
    """A bare row, without the mail address that services make known: most tests want make_client."""
    return User.objects.create_user(email, **fields)


def organisation_of(user):
    """The first organisation that a client's person belongs to."""
    return Organisation.objects.visible_to(user).get()


def make_stored_file(content=b"text", *, name="notes.txt", content_type="text/plain", **fields):
    return StoredFile.store(name=name, content_type=content_type, content=content, **fields)


def make_image(width=40, height=20, *, kind="PNG"):
    """The bytes of a small picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()
