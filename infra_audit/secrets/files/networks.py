"""Networks: what routers, VPNs, monitors and telephone exchanges keep to let each other in."""

import re
from collections.abc import Iterator

from infra_audit.secrets.files.kinds import Hit, hash_at, password_at
from infra_audit.secrets.files.reading import by_pattern, lines
from infra_audit.secrets.generic import Text
from infra_audit.secrets.values import stands_for_another

# https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/security/d1/sec-d1-cr-book.html
ROUTER = re.compile(
    r"""^\s*(?:enable\s+(?:secret|password)|username\s+\S+\s(?:.*\s)?(?:secret|password)
    |(?:tacacs|radius)-server\s(?:.*\s)?key|neighbor\s+\S+\s+password|ppp\s+chap\s+password|key-string|password
    |crypto\s+isakmp\s+key)\s+(?:(?P<type>\d|sha512)\s+)?(?P<value>\S+)(?:\s+address\s.*)?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
ROUTER_MARK = re.compile(
    r"^(?:enable (?:secret|password)|username \S+ (?:.* )?(?:secret|password)) ", re.IGNORECASE | re.MULTILINE
)
HASHED = frozenset({"4", "5", "8", "9", "sha512"})  # 0 is plain, and 7 can be turned back by everybody
# selectors : TYPE secret: https://docs.strongswan.org/docs/5.9/config/ipsecSecrets.html
IPSEC = re.compile(r"(?:^|.*\s):\s*(?P<type>PSK|EAP|XAUTH|NTLM|RSA|ECDSA|PKCS8|P12|PIN)\s+(?P<rest>.+)")
OF_A_FILE = frozenset({"RSA", "ECDSA", "PKCS8", "P12", "PIN"})  # the file or slot comes first, then its passphrase
WORD = re.compile(r'"(?P<quoted>[^"]+)"|(?P<bare>[^\s"]+)')
# createUser name MD5 passphrase DES passphrase: https://www.net-snmp.org/docs/man/snmpd.conf.html
SNMP = re.compile(r"^\s*createUser\s+(?:-e\s+\S+\s+)?\S+\s+(?:MD5|SHA\S*)\s+(?P<rest>.+)", re.IGNORECASE)
CIPHER = re.compile(r"(?:AES|DES)\S*", re.IGNORECASE)

# set password ENC value, which one key opens on all devices: https://docs.fortinet.com/document/fortigate
fortinet = by_pattern(r"^[ \t]*set\s+\S*(?:passw(?:or)?d|secret|key)\S*\s+ENC\s+(?P<value>\S+)", "password")
# "$9$…" can be turned back: https://www.juniper.net/documentation/us/en/software/junos/cli-reference/
juniper = by_pattern(r"""(?:plaintext-password(?:-value)?\s+["']?|["'](?=\$9\$))(?P<value>[^\s"';]+)""", "password")
# password=value among other settings of a line: https://help.mikrotik.com/docs/
mikrotik = by_pattern(r"""(?<=\s)(?:password|secret|[\w\-]*-shared-key)=["']?(?P<value>[^\s"']+)""", "password")
# key = value, login = cleartext value: https://shrubbery.net/tac_plus/
tacacs = by_pattern(r"""(?:^[ \t]*key\s*=|=\s*cleartext)\s*["']?(?P<value>[^\s"']+)""", "password")
# option key 'value': https://openwrt.org/docs/guide-user/network/wifi/basic
openwrt = by_pattern(
    r"""^[ \t]*option\s+(?:key|password|\w+_(?:key|secret|password))\s+["']?(?P<value>[^\s"']+)""", "password"
)


def router(text: Text) -> Iterator[Hit]:
    """Passwords, secrets and keys in a configuration of IOS and what took its commands over."""
    for start, line in lines(text):
        if hit := ROUTER.match(line):
            first, last = start + hit.start("value"), start + hit.end("value")
            if (hit["type"] or "").lower() in HASHED:
                yield hash_at(first, last, hit["value"])
            else:
                yield from password_at(text, first, last)


def ipsec(text: Text) -> Iterator[Hit]:
    """Shared secrets, passwords, and passphrases of key files."""
    for start, line in lines(text):
        if (hit := IPSEC.match(line)) and not stands_for_another(hit["rest"]):
            words = _words(hit["rest"], start + hit.start("rest"))
            for first, last in words[1:2] if hit["type"] in OF_A_FILE else words[:1]:
                if not text.text.startswith("%", first):  # %prompt, %smartcard
                    yield from password_at(text, first, last)


def snmp(text: Text) -> Iterator[Hit]:
    """What users of SNMP version 3 sign in and encrypt with."""
    for start, line in lines(text):
        if (hit := SNMP.match(line)) and not stands_for_another(hit["rest"]):
            for first, last in _words(hit["rest"], start + hit.start("rest")):
                if not CIPHER.fullmatch(text.text, first, last):
                    yield from password_at(text, first, last)


def second_line(text: Text) -> Iterator[Hit]:
    """A user and, below, the password, as OpenVPN's auth-user-pass has them."""
    found = list(lines(text))
    if len(found) == 2:
        start, line = found[1]
        yield from password_at(text, start, start + len(line.rstrip()))


def _words(rest: str, start: int) -> list[tuple[int, int]]:
    """The spans of the words, without the quotes of those that have them."""
    spans = (hit.span(hit.lastgroup or 0) for hit in WORD.finditer(rest))
    return [(start + first, start + last) for first, last in spans]
