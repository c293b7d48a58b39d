"""The practice's terms: a standard set on first use, and new versions. A version is never edited."""

from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import User
from engagements.models import Terms
from engagements.starters import starter


@dataclass(frozen=True)
class TermsWords:
    """What one version says. Without words for a late fee none may ever be asked for."""

    plain_words: str
    body: str
    acceptance_days: int = 5
    late_fee: str = ""
    cancellation_fee: str = ""


@transaction.atomic
def standard_terms(*, kind: str, actor: User) -> Terms:
    """The newest version of the terms that proposals of this kind begin with; the first is made where there is none."""
    standard = starter(kind).terms
    newest = Terms.objects.filter(name=standard.name, retired_at=None).order_by("-version").first()
    if newest:
        return newest
    words = TermsWords(standard.plain_words, standard.body, cancellation_fee=standard.cancellation_fee)
    return add_version(name=standard.name, words=words, actor=actor)


@transaction.atomic
def add_version(*, name: str, words: TermsWords, actor: User) -> Terms:
    """The next version under that name; what was signed before stays as it was. Raises DomainError without words."""
    name = " ".join(name.split())
    if not name or not words.plain_words.strip() or not words.body.strip():
        raise DomainError(_("Terms need a name, the plain words and the text."))
    same = Terms.objects.filter(name=name)
    last = same.aggregate(last=Max("version"))["last"] or 0
    same.filter(retired_at=None).update(retired_at=clock.now())
    terms = Terms.objects.create(name=name, version=last + 1, made_by=actor, **asdict(words))
    events.record(terms, "terms.version_added", actor=actor, name=name, version=terms.version)
    return terms
