from django.urls import path

from portal.views import home
from portal.views.demo_mail import demo_mail

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("organisations/<str:public_id>/", home.organisation, name="organisation"),
    path("demo/mail/", demo_mail, name="demo-mail"),
]
