"""Write what in docs/ comes from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from discovery.catalogue_docs import catalogue_page


class Command(BaseCommand):
    help = "Write what in docs/ comes from the code: the catalogue of checks."

    def handle(self, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "checks.md"
        path.write_text(catalogue_page())
        self.stdout.write(f"Wrote {path.relative_to(settings.BASE_DIR)}")
