"""Credentials for the tests are made at run time, from a fixed seed: no file of ours holds one."""

import base64
import random
import string

LETTERS_AND_DIGITS = string.ascii_letters + string.digits
CRYPT = "./" + LETTERS_AND_DIGITS
DASHES = "-" * 5


class Mint:
    """Makes what looks real. The same seed gives the same values."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    def text(self, length, alphabet=LETTERS_AND_DIGITS):
        """Random signs, always with a capital, a small letter and a digit in front."""
        return "".join([*"Kq7"[:length], *(self._random.choice(alphabet) for _ in range(length - 3))])

    def choice(self, options):
        return self._random.choice(options)

    def password(self, length=14):
        return self.text(length - 1) + self._random.choice("!*+#")

    def hexadecimal(self, length=32):
        return "".join(self._random.choice("0123456789abcdef") for _ in range(length))

    def uuid(self):
        return "-".join(self.hexadecimal(length) for length in (8, 4, 4, 4, 12))

    def basic(self, user="deploy"):
        """user:password in base64."""
        return base64.b64encode(f"{user}:{self.password()}".encode()).decode()

    def aws_id(self):
        return "AKIA" + "".join(self._random.choice("QRSTUVWXYZ234567") for _ in range(16))

    def aws_secret(self):
        return self.text(40, LETTERS_AND_DIGITS + "+/")

    def github_token(self):
        return "ghp_" + self.text(36)

    def bcrypt(self):
        return "$2y$10$" + self.text(53, CRYPT)

    def phpass(self):
        return "$P$B" + self.text(30, CRYPT)

    def sha512_crypt(self):
        return f"$6${self.text(8, CRYPT)}${self.text(86, CRYPT)}"

    def apr1(self):
        return f"$apr1${self.text(8, CRYPT)}${self.text(22, CRYPT)}"

    def argon2(self):
        return f"$argon2id$v=19$m=65536,t=3,p=4${self.text(22)}${self.text(43)}"

    def sealed(self):
        """As Maven and Jenkins write what they encrypted."""
        return "{" + base64.b64encode(self._random.randbytes(48)).decode() + "}"

    def hidden_from_windows(self):
        """As a Windows answer file writes an administrator's password."""
        return base64.b64encode(f"{self.password()}AdministratorPassword".encode("utf-16-le")).decode()

    def _armoured(self, kind, data, head=""):
        body = base64.b64encode(data).decode()
        lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
        kind = f"{kind}PRIVATE" + " KEY"
        return f"{DASHES}BEGIN {kind}{DASHES}\n{head}{lines}\n{DASHES}END {kind}{DASHES}"

    def rsa_key(self, *, passphrase=False):
        head = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n" if passphrase else ""
        return self._armoured("RSA ", b"\x30\x82\x04\xa4\x02\x01\x00\x02" + self._random.randbytes(1180), head)

    def pkcs8_key(self, *, passphrase=False):
        return self._armoured("ENCRYPTED " if passphrase else "", b"\x30\x82\x04\xbd" + self._random.randbytes(1200))

    def openssh_key(self, *, passphrase=False):
        cipher = b"aes256-ctr" if passphrase else b"none"
        head = b"openssh-key-v1\0" + len(cipher).to_bytes(4, "big") + cipher
        return self._armoured("OPENSSH ", head + self._random.randbytes(300))

    def putty_lines(self, count=8):
        return "\n".join(self.text(64) for _ in range(count))
