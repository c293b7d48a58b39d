"""HTML to PDF, in a child process that may take only so much time, memory and paper (see core.pdf_child)."""

import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.pdf_child import Exit

logger = logging.getLogger(__name__)

START_UP_S = 5  # the wall clock's allowance for starting, and for other work on the machine
SYSTEM_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


@dataclass(frozen=True)
class PdfLimits:
    """What one document may take: CPU seconds (the wall clock gets twice as many), address space, pages."""

    seconds: int = 60
    megabytes: int = 1024
    pages: int = 500


class PdfError(DomainError):
    """A document could not be made; the text says why."""


class PdfTooLong(PdfError):
    """A document has more pages than it may have."""


class PdfUnavailable(PdfError):
    """This machine lacks what PDFs are made with; the text names the packages."""


def render_pdf(html: str, *, title: str, limits: PdfLimits | None = None) -> bytes:
    """A tagged PDF (PDF/UA-1) with its fonts embedded; the same HTML gives the same bytes.

    The HTML may refer to `data:` URLs and to our own files as `static:css/report.css`; anything else is left out.
    Blocks while a child process works. Raises PdfError past a limit, PdfUnavailable without the system's libraries.
    """
    limits = limits or PdfLimits()
    child = subprocess.Popen(
        _command(title, limits),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env=_environment(),
        start_new_session=True,
    )
    try:
        pdf, words = child.communicate(html.encode(errors="replace"), timeout=START_UP_S + 2 * limits.seconds)
    except subprocess.TimeoutExpired:
        raise _too_slow(limits) from None
    finally:
        _end(child)
    if child.returncode:
        raise _why(child.returncode, words.decode(errors="replace"), limits)
    return pdf


def _command(title: str, limits: PdfLimits) -> list[str]:
    numbers = {"seconds": limits.seconds, "megabytes": limits.megabytes, "pages": limits.pages}
    printable = " ".join(title.replace("\0", "").split())
    return [
        sys.executable,
        "-m",
        "core.pdf_child",
        f"--title={printable}",
        *(f"--{name}={number}" for name, number in numbers.items()),
    ]


def _environment() -> dict[str, str]:
    """What the child needs and nothing more: no key, no database. What is fixed gives the same bytes each time."""
    fixed = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "SOURCE_DATE_EPOCH": "0"}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ}
    return kept | fixed


def _end(child: subprocess.Popen[bytes]) -> None:
    """Whatever happened, nothing of the child stays."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def _too_slow(limits: PdfLimits) -> PdfError:
    return PdfError(_("The document took longer than %(seconds)d seconds. Shorten it."), seconds=limits.seconds)


def _why(status: int, words: str, limits: PdfLimits) -> PdfError:
    """The sentence for a child that ended badly."""
    last = words.strip().splitlines()[-1:]
    if status == Exit.UNAVAILABLE:
        return PdfUnavailable(
            _("PDFs cannot be made on this machine: %(reason)s. Install the system packages %(packages)s."),
            reason=(last or ["a library is missing"])[0].split(".  Additionally")[0][:120],
            packages=SYSTEM_PACKAGES,
        )
    if status == Exit.TOO_MANY_PAGES:
        return PdfTooLong(_("The document is longer than %(pages)d pages. Shorten it."), pages=limits.pages)
    if status == Exit.OUT_OF_MEMORY:
        return PdfError(_("The document needs more than %(size)d MB of memory. Shorten it."), size=limits.megabytes)
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        return _too_slow(limits)
    logger.error("A PDF could not be made, exit status %s.", status)
    return PdfError(_("The document could not be made: the program that draws it stopped (%(status)d)."), status=status)
