"""Terraform's states and values. Defaults of variables and of templates' parameters have checks of their own."""

import re
from collections.abc import Iterator

from infra_audit.secrets.files.kinds import Hit, decoded_at
from infra_audit.secrets.files.reading import ESCAPED, by_name, kind_by
from infra_audit.secrets.generic import Text

STATE = re.compile(r'"(?:terraform_version|serial)"\s*:')
OUTPUT = re.compile(
    r'"(?P<name>[\w\-]+)"\s*:\s*\{\s*(?:"(?:sensitive|type)"\s*:\s*[\w"]+\s*,\s*)*"value"\s*:\s*'
    r'"(?P<value>(?:[^"\\\n]|\\.)+)"'
)
MADE = re.compile(r'"type"\s*:\s*"random_password".{0,4000}?"result"\s*:\s*"(?P<value>(?:[^"\\\n]|\\.)+)"', re.DOTALL)


def state(text: Text) -> Iterator[Hit]:
    """Values by their attribute's name, outputs by theirs, and what random_password made."""
    yield from by_name("secret_string|secret_binary|private_key_pem|private_key|private_key_openssh|auth_token")(text)
    for hit in OUTPUT.finditer(text.text):
        if kind := kind_by(hit["name"]):
            yield from decoded_at(*hit.span("value"), ESCAPED.sub(r"\1", hit["value"]), kind=kind)
    for hit in MADE.finditer(text.text):
        yield from decoded_at(*hit.span("value"), ESCAPED.sub(r"\1", hit["value"]))
