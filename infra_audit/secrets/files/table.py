"""The kinds of credential files that we know. The first that fits names the file; every one that fits is read."""

import re

from infra_audit.secrets.files import (
    accounts,
    clients,
    dumps,
    keys,
    kubernetes,
    networks,
    registries,
    servers,
    terraform,
)
from infra_audit.secrets.files.kinds import FileKind, named, nothing
from infra_audit.secrets.files.reading import by_markup, by_name
from infra_audit.secrets.files.settings_table import SETTINGS

NO_TEMPLATE = r"(?!example|sample|dist|template|tpl)"
PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY")
KEYS = (
    FileKind(
        "private-key",
        "a key file",
        keys.pem,
        named(r"[^/]+\.(?:pem|key|priv|private|p8|pk8|rsa|ovpn) id_[^/]+ [^/]+[._-](?:rsa|ed25519|ecdsa|dsa|key)"),
        PRIVATE_KEY,
    ),
    FileKind("private-key", "a file", keys.pem, mark=PRIVATE_KEY, itself=False),
    FileKind(
        "private-key",
        "a JSON web key",
        keys.jwk,
        named(r"[^/]+\.(?:json|jwks?)"),
        re.compile(r'"kty"\s*:'),
        itself=False,
    ),
    FileKind(
        "private-key",
        "a wallet",
        keys.wallet,
        named(r"utc--[^/]+ [^/]+\.json"),
        re.compile(r'"kdf"\s*:\s*"(?:scrypt|pbkdf2)"'),
    ),
    FileKind("putty-key", "a PuTTY key file", keys.putty, mark=re.compile(r"\APuTTY-User-Key-File-\d")),
    FileKind(
        "key-store",
        "a key store",
        nothing,
        named(r"[^/]+\.(?:p12|pfx|jks|keystore|bks|kdbx?|agilekeychain|keychain) \.?mylogin\.cnf key[34]\.db"),
        sealed=True,
    ),
    FileKind(
        "one-secret",
        "a file that is one secret",
        keys.whole,
        named(
            r"""(?:config/)?master\.key config/credentials/\w+\.key \.vault-token \.gist
            \.?(?:ansible[_-])?vault[_-]pass(?:word)?(?:[_-]file)?(?:\.txt)?"""
        ),
    ),
)
SIGN_IN = (
    FileKind("pgpass", "a .pgpass file", accounts.pgpass, named(r"\.?pgpass(?:\.conf)?")),
    FileKind("netrc", "a .netrc file", accounts.netrc, named(rf"[._](?:netrc|authinfo)(?:\.{NO_TEMPLATE}\w+)?")),
    FileKind(
        "git-credentials", "a .git-credentials file", accounts.urls, named(r"\.git-credentials \.?git/credentials")
    ),
    FileKind("npmrc", "an .npmrc file", registries.npmrc, named(r"\.?npmrc")),
    FileKind("yarnrc", "a .yarnrc.yml file", registries.yarnrc, named(r"\.yarnrc\.ya?ml")),
    FileKind("npmrc", "a .yarnrc file", registries.npmrc, named(r"\.yarnrc")),
    FileKind("pypirc", "a .pypirc file", by_name(), named(r"\.pypirc")),
    FileKind(
        "docker-config",
        "a Docker configuration",
        registries.docker,
        named(r"\.?dockercfg \.?docker/config\.json containers/auth\.json \.?dockerconfig(?:json|\.json)"),
    ),
    FileKind(
        "package-registry",
        "a package registry's configuration",
        by_markup("cleartextpassword|master"),
        named(r"nuget\.config \.?m2/settings\.xml settings-security\.xml"),
    ),
    FileKind(
        "package-registry",
        "a package registry's configuration",
        by_name("rubygems_api_key|token"),
        named(r"\.?gem/credentials \.?cargo/credentials(?:\.toml)? \.condarc"),
    ),
    FileKind("package-registry", "a package registry's configuration", registries.composer, named(r"auth\.json")),
    FileKind(
        "subversion-login", "a saved login of Subversion", clients.subversion, named(r"auth/svn\.[\w.]+/[0-9a-f]{32}")
    ),
    FileKind("package-registry", "a package registry's configuration", clients.conda, named(r"\.?condarc")),
    FileKind("package-registry", "a package registry's configuration", clients.bundler, named(r"\.bundle/config")),
    FileKind(
        "package-registry",
        "a package registry's configuration",
        clients.leiningen,
        named(r"\.lein/[^/]+\.clj (?:project|profiles)\.clj"),
        itself=False,
    ),
    FileKind("curlrc", "a .curlrc file", clients.curl, named(r"[._]curlrc")),
)
CLIENTS = (
    FileKind(
        "ftp-client",
        "an FTP or SSH client's settings",
        by_name(),
        named(
            r"""\.ftpconfig \.?ftp(?:-?deploy|sync|pass)?(?:\.json|\.settings|\.config)?
            \.?sftp(?:-config)?(?:-alt\d*)?\.json \.?remote-?sync\.json deploy(?:ment)?(?:-?config)?\.json
            winscp\.(?:ini|rnd) \.lftprc \.smbcredentials w(?:s|cx)_ftp\.ini"""
        ),
    ),
    FileKind("ftp-client", "an FTP or SSH client's settings", by_name("key"), named(r"\.?rclone(?:/rclone)?\.conf")),
    FileKind(
        "ftp-client",
        "an FTP or SSH client's settings",
        clients.in_section("passwords credentials"),
        named(r"mobaxterm\.ini"),
    ),
    FileKind(
        "ftp-client",
        "an FTP or SSH client's settings",
        by_markup("pass", is_sent=True),
        named(
            r"[^/]*filezilla[^/]*\.xml sitemanager\.xml recentservers\.xml webservers\.xml deployment\.xml coreftp\.xml"
        ),
    ),
    FileKind(
        "database-client",
        "a database client's settings",
        by_markup(is_sent=True),
        named(
            r"""[^/]*data-?sources(?:\.local)?\.xml [^/]*dbeaver[^/]*\.xml connections\.xml
            server_user_instances\.xml"""
        ),
    ),
    FileKind(
        "database-client",
        "a database client's settings",
        by_name(is_sent=True),
        named(r"robo(?:mongo|-?3t)\.json credentials-config\.json pgadmin[^/]*\.json"),
    ),
    FileKind(
        "database-client",
        "a database client's settings",
        by_name("remotepass|requirepass|masterauth", blanks=True),
        named(
            r"""mongoid\.ya?ml database\.ya?ml \.?my\.cnf \.?mongorc\.js redis\.conf \.?snowsql/config
            \.?databrickscfg ormconfig\.json"""
        ),
    ),
    FileKind(
        "mail-client",
        "a mail program's settings",
        by_name("remotepass|authpass|authpassword", blanks=True, is_sent=True),
        named(
            r"""\.?(?:esmtp|msmtp|mutt|neomutt|offlineimap|mbsync|isync|getmail)rc \.?mutt/[^/]+
            ssmtp\.conf msmtp/config"""
        ),
    ),
    FileKind("mail-client", "a mail program's settings", clients.fetchmail, named(r"\.?fetchmailrc")),
    FileKind(
        "chat-client",
        "a chat program's settings",
        by_name("oper_?pass|link_?pass", blanks=True),
        named(r"(?:\.?irssi/)?config ircd?(?:\.conf)? ircd\.conf znc\.conf (?:weechat|hexchat)/[^/]+\.conf"),
        re.compile(
            r"chatnet|servers\s*=\s*\(|\birc\.|nickserv|^[ \t]*(?:oper|link|server)\b", re.IGNORECASE | re.MULTILINE
        ),
    ),
    FileKind("chat-client", "a chat program's settings", by_markup(), named(r"\.?purple/accounts\.xml")),
    FileKind("chat-client", "a chat program's settings", clients.in_section("data"), named(r"weechat/sec\.conf")),
    FileKind("chat-client", "a chat program's settings", clients.hexchat, named(r"hexchat/servlist\.conf")),
    FileKind("chat-client", "a chat program's settings", clients.znc, named(r"znc\.conf")),
    FileKind(
        "browser-logins",
        "a browser's saved passwords",
        clients.firefox,
        named(r"logins(?:-backup)?\.json"),
    ),
    FileKind(
        "cloud-client",
        "a cloud client's settings",
        by_name("key|client_key|access-token|refresh_token|client_secret|authorization"),
        named(
            r"""\.s3cfg \.boto \.tugboat \.?aws/(?:credentials|config) \.?credentials(?:\.csv|\.ini)? heroku\.json
            (?:\.?config/)?hub(?:\.ya?ml)? gh/hosts\.ya?ml doctl/config\.ya?ml \.terraformrc
            \.?digitalocean(?:\.(?:ini|cfg|conf|json|ya?ml|toml))? terraform\.rc credentials\.tfrc\.json
            \.?circleci/cli\.ya?ml application_default_credentials\.json
            \.?linode-cli \.fly/config\.ya?ml netlify/config\.json \.?ngrok2?(?:/ngrok)?\.ya?ml clouds\.ya?ml
            (?:[^/]+-)?openrc(?:\.sh)? \.passwd-s3fs \.?azure/accesstokens\.json service-?account[^/]*\.json
            \.?chef/[^/]*knife\.rb \.?kaggle(?:/kaggle)?\.json \.sfdx/[^/]+\.json"""
        ),
    ),
    FileKind("kubeconfig", "a kubeconfig", kubernetes.config, named(kubernetes.MANIFESTS), kubernetes.IS_CONFIG),
)
SERVERS = (
    FileKind(
        "password-list",
        "a server's list of password hashes",
        accounts.hashes,
        named(
            r"""\.?ht(?:passwd|digest)(?:[._-]\w+)? [\w.\-]*\.htpasswd g?shadow[-~]?(?:\.bak)? g?passwd[-~]?(?:\.bak)?
            master\.passwd [\w.\-]*ftpd?[._-]?(?:passwd|users) mosquitto[._/]?(?:passwd|passwords?)(?:\.txt)?
            smbpasswd [^/]+\.(?:ntds|pwdump) dovecot[./-](?:users|passwd|passdb) passwords?\.(?:db|txt)"""
        ),
    ),
    FileKind("user-list", "a connection pool's list of users", accounts.quoted_users, named(r"userlist\.txt")),
    FileKind(
        "user-list",
        "a server's list of users",
        by_markup(),
        named(r"tomcat-users\.xml jetty-realm\.xml credentials\.xml"),
    ),
    FileKind(
        "user-list",
        "a server's list of users",
        clients.in_section("users"),
        named("passwd"),
        re.compile(r"^\[users\]", re.M),
    ),
    FileKind(
        "user-list",
        "a server's list of users",
        clients.properties,
        named(
            r"(?:mgmt|application)-users\.properties (?:[\w\-]+[._-])?realm\.properties activemq/[^/]*users\.properties"
        ),
    ),
    FileKind("user-list", "a broker's list of users", servers.jaas, named(r"[^/]*jaas[^/]*\.conf(?:ig)?")),
    FileKind(
        "user-list",
        "a broker's list of users",
        dumps.rabbit,
        named(r"[^/]*(?:definitions|rabbit)[^/]*\.json"),
        re.compile(r'"password_hash"\s*:'),
    ),
    FileKind("mail-relay", "a mail server's list of passwords", accounts.relay, named(r"sasl_passwd")),
    FileKind("mail-relay", "a mail server's list of passwords", clients.third_field, named(r"passwd\.client")),
    FileKind(
        "game-server",
        "a server's settings",
        by_name("icesecretwrite|icesecretread|adminpassword|serverpassword|rcon_?pass(?:word)?", blanks=True),
        named(
            r"ventrilo[^/]*\.ini murmur(?:d|-server)?\.ini mumble-server\.ini server\.(?:cfg|properties) ts3server\.ini"
        ),
    ),
    FileKind(
        "network-secret",
        "a network's list of secrets",
        accounts.last_word,
        named(r"(?:chap|pap|davfs2?/)[-.]?secrets"),
    ),
    FileKind("network-secret", "a network's list of secrets", networks.ipsec, named(r"[\w.\-]*ipsec[\w.\-]*\.secrets")),
    FileKind("network-secret", "a monitor's settings", networks.snmp, named(r"snmpd?(?:\.local)?\.conf")),
    FileKind(
        "network-secret",
        "a sign-in for a VPN",
        networks.second_line,
        named(r"[^/]*vpn[^/]*/[^/]*(?:auth|pass|login|cred)[^/]*"),
        re.compile(r"\A\s*\S+[ \t]*\r?\n[ \t]*\S+\s*\Z"),
    ),
    FileKind(
        "network-secret",
        "a directory client's settings",
        by_name("bindpw|rootbindpw|rootpw|ldap_default_authtok", blanks=True),
        named(r"(?:pam_|nss_)?ldap\.conf nslcd\.conf slapd\.conf sssd\.conf"),
        itself=False,
    ),
    FileKind("network-secret", "a proxy's settings", servers.haproxy, named(r"[^/]*haproxy[^/]*\.cfg"), itself=False),
    FileKind(
        "network-secret", "a name server's settings", servers.bind, named(r"named[^/]*\.conf[^/]* rndc\.(?:key|conf)")
    ),
    FileKind("network-secret", "a relay's settings", servers.turn, named(r"turnserver[^/]*\.conf"), itself=False),
    FileKind(
        "network-secret",
        "a wireless network's settings",
        by_markup("keymaterial"),
        named(r"[^/]+\.xml"),
        re.compile("<WLANProfile"),
    ),
    FileKind(
        "network-device",
        "a network device's configuration",
        networks.router,
        named(r"[^/]+\.(?:cfg|conf|ios|confg) [^/]*(?:running|startup)[_-]?conf(?:i?g)?[^/]*"),
        networks.ROUTER_MARK,
    ),
    FileKind(
        "network-device",
        "a network device's configuration",
        networks.fortinet,
        named(r"[^/]+\.(?:conf|cfg|txt)"),
        re.compile(r" ENC \S"),
    ),
    FileKind(
        "network-device",
        "a network device's configuration",
        networks.juniper,
        named(r"[^/]+\.(?:conf|junos|set) config\.boot"),
        re.compile(r"-password\b"),
    ),
    FileKind(
        "network-device",
        "a network device's configuration",
        dumps.crypted,
        named(r"config\.boot"),
    ),
    FileKind("network-device", "a network device's configuration", networks.mikrotik, named(r"[^/]+\.rsc")),
    FileKind(
        "network-device",
        "a network device's configuration",
        networks.openwrt,
        named(r"(?:config|openwrt)/(?:wireless|network|openvpn|ddns|xl2tpd)"),
        re.compile(r"^config \S+", re.MULTILINE),
    ),
    FileKind("network-secret", "an access server's settings", networks.tacacs, named(r"tac_plus[^/]*\.(?:conf|cfg)")),
    FileKind(
        "telephony",
        "a telephone exchange's settings",
        by_name("secret|md5secret|dbsecret|remotesecret"),
        named(r"(?:asterisk/)?(?:sip|iax|pjsip|manager|ari|users)[\w\-]*\.conf"),
        re.compile(r"^\[[^\]]+\]", re.MULTILINE),
    ),
    FileKind(
        "network-secret",
        "a wireless network's settings",
        by_name("psk|wep_key0"),
        named(r"wpa_supplicant[^/]*\.conf [^/]+\.nmconnection"),
    ),
)
STATEMENTS = r"insert\s+into\b|copy\s+\S+\s+\(|identified\b|(?:create|alter)\s+(?:role|user)\b"
STORES = (
    FileKind(
        "terraform-state",
        "a Terraform state",
        terraform.state,
        named(r"[^/]*\.tfstate(?:(?:\.\d+)?\.backup)? [^/]*tfstate[^/]*\.json"),
        terraform.STATE,
    ),
    FileKind(
        "database-dump",
        "a dump of a database",
        dumps.sql,
        named(r"[^/]+\.(?:sql|dump|pgsql|psql|mysql)(?:\.bak)?"),
        re.compile(rf"\b(?:{STATEMENTS})", re.IGNORECASE),
    ),
    FileKind("directory-dump", "a directory's export", dumps.ldif, named(r"[^/]+\.ldif")),
    FileKind(
        "environment-file",
        "an environment file",
        by_name(keys=True),
        named(rf"\.env(?:\.{NO_TEMPLATE}(?!test\b)[\w\-]+)? [\w\-]+\.env \.envrc \.flaskenv"),
    ),
    FileKind(
        "shell-profile",
        "a shell's profile",
        by_name(keys=True, is_sent=True),
        named(r"\.(?:bash|zsh|k?sh)(?:_?profile|rc|env|_aliases|_history) \.profile \.(?:mysql|psql|python)_history"),
    ),
)
KINDS = (*KEYS, *SIGN_IN, *CLIENTS, *SERVERS, *STORES, *SETTINGS)
