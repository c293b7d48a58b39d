import pytest
from django import forms
from django.http import Http404
from django.template import Context, Template
from django.test import RequestFactory
from lucide import IconDoesNotExist

from core.templatetags import look
from core.views.styleguide import SCREENS, styleguide


class Form(forms.Form):
    name = forms.CharField(help_text="As on the agreement.")
    agreed = forms.BooleanField()
    scope = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, choices=[("a", "A")])


def render(template, **context):
    return Template("{% load look %}" + template).render(Context(context))


def test_an_icon_is_inlined_and_hidden_from_screen_readers():
    icon = render('{% icon "menu" %}')

    assert icon.startswith("<svg")
    assert 'aria-hidden="true"' in icon


def test_an_icon_that_does_not_exist_is_a_bug_not_a_blank():
    with pytest.raises(IconDoesNotExist):
        render('{% icon "no-such-icon" %}')


def test_a_component_takes_a_body_and_escapes_what_people_wrote():
    card = render('{% component "card" title=title %}<p>{{ text }}</p>{% endcomponent %}', title="<b>", text="<script>")

    assert "&lt;b&gt;" in card
    assert "<p>&lt;script&gt;</p>" in card


def test_a_component_sees_nothing_of_the_page_that_it_was_not_given():
    page_head = render('{% component "page_head" title="Runs" %}{% endcomponent %}', lead="secret", action_url="/away")

    assert "secret" not in page_head
    assert "/away" not in page_head


@pytest.mark.parametrize(
    ("status", "tone"),
    [("done", "good"), ("done with gaps", "warn"), ("FAILED", "bad"), ("running", "info"), ("cancelled", "")],
)
def test_a_state_has_the_tone_of_what_it_means(status, tone):
    assert look.tone(status) == tone


def test_no_state_has_two_tones():
    states = [state for states in look.TONES.values() for state in states.split()]

    assert len(states) == len(set(states))


@pytest.mark.parametrize(
    ("level", "tone"), [("success", "good"), ("safe error", "bad"), ("info", "info"), ("", "info")]
)
def test_djangos_message_levels_become_our_tones(level, tone):
    assert look.notice_tone(level) == tone


def test_an_error_is_tied_to_its_field_for_screen_readers():
    form = Form({})
    field = render('{% include "components/field.html" with field=field only %}', field=form["name"])

    assert 'aria-describedby="id_name_helptext id_name_error"' in field
    assert 'id="id_name_error"' in field
    assert 'aria-invalid="true"' in field


def test_several_boxes_of_one_field_share_a_legend():
    field = render('{% include "components/field.html" with field=field only %}', field=Form()["scope"])

    assert "<fieldset" in field
    assert "<legend" in field


def test_the_error_summary_links_each_error_to_its_field():
    summary = render('{% include "components/errors.html" with form=form only %}', form=Form({"agreed": "on"}))

    assert 'href="#id_name"' in summary
    assert "2 things need mending" in summary


def test_a_form_without_errors_has_no_summary():
    assert render('{% include "components/errors.html" with form=form only %}', form=Form()).strip() == ""


@pytest.mark.parametrize("severity", ["critical", "high", "medium", "low", "info"])
def test_a_severity_is_said_in_a_word_and_drawn_as_a_shape(severity):
    said = render('{% include "components/severity.html" with severity=severity only %}', severity=severity)

    assert severity.capitalize() in said
    assert "<svg" in said


def visit(settings, *, screen="", user=None, demo=True):
    settings.DEBUG, settings.DEMO = False, demo
    request = RequestFactory().get("/styleguide/", {"screen": screen} if screen else {})
    request.user = user
    return styleguide(request)


@pytest.mark.django_db
@pytest.mark.parametrize("screen", SCREENS)
def test_the_style_guide_shows_every_screen_in_the_demo(settings, screen):
    page = visit(settings, screen=screen).content.decode()

    assert "<h1" in page
    assert "{{" not in page
    assert "{%" not in page


def test_the_style_guide_is_not_there_for_the_world(settings):
    with pytest.raises(Http404):
        visit(settings, demo=False)


def test_a_screen_that_does_not_exist_is_404(settings):
    with pytest.raises(Http404):
        visit(settings, screen="no-such-screen")
