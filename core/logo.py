"""The practice's logo for documents, which may fetch nothing: as a `data:` address."""

import base64

from core.queries import practice_or_blank


def logo_as_data() -> str:
    """A PNG, drawn anew when it was uploaded; empty where there is none. One query, or two."""
    logo = practice_or_blank().logo
    if logo is None:
        return ""
    with logo.file.open("rb") as stored:
        return f"data:image/png;base64,{base64.b64encode(stored.read()).decode()}"
