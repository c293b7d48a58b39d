"""The sample summary through WeasyPrint: the styles that a PDF takes, its fonts, and what its first page must hold."""

import io

import pypdf
import pytest
import weasyprint
from django.template.loader import render_to_string

from core.views.styleguide import sample_charts


@pytest.fixture(scope="module")
def static_folder():
    from django.conf import settings

    return f"{settings.STATICFILES_DIRS[0].as_uri()}/"


def printed(html, static_folder):
    pdf = weasyprint.HTML(string=html, base_url=static_folder).write_pdf(pdf_variant="pdf/ua-1")
    return pypdf.PdfReader(io.BytesIO(pdf))


@pytest.fixture(scope="module")
def sample(static_folder):
    chrome = {"document": "Executive summary for Tern & Tide", "imprint": "Harbour Lane", "author": "ada"}
    return printed(render_to_string("styleguide/summary.html", chrome | sample_charts()), static_folder)


def fonts(reader):
    return {
        font.get_object()["/BaseFont"].split("+")[-1]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }


def test_page_one_holds_the_verdict_and_ends_with_the_one_decision(sample):
    text = sample.pages[0].extract_text()

    assert text.index("One mistaken delete") < text.index("Do first") < text.index("What we did not see")
    assert "May we start with the database copies?" in text
    assert "Contents" not in text


def test_the_first_page_has_no_running_head_and_the_second_has(sample):
    assert "Executive summary for Tern" not in sample.pages[0].extract_text()
    assert "Executive summary for Tern" in sample.pages[1].extract_text()


def test_pages_are_numbered_and_headings_are_bookmarks(sample):
    assert f"2 of {len(sample.pages)}" in sample.pages[1].extract_text()
    assert "Executive summary" in [entry.title for entry in sample.outline if not isinstance(entry, list)]


def test_the_documents_own_font_is_embedded_in_its_weights(sample):
    assert {"Inter-Report", "Inter-Report-Medium", "Inter-Report-Semi-Bold"} <= fonts(sample)


@pytest.mark.parametrize("name", ["Łódź Gdańsk", "Kőszeg", "Αθήνα", "Київ", "Zürich – 3 ≤ 4 → ✓"])
def test_a_clients_name_in_another_alphabet_is_printed_letter_by_letter(static_folder, name):
    html = render_to_string("reports/_base.html", {"document": name}).replace("</body>", f"<p>{name}</p></body>")

    page = printed(html, static_folder)

    assert name in page.pages[0].extract_text()
    assert {font for font in fonts(page) if "Inter" not in font} == set()
