from django.urls import path

from portal.views import findings, home, people
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
    path("organisations/<str:public_id>/people/<int:membership_id>/role/", people.role, name="person-role"),
    path("organisations/<str:public_id>/people/<int:membership_id>/remove/", people.remove, name="person-remove"),
    path("demo/mail/", demo_mail, name="demo-mail"),
]
