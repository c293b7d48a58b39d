"""Terraform's states and values, and parameters of templates whose default is the secret itself."""

import re
from collections.abc import Iterator

from infra_audit.secrets.files.kinds import Hit, decoded_at
from infra_audit.secrets.files.reading import ESCAPED, by_name, kind_by
from infra_audit.secrets.generic import Text
from infra_audit.secrets.judges import judge_value

STATE = re.compile(r'"(?:terraform_version|serial)"\s*:')
OUTPUT = re.compile(
    r'"(?P<name>[\w\-]+)"\s*:\s*\{\s*(?:"(?:sensitive|type)"\s*:\s*[\w"]+\s*,\s*)*"value"\s*:\s*'
    r'"(?P<value>(?:[^"\\\n]|\\.)+)"'
)
MADE = re.compile(r'"type"\s*:\s*"random_password".{0,4000}?"result"\s*:\s*"(?P<value>(?:[^"\\\n]|\\.)+)"', re.DOTALL)
PARAMETER = re.compile(
    r"""^(?P<indent>[ \t]+)["']?(?P<name>[A-Za-z][A-Za-z0-9]*)["']?[ \t]*:[ \t]*\{?[ \t]*\r?\n
    (?=(?P<body>(?:(?P=indent)[ \t]+[^\n]*\n){1,12}))""",
    re.MULTILINE | re.VERBOSE,
)
PARAMETER_DEFAULT = re.compile(
    r"""^\s*["']?Default["']?\s*:\s*["']?(?P<value>[^\s"',#][^"'\n,]*)["']?,?\s*$""", re.MULTILINE
)


def state(text: Text) -> Iterator[Hit]:
    """Values by their attribute's name, outputs by theirs, and what random_password made."""
    yield from by_name("secret_string|secret_binary|private_key_pem|private_key|private_key_openssh|auth_token")(text)
    for hit in OUTPUT.finditer(text.text):
        if kind := kind_by(hit["name"]):
            yield from decoded_at(*hit.span("value"), ESCAPED.sub(r"\1", hit["value"]), kind=kind)
    for hit in MADE.finditer(text.text):
        yield from decoded_at(*hit.span("value"), ESCAPED.sub(r"\1", hit["value"]))


def parameters(text: Text) -> Iterator[Hit]:
    """CloudFormation's parameters, in YAML and JSON, judged as code is: a default is often a stand-in.

    Terraform's variables are not read here: a check of their own speaks of their defaults.
    """
    for outer in PARAMETER.finditer(text.text):
        kind = kind_by(outer["name"])
        hit = PARAMETER_DEFAULT.search(outer["body"]) if kind else None
        if hit and (verdict := judge_value(outer["name"], hit["value"])):
            start = outer.start("body") + hit.start("value")
            yield Hit(start, start + len(hit["value"]), hit["value"], kind, *verdict)
