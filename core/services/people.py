"""Who may sign in, and as what. Whoever makes a user vouches for the address: it counts as verified."""

from functools import partial

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, events, mail
from core.errors import DomainError
from core.models import Membership, Organisation, User
from core.queries import practice_name


@transaction.atomic
def add_consultant(*, email: str, name: str, password: str, actor: User | None) -> User:
    """A colleague of the practice; at the first sign-in a second factor is asked for.

    `actor` is None only on the first start. Raises DomainError where the address is taken. The password is taken as
    it is: forms and commands check it first.
    """
    _require_free(email)
    user = User.objects.create_user(email, password, name=name, is_consultant=True)
    _vouch_for(user)
    events.record(user, "consultant.added", actor=actor)
    return user


@transaction.atomic
def invite_client(
    *,
    organisation: Organisation,
    email: str,
    name: str,
    role: Membership.Role,
    actor: User | None,
    tell: bool = True,
) -> Membership:
    """Let a client's person in, and tell them how by mail; someone known already gets one role more.

    Without `tell` no mail goes out: whoever calls writes one that says how to sign in.
    Raises DomainError for an address of the practice's own staff.
    """
    # Kept in lower case; made so here because SQLite knows no case but that of ASCII.
    user = User.objects.filter(email__iexact=email.strip().lower()).first()
    if user is None:
        user = User.objects.create_user(email, name=name)
        _vouch_for(user)
    if user.is_consultant:
        # The same to a client as to staff, and no word about whom the address belongs to.
        raise DomainError(_("%(email)s cannot be invited as a client. Use another address."), email=user.email)
    membership, made = Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
    if made:
        events.record(membership, "client.invited", actor=actor, email=user.email, role=role)
        if tell:
            transaction.on_commit(partial(mail.send_soon, _invitation(membership)))
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: Membership.Role, actor: User) -> Membership:
    """Give another role in place of this one. Raises DomainError where the person has that one too."""
    others = Membership.objects.filter(user=membership.user, organisation=membership.organisation, role=role)
    if others.exclude(pk=membership.pk).exists():
        raise DomainError(_("%(name)s has this role already."), name=str(membership.user))
    was = membership.role
    membership.role = role
    membership.save(update_fields=["role"])
    events.record(membership, "client.role_changed", actor=actor, was=was, role=role)
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, actor: User) -> None:
    """The person no longer acts for the organisation in this role."""
    email = membership.user.email
    events.record(membership, "client.removed", actor=actor, email=email, role=membership.role)
    membership.delete()


@transaction.atomic
def rename(*, user: User, name: str, actor: User) -> None:
    user.name = name
    user.save(update_fields=["name"])
    events.record(user, "person.renamed", actor=actor)


@transaction.atomic
def deactivate(*, user: User, actor: User) -> None:
    """Nobody signs in as this person any more, and open sessions end. Their name stays on what they did.

    Raises DomainError for oneself: so at least one consultant always remains.
    """
    if user == actor:
        raise DomainError(_("You cannot shut yourself out. Ask a colleague."))
    user.is_active = False
    user.save(update_fields=["is_active"])
    events.record(user, "person.deactivated", actor=actor)


@transaction.atomic
def reactivate(*, user: User, actor: User) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    events.record(user, "person.reactivated", actor=actor)


@transaction.atomic
def reset_second_factor(*, user: User, actor: User | None) -> None:
    """Forget app, passkeys and recovery codes of a consultant who lost them, and end their sessions: the next sign-in
    asks to enrol anew. Raises DomainError for a client's person, who has none."""
    if not user.is_consultant:
        raise DomainError(_("%(email)s signs in by e-mailed code and has no second factor."), email=user.email)
    removed, _kinds = Authenticator.objects.filter(user=user).delete()
    for session in Session.objects.filter(expire_date__gt=clock.real_now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
    events.record(user, "second_factor.reset", actor=actor, removed=removed)


def _require_free(email: str) -> None:
    if User.objects.filter(email__iexact=email.strip().lower()).exists():
        raise DomainError(_("Someone with the address %(email)s is here already."), email=email.strip())


def _vouch_for(user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _invitation(membership: Membership) -> EmailMessage:
    """It names the sign-in page and holds no key: what the address proves, the code of each sign-in proves anew."""
    url = settings.BASE_URL.rstrip("/") + reverse("account_login")
    context = {"membership": membership, "practice": practice_name(), "url": url}
    subject = _("Your access at %(practice)s") % {"practice": practice_name()}
    body = render_to_string("email/invitation.txt", context)
    return EmailMessage(" ".join(subject.split()), body, mail.sender(), [membership.user.email])
