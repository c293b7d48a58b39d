"""Which names promise a secret (`db_password`, `apiKey`), and which only look so (`password_file`, `max_tokens`)."""

from enum import StrEnum
from functools import lru_cache

from infra_audit.secrets.values import split_words, word_set


class Promise(StrEnum):
    """What a name says its value is."""

    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    SECRET = "secret"  # noqa: S105
    SALT = "salt"
    TOKEN = "token"  # noqa: S105
    KEY = "key"  # of something: a secret only where its value is random
    NOTHING = ""


# The last word decides what the value is: `password_file` is a path.
SPOILING_LAST = word_set(
    """
    file files path dir folder url uri urls arn name names id ids length len size policy field fields label hint
    prompt regex pattern type types ttl expiry expires expiration expire rotation enabled disabled required min
    max count limit days age version format input placeholder error errors message msg text title help description
    class selector xpath element validator endpoint host hosts header headers algorithm alg method strategy mode
    manager provider store backend ref refs reference column attribute attr param parameter parameters env prefix
    suffix template location bucket role scope scopes issuer audience status state flag check attrs scheme schemes
    symbols characters changed date at on strength rule rules generator encoder storage form page view link button
    icon screen service client request response callback handler func function cache timeout interval lifetime period
    resource resources annotation table hash hashes hashed hasher hashers digest encryption
    """
)
# Any of these words and the value is public, or is no credential.
SPOILING_ANY = word_set(
    """
    public pub csrf xsrf sha sha1 sha256 sha512 md5 checksum digest integrity fingerprint etag next page
    continuation sort pagination nextpage max min num no without forgot lost reset invalid wrong bad missing expected
    """
)
PASSWORD_ENDS = ("password", "passwd", "passphrase", "passwort", "passcode", "pwd", "pswd", "psk")
# `pass` ends many words (`compass`), so the words are told with it that are written as one with what they open.
JOINED = word_set("dbpass sqlpass smtppass mailpass ftppass authpass bindpass controlpass adminpass rootpass userpass")
PASSWORD_WORDS = frozenset({"pass", "pw", *JOINED, *PASSWORD_ENDS})
SECRET_ENDS = ("secret", "credential", "credentials")
TOKEN_ENDS = ("token", "apikey", "authkey", "secretkey", "accesskey")
# A key of these finds something instead of opening it.
KEYS_OF_PLACES = word_set(
    """
    site publishable partition sort primary foreign cache object idempotency host hash range row index lookup map
    dict group routing bucket column field unique natural composite translation message i18n config setting settings
    registry storage item state query event context param parameter property attribute menu hot shortcut arrow
    """
)
KEY_OWNERS = word_set(
    """
    api access private auth secret encryption encrypt signing sign master account shared service storage client
    app application session deploy license admin subscription sas webhook hmac jwt cipher aes stripe sendgrid
    mailgun mailchimp twilio datadog openai anthropic algolia sentry newrelic pagerduty consumer totp otp mfa
    google maps firebase azure github gitlab slack facebook twitter yandex bing weather heroku cloudflare
    """
)


@lru_cache(maxsize=4096)
def promise_of(name: str) -> Promise:
    """What the value under this name is said to be; `NOTHING` where the name is harmless."""
    words = _telling_words(name)
    return _by_last(words) or _inside(words)


def last_word_promises(name: str) -> bool:
    """True for `db_password`, False for `password_manager`."""
    return bool(_by_last(_telling_words(name)))


def _telling_words(name: str) -> list[str]:
    """The words without a number at the end; none where the name is harmless."""
    words = split_words(name)
    while words and words[-1].isdigit():  # password2
        words.pop()
    if not words or words[-1] in SPOILING_LAST or SPOILING_ANY & set(words):
        return []
    return words


def _by_last(words: list[str]) -> Promise:
    last = words[-1] if words else ""
    if last == "salt":
        return Promise.SALT
    if last in PASSWORD_WORDS or last.endswith(PASSWORD_ENDS):
        return Promise.PASSWORD
    if last.endswith(SECRET_ENDS):
        return Promise.SECRET
    if last.endswith(TOKEN_ENDS) or (last == "key" and bool(KEY_OWNERS & set(words[:-1]))):
        return Promise.TOKEN
    return Promise.KEY if last == "key" and len(words) > 1 and words[-2] not in KEYS_OF_PLACES else Promise.NOTHING


def _inside(words: list[str]) -> Promise:
    """`password_prod`, `secret_value`, `token_v`: the promise stands before a word that takes nothing away."""
    rest = set(words[:-1])
    if any(word in PASSWORD_WORDS or word.endswith(PASSWORD_ENDS) for word in rest):
        return Promise.PASSWORD
    if any(word.endswith(SECRET_ENDS) for word in rest):
        return Promise.SECRET
    if any(word.endswith(TOKEN_ENDS) for word in rest):
        return Promise.TOKEN
    return Promise.NOTHING
