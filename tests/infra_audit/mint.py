"""Credentials for the tests are made at run time, from a fixed seed: no file of ours holds one."""

import random
import string

LETTERS_AND_DIGITS = string.ascii_letters + string.digits


class Mint:
    """Makes what looks real. The same seed gives the same values."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    def text(self, length, alphabet=LETTERS_AND_DIGITS):
        """Random signs, always with a capital, a small letter and a digit in front."""
        return "".join([*"Kq7"[:length], *(self._random.choice(alphabet) for _ in range(length - 3))])

    def password(self, length=14):
        return self.text(length - 1) + self._random.choice("!*+#")

    def aws_id(self):
        return "AKIA" + "".join(self._random.choice("QRSTUVWXYZ234567") for _ in range(16))

    def aws_secret(self):
        return self.text(40, LETTERS_AND_DIGITS + "+/")

    def github_token(self):
        return "ghp_" + self.text(36)
