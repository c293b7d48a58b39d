from django.urls import include, path

# Upper rooms first: core has a plain page at "/" for as long as none of them has one.
urlpatterns = [
    path("", include("core.allauth_urls")),
    path("", include("portal.urls")),
    path("", include("discovery.urls")),
    path("", include("outreach.urls")),
    path("", include("core.urls")),
]
