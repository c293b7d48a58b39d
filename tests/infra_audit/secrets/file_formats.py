"""Credential files as their programs' manuals describe them; samples as in `credential_files`."""

FORMATS = [
    # https://www.postgresql.org/docs/current/libpq-pgpass.html
    ("sign-in", "AppData/postgresql/pgpass.conf", """
#hostname:port:database:username:password
:5432:orders:dom\\\\shop:<<password>>
db.internal:5432:orders:shop:<<short>>\\:<<short>>
"""),
    # https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
    ("sign-in", "ada/.netrc", """
machine ftp.internal
login shop
password "<<password>>"
macdef init
cd /pub
password <decoy>

machine api.internal login ada password
  <<token>>
machine git.internal login ben password
machine old.internal login cleo
default login anonymous password ada@practice.example
"""),
    # https://git-scm.com/docs/git-credential-store#_storage_format
    ("sign-in", "ada/.git-credentials", """
https://ada%40practice.example:<<weak>>%40@git.internal
https://ben@practice.example:<<short>>@<<short>>#@git.internal/shop.git
https://ada@git.internal:8443/shop@1
https://<<token>>@git.internal
https://<<token>>:x-oauth-basic@git.internal
"""),
    # https://manpages.debian.org/bookworm/esmtp-run/esmtprc.5.en.html
    ("mail and chat", "ada/.esmtprc", """
identity "ada@practice.example"
hostname smtp.internal:587
username "ada"
password "<<short>> <<short>>" # of the shop
certificate_passphrase '<<weak>>'
starttls required
"""),
]  # fmt: skip
