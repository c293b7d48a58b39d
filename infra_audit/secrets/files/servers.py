"""Settings of servers that let people or other servers in, each written in a way of its own."""

import re
from collections.abc import Iterator

from infra_audit.secrets.files.kinds import Hit, password_at
from infra_audit.secrets.files.reading import by_pattern, kind_by, lines
from infra_audit.secrets.generic import Text
from infra_audit.secrets.judges import judge_value

# user ada insecure-password value; stats auth ada:value: https://docs.haproxy.org/3.0/configuration.html
haproxy = by_pattern(
    r"""^[ \t]*(?:user\s+\S+\s+(?:insecure-)?password\s+|stats\s+auth\s+[^\s:]+:)["']?(?P<value>[^\s"']+)""", "password"
)
# user_ada="value": https://kafka.apache.org/documentation/#security_sasl_plain
jaas = by_pattern(r"""(?<![\w.])(?:user_[\w.\-]+|password)\s*=\s*["'](?P<value>[^"'\n]+)["']""", "password")
# key "name" { algorithm …; secret "value"; }: https://bind9.readthedocs.io/en/latest/reference.html
bind = by_pattern(r"""\bsecret\s+["']?(?P<value>[A-Za-z0-9+/]{16,200}={0,2})["']?\s*;""", "secret")
# user=ada:value: https://github.com/coturn/coturn/wiki/turnserver
turn = by_pattern(r"^[ \t]*user\s*=\s*[^\s:]+:(?P<value>\S+)", "password")
# - "NAME=value", in quotes as a whole
ITEM = re.compile(r"""^\s*-\s+(?P<mark>["'])(?P<name>\w+)=(?P<value>[^"'\n]+)(?P=mark)\s*$""")


def compose(text: Text) -> Iterator[Hit]:
    """What a service is started with, as far as an entry is in quotes as a whole; other rules find the rest.

    https://docs.docker.com/reference/compose-file/services/#environment
    """
    for start, line in lines(text):
        hit = ITEM.match(line)
        if hit and judge_value(hit["name"], hit["value"]):
            first, last = start + hit.start("value"), start + hit.end("value")
            yield from password_at(text, first, last, kind=kind_by(hit["name"]) or "secret")
