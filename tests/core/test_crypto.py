"""What must be read again is encrypted, and its keys can be changed without losing it."""

import pytest
from cryptography.fernet import Fernet, InvalidToken

from core import crypto
from core.models import Practice
from tests.factories import make_practice


def make_key():
    return Fernet.generate_key().decode()


def test_what_is_encrypted_can_be_read_again_and_not_otherwise():
    token = crypto.encrypt("the spare key is under the mat")

    assert "spare" not in token
    assert crypto.decrypt(token) == "the spare key is under the mat"


def test_a_new_first_key_encrypts_and_the_old_one_still_reads(settings):
    old, new = make_key(), make_key()
    settings.FIELD_KEYS = [old]
    earlier = crypto.encrypt("earlier")

    settings.FIELD_KEYS = [new, old]
    later = crypto.encrypt("later")

    assert crypto.decrypt(earlier) == "earlier"
    settings.FIELD_KEYS = [new]
    assert crypto.decrypt(later) == "later"
    with pytest.raises(InvalidToken):
        crypto.decrypt(earlier)


def test_the_fingerprint_key_outlives_a_change_of_keys(db, settings):
    old, new = make_key(), make_key()
    settings.FIELD_KEYS = [old]
    before = make_practice().fingerprint_key

    settings.FIELD_KEYS = [new, old]

    assert Practice.get().fingerprint_key == before
    assert len(before) == 32
    assert before.hex() not in Practice.get().fingerprint_key_encrypted
