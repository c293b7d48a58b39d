"""An offer as HTML and as PDF. It reads nothing but the offer."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core.pdf import PdfLimits, render_pdf
from engagements.offer import Offer

LIMITS = PdfLimits(seconds=30, megabytes=768, pages=60)


def offer_pdf(offer: Offer, *, digest: str = "", draft: bool = False) -> bytes:
    """With `draft`, DRAFT stands across every page; `digest` is the snapshot's, printed at the end. Raises PdfError."""
    return render_pdf(offer_html(offer, digest=digest, draft=draft), title=document_title(offer), limits=LIMITS)


def offer_html(offer: Offer, *, digest: str = "", draft: bool = False, for_page: bool = False) -> str:
    """`for_page`: its style sheets come from where a browser finds them."""
    context = {
        "offer": offer,
        "picks": offer.default_picks,
        "digest": digest,
        "draft": draft,
        "document": document_title(offer),
        "imprint": " · ".join((offer.practice, offer.reference, _("Confidential"))),
        "author": offer.practice,
        "assets": settings.STATIC_URL if for_page else "",
    }
    return render_to_string("reports/proposal.html", context)


def document_title(offer: Offer) -> str:
    return _("%(title)s: proposal for %(client)s") % {"title": offer.title, "client": offer.client}
