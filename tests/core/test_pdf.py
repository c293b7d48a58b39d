"""What a document may reach, what it may take, and what comes out."""

import base64
import io
import socket
import threading
import time

import pytest
from pypdf import PdfReader

from core import pdf
from core.pdf import PdfError, PdfLimits, PdfUnavailable, render_pdf
from core.pdf_child import OWN_FILES, own_file
from tests.factories import make_image

SHEETS = ("tokens", "base", "report")
STYLE = "".join(f'<link rel="stylesheet" href="static:css/{name}.css">' for name in SHEETS)


def page(body, head=STYLE):
    return f'<!doctype html><html lang="en"><head><title>x</title>{head}</head><body>{body}</body></html>'


def svg(content):
    return f'<svg xmlns="http://www.w3.org/2000/svg">{content}</svg>'


def read(content):
    return PdfReader(io.BytesIO(content))


def text_of(content):
    return "\n".join(one.extract_text() for one in read(content).pages)


def pictures_in(content):
    return [image for one in read(content).pages for image in one.images]


@pytest.fixture
def listener():
    """A real listener that answers with a redirect to a local file; it counts who called."""
    server = socket.create_server(("127.0.0.1", 0))
    calls = []

    def serve():
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            calls.append(connection.recv(1000))
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.getsockname()[1]}", calls
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_a_document_is_tagged_titled_and_carries_its_fonts():
    content = render_pdf(page("<h1>Hello</h1><p>Zażółć – “12”</p>"), title="What  we\nfound")

    document = read(content)
    assert document.metadata.title == "What we found"
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in document.trailer["/Root"]["/Metadata"].get_data()
    fonts = document.pages[0]["/Resources"]["/Font"]
    descriptors = [font["/DescendantFonts"][0]["/FontDescriptor"] for font in (fonts[name] for name in fonts)]
    assert descriptors
    assert all("Inter" in one["/FontName"] and "/FontFile2" in one for one in descriptors)
    assert "Zażółć – “12”" in text_of(content)


def test_the_same_html_gives_the_same_bytes():
    html = page("<h1>Hello</h1>")

    assert render_pdf(html, title="Same") == render_pdf(html, title="Same")


def test_nothing_outside_is_asked_and_no_local_file_is_read(listener, tmp_path):
    address, calls = listener
    secret = tmp_path / "neighbour.svg"
    secret.write_text(svg("<text>the neighbours words</text>"))
    inner = svg(f'<image href="http://{address}/in-svg"/><image href="{secret.as_uri()}"/>')
    head = f"""
        <base href="http://{address}/">
        <link rel="stylesheet" href="http://{address}/style.css"><link rel="stylesheet" href="relative.css">
        <link rel="attachment" href="{secret.as_uri()}"><link rel="attachment" href="http://{address}/attachment">
        <style>@import url(http://{address}/imported.css); @import "{secret.as_uri()}";
        @font-face {{ font-family: far; src: url(http://{address}/font.woff2) }}
        body {{ background: url(http://{address}/background.png); font-family: far }}
        @page {{ background: url(//{address}/page.png) }}</style>"""
    body = f"""<p>Still here
        <img alt="" src="http://{address}/plain"><img alt="" src="//{address}/no-scheme"><img alt="" src="/rooted">
        <img alt="" src="{secret.as_uri()}"><img alt="" src="FILE://{secret}"><img alt="" src="file:///etc/passwd">
        <img alt="" src="static:../manage.py"><img alt="" src="ftp://{address}/x">
        <object data="http://{address}/object"></object><embed src="{secret.as_uri()}">
        <svg><image href="http://{address}/svg"/><use href="http://{address}/use#a"/></svg>
        <img alt="" src="data:image/svg+xml;base64,{base64.b64encode(inner.encode()).decode()}">
        <img alt="" src="data:text/html,<iframe src='http://{address}/frame'></iframe>">"""

    content = render_pdf(page(body, head), title="Outside")

    assert calls == []
    assert "Still here" in text_of(content)
    assert "neighbour" not in text_of(content)
    assert not read(content).attachments
    assert pictures_in(content) == []


def test_a_picture_inside_the_document_is_drawn():
    data = base64.b64encode(make_image()).decode()

    content = render_pdf(page(f'<img alt="A logo" src="data:image/png;base64,{data}">'), title="Picture")

    assert len(pictures_in(content)) == 1


@pytest.mark.parametrize(
    "url",
    [
        "static:../manage.py",
        "static:css/../../.env",
        "static:%2e%2e/.env",
        "static:/etc/passwd",
        "static://host/css/base.css",
        "static:css",
        "static:js/ui.js",
        "file:///etc/passwd",
        "file:css/base.css",
    ],
)
def test_only_style_sheets_fonts_and_pictures_of_our_own_are_files_to_read(url):
    with pytest.raises(ValueError, match="may not read"):
        own_file(url)


@pytest.mark.parametrize("url", ["static:css/base.css", "static:/css/base.css", "static:fonts/../css/base.css?v=1"])
def test_our_own_style_sheet_is_found(url):
    assert own_file(url) == OWN_FILES / "css" / "base.css"


def test_a_link_out_of_our_own_folder_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "outside.css").write_text("p { color: red }")
    inside = tmp_path / "static"
    inside.mkdir()
    (inside / "link.css").symlink_to(tmp_path / "outside.css")
    monkeypatch.setattr("core.pdf_child.OWN_FILES", inside)

    with pytest.raises(ValueError, match="may not read"):
        own_file("static:link.css")


def test_what_looks_like_a_template_stays_text():
    content = render_pdf(page("<p>{{7*7}} {% now 'Y' %} &lt;/style&gt; &lt;script&gt;</p>"), title="{{7*7}} --pages=1")

    assert "{{7*7}} {% now 'Y' %} </style> <script>" in text_of(content)
    assert read(content).metadata.title == "{{7*7}} --pages=1"


def test_a_document_longer_than_allowed_is_refused():
    long = page("<p>one</p>" + '<p style="break-before: page">more</p>' * 5)

    with pytest.raises(PdfError, match="longer than 3 pages"):
        render_pdf(long, title="Long", limits=PdfLimits(pages=3))


def test_an_endless_document_is_stopped_in_time():
    with pytest.raises(PdfError, match="longer than 1 seconds"):
        render_pdf(page("<table>" + "<tr><td>x</td></tr>" * 200_000), title="Endless", limits=PdfLimits(seconds=1))


def test_a_document_that_wants_too_much_memory_is_refused():
    with pytest.raises(PdfError, match="more than 260 MB"):
        render_pdf(page("<p>word</p>" * 100_000), title="Heavy", limits=PdfLimits(megabytes=260))


def test_a_child_that_hangs_is_killed_with_all_it_started(monkeypatch, tmp_path):
    marker = tmp_path / "pid"
    program = f"sleep 600 & echo $! > {marker}; wait"
    monkeypatch.setattr(pdf, "_command", lambda title, limits: ["sh", "-c", program])
    monkeypatch.setattr(pdf, "START_UP_S", 0.5)

    with pytest.raises(PdfError, match="longer than 0 seconds"):
        render_pdf("", title="Hangs", limits=PdfLimits(seconds=0))

    pid, deadline = int(marker.read_text()), time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < deadline:  # killed, it closes its files first and is gone a little later
        time.sleep(0.01)
    assert not is_alive(pid)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_machine_without_pango_says_what_to_install(monkeypatch):
    missing = "OSError: cannot load library 'libpango-1.0-0': no such file.  Additionally, nothing helped"
    monkeypatch.setattr(pdf, "_command", lambda title, limits: ["sh", "-c", f'echo "{missing}" >&2; exit 3'])

    with pytest.raises(PdfUnavailable, match=r"libpango-1\.0-0': no such file\. Install .* libpangoft2-1\.0-0"):
        render_pdf("", title="None")


def test_the_child_is_told_no_secret(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "x")
    monkeypatch.setenv("AWS_PROFILE", "x")
    monkeypatch.setenv("DATABASE_URL", "x")

    assert not {"SECRET_KEY", "AWS_PROFILE", "DATABASE_URL"} & pdf._environment().keys()
