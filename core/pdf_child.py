"""The program that turns HTML into a PDF, alone in a process of its own: HTML in on stdin, PDF out on stdout.

It reads nothing but `data:` URLs and the product's own style sheets and fonts (`static:css/report.css`), reaches no
network, and takes no more time and memory than it is told. It imports no Django: it knows no database and no secret.
"""

import argparse
import ctypes.util
import gc
import resource
import sys
import urllib.parse
from enum import IntEnum
from pathlib import Path
from typing import Any

SCHEME = "static"
OWN_FILES = Path(__file__).resolve().parent.parent / "static"
TYPES = {".css": "text/css", ".ttf": "font/ttf", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".png": "image/png"}
FORBIDDEN_EVENTS = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork")
MEGABYTE = 1024 * 1024


class Exit(IntEnum):
    """What the exit status says; anything else is a bug."""

    DONE = 0
    UNAVAILABLE = 3  # a system library is missing; stderr's last line names it
    TOO_MANY_PAGES = 4
    OUT_OF_MEMORY = 5


def own_file(url: str) -> Path:
    """The file that a `static:` URL names. Raises ValueError for whatever else it names, links out included."""
    parts = urllib.parse.urlsplit(url)
    path = (OWN_FILES / urllib.parse.unquote(parts.path).lstrip("/")).resolve()
    if parts.scheme != SCHEME or parts.netloc or not path.is_relative_to(OWN_FILES) or path.suffix not in TYPES:
        raise ValueError(f"A document may not read {url[:80]}.")
    return path


def _limit(seconds: int, megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * MEGABYTE, megabytes * MEGABYTE))


def _refuse_the_outside(event: str, args: object) -> None:
    """An audit hook, should the fetcher ever have a hole."""
    if event.startswith(FORBIDDEN_EVENTS):
        raise PermissionError(f"A document may not cause {event}.")


def _render(html: str, title: str, most_pages: int) -> bytes | Exit:
    if sys.platform == "linux":
        # Asking for each library by several names starts dozens of programs, some tenths of a second in all. The loader
        # itself knows them by their file names, which are tried too.
        ctypes.util.find_library = lambda name: None
    import weasyprint  # only here: without Pango it cannot even be imported
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):  # type: ignore[misc]
        """`data:` and our own files. There is nothing that could redirect."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url[:5].lower() == "data:":
                return super().fetch(url, headers)
            path = own_file(url)
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": TYPES[path.suffix]})

    # So that "../fonts/inter.woff2" in a style sheet of ours is resolved within our scheme.
    urllib.parse.uses_relative.append(SCHEME)
    sys.addaudithook(_refuse_the_outside)
    fetcher = OwnFilesOnly(allowed_protocols=("data",), allow_redirects=False)
    document = weasyprint.HTML(string=html, base_url=f"{SCHEME}:/", url_fetcher=fetcher).render(pdf_variant="pdf/ua-1")
    if len(document.pages) > most_pages:
        return Exit.TOO_MANY_PAGES
    document.metadata.title = title
    pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return pdf


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("seconds", "megabytes", "pages"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--title", required=True)
    options = parser.parse_args()
    _limit(options.seconds, options.megabytes)
    gc.disable()  # about a sixth of the time; the process ends soon, and has its limit
    try:
        told = _render(sys.stdin.buffer.read().decode(), options.title, options.pages)
    except OSError as error:
        sys.stderr.write(f"\n{error}")
        return Exit.UNAVAILABLE
    except MemoryError:
        return Exit.OUT_OF_MEMORY
    if isinstance(told, Exit):
        return told
    sys.stdout.buffer.write(told)
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
