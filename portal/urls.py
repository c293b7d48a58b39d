from django.urls import path

from portal.views import findings, home, people, report_drafts, reports
from portal.views.demo_mail import demo_mail

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("organisations/<str:public_id>/", home.organisation, name="organisation"),
    path("organisations/<str:public_id>/findings/", findings.findings, name="findings"),
    path("told/<str:public_id>/agree/", findings.agree, name="finding-agree"),
    path("told/<str:public_id>/dispute/", findings.dispute, name="finding-dispute"),
    path("told/<str:public_id>/retest/", findings.retest, name="finding-retest"),
    path("organisations/<str:public_id>/people/", people.people, name="people"),
    path("organisations/<str:public_id>/people/invite/", people.invite, name="person-invite"),
    path("organisations/<str:public_id>/people/<str:person_id>/<str:held>/role/", people.role, name="person-role"),
    path(
        "organisations/<str:public_id>/people/<str:person_id>/<str:held>/remove/", people.remove, name="person-remove"
    ),
    path("demo/mail/", demo_mail, name="demo-mail"),
    # Progress reports
    path("engagements/<str:public_id>/reports/", reports.reports, name="reports"),
    path("engagements/<str:public_id>/reports/begin/", reports.begin, name="report-begin"),
    path("engagements/<str:public_id>/reports/none/", reports.skip, name="report-none"),
    path("engagements/<str:public_id>/reports/cadence/", reports.set_cadence, name="report-cadence"),
    path("reports/<str:public_id>/", reports.report, name="report"),
    path("reports/<str:public_id>/report.pdf", reports.report_pdf, name="report-pdf"),
    path("reports/<str:public_id>/read/", reports.read, name="report-read"),
    path("reports/<str:public_id>/amend/", report_drafts.amend, name="report-amend"),
    path("reports/<str:public_id>/draft/", report_drafts.draft, name="report-draft"),
    path("reports/<str:public_id>/draft/blocks/<str:name>/", report_drafts.block, name="report-block"),
    path("reports/<str:public_id>/draft/again/", report_drafts.redraft, name="report-redraft"),
    path("reports/<str:public_id>/draft/preview/", report_drafts.preview, name="report-preview"),
    path("reports/<str:public_id>/draft/publish/", report_drafts.publish, name="report-publish"),
    path("reports/<str:public_id>/draft/discard/", report_drafts.discard, name="report-discard"),
    path("report-calls/<str:public_id>/", reports.call_made, name="report-call"),
]
