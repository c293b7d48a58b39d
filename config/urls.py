from django.urls import include, path

urlpatterns = [
    path("", include("core.allauth_urls")),
    path("", include("portal.urls")),
    path("", include("discovery.urls")),
    path("", include("billing.urls")),
    path("", include("engagements.urls")),
    path("", include("outreach.urls")),
    path("", include("core.urls")),
]
