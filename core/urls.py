from django.urls import path
from django.views.generic import RedirectView

from core.views import account, exports, files, health, people, practice, styleguide

app_name = "core"
urlpatterns = [
    path("healthz", health.health, name="health"),
    path("accent.css", practice.accent, name="accent"),
    path("logo.png", practice.logo, name="logo"),
    path("files/<str:public_id>/", files.stored_file, name="file"),
    path("account/", account.account, name="account"),
    path("account/second-factor/", account.second_factor, name="second-factor"),
    path("settings/", RedirectView.as_view(pattern_name="core:practice"), name="settings"),
    path("settings/practice/", practice.practice, name="practice"),
    path("settings/practice/logo/", practice.logo_change, name="logo-change"),
    path("settings/practice/logo/remove/", practice.logo_remove, name="logo-remove"),
    path("settings/data/", exports.exports, name="exports"),
    path("settings/data/export/", exports.export_new, name="export-new"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/add/", people.consultant_add, name="consultant-add"),
    path("settings/people/invite/", people.client_invite, name="client-invite"),
    path("settings/people/<str:public_id>/deactivate/", people.person_deactivate, name="person-deactivate"),
    path("settings/people/<str:public_id>/reactivate/", people.person_reactivate, name="person-reactivate"),
    path("settings/people/<str:public_id>/end/", people.membership_end, name="membership-end"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
