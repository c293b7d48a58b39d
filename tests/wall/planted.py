"""The project's addresses and one nobody listed, which serves a stored file without asking whose it is."""

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from config.urls import urlpatterns as ours
from core.models import StoredFile


def served(request, public_id):
    return FileResponse(get_object_or_404(StoredFile, public_id=public_id).file.open("rb"), filename="a.txt")


urlpatterns = [*ours, path("planted/<str:public_id>/", served, name="planted")]
