"""Credential files as people commit them, made at run time: what a mark `<<kind>>` stands for is the truth.

Each sample is a path and a text. Every line with a mark holds one credential, every other line none: what is there
besides is what such files really hold, and what stands for a credential without being one.
"""

import base64
import re
from dataclasses import dataclass

from tests.infra_audit.mint import Mint
from tests.infra_audit.secrets.file_formats import FORMATS

MARK = re.compile(r"<<(?P<kind>[\w ]+)>>")


@dataclass(frozen=True)
class Sample:
    """A file with the lines, from 1, that hold a credential."""

    family: str
    path: str
    text: str
    truth: frozenset[int]


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def makers(mint):
    return {
        "password": mint.password,
        "short": lambda: mint.text(7),
        "weak": lambda: mint.choice(["sommer2024", "Rosebud1", "dragon77", "monkey-island4"]),
        "token": lambda: mint.text(40),
        "hex": mint.hexadecimal,
        "md5": lambda: "md5" + mint.hexadecimal(),
        "laravel": lambda: f"base64:{mint.text(43)}=",
        "hex64": lambda: mint.hexadecimal(64),
        "hex128": lambda: mint.hexadecimal(128),
        "basic": mint.basic,
        "base64": lambda: base64_of(mint.password()),
        "base64 env": lambda: base64_of(f"APP_ENV=prod\nDB_PASSWORD={mint.password()}\n"),
        "aws": mint.aws_secret,
        "github": mint.github_token,
        "bcrypt": mint.bcrypt,
        "phpass": mint.phpass,
        "crypt": mint.sha512_crypt,
        "apr1": mint.apr1,
        "argon2": mint.argon2,
        "sealed": mint.sealed,
        "hidden": mint.hidden_from_windows,
        "salt": lambda: mint.text(64, "abcXYZ0189!@#%^&*()-_ []{}~`+=,.;:/?|"),
        "rsa": mint.rsa_key,
        "rsa protected": lambda: mint.rsa_key(passphrase=True),
        "pkcs8": mint.pkcs8_key,
        "pkcs8 line": lambda: mint.pkcs8_key().replace("\n", "\\n"),
        "pkcs8 indented": lambda: mint.pkcs8_key().replace("\n", "\n    "),
        "pkcs8 protected": lambda: mint.pkcs8_key(passphrase=True),
        "openssh": mint.openssh_key,
        "openssh protected": lambda: mint.openssh_key(passphrase=True),
    }


def filled(template, mint):
    """The text, and the lines where a credential begins."""
    make = makers(mint)
    lines, truth = [], set()
    for line in template.strip("\n").split("\n"):
        if MARK.search(line):
            truth.add(len(lines) + 1)
        lines += MARK.sub(lambda hit: make[hit["kind"]](), line).split("\n")
    return "\n".join(lines) + "\n", frozenset(truth)


def samples(seed=1):
    """Every file but the one of PuTTY."""
    mint = Mint(seed)
    for family, path, template in FILES:
        template = template.replace("AKIA…", mint.aws_id()).replace("<decoy>", "swordfish")
        yield Sample(family, path, *filled(template, mint))


FILES = [
    ("sign-in", "db/.pgpass", """
# hostname:port:database:username:password
db.internal:5432:orders:shop:<<password>>
*:*:*:postgres:<<weak>>
10.0.0.4:5432:stock:stock:a\\:b<<password>>
db.internal:5432:orders:reader:${PGPASSWORD}
"""),
    ("sign-in", "home/.netrc", """
machine api.heroku.com
  login ada@practice.example
  password <<token>>
machine git.internal login ada password <<weak>>
# machine old.internal login ada password <decoy>
machine files.internal login anonymous password $FILES_PASSWORD
default login anonymous
"""),
    ("sign-in", "_netrc", """
machine ftp.internal login shop password <<password>>
"""),
    ("sign-in", ".git-credentials", """
https://ada:<<github>>@github.com
https://deploy:<<weak>>@git.internal
https://git.internal
"""),
    ("sign-in", ".npmrc", """
registry=https://npm.internal/
//npm.internal/:_authToken=<<token>>
//npm.other/:_password=<<base64>>
_auth=<<basic>>
//npm.third/:_authToken=${NPM_TOKEN}
email=ada@practice.example
always-auth=true
"""),
    ("sign-in", ".yarnrc.yml", """
nodeLinker: node-modules
npmScopes:
  shop:
    npmRegistryServer: "https://npm.internal"
    npmAuthToken: "<<token>>"
  other:
    npmAuthIdent: <<basic>>
  third:
    npmAuthToken: "${NPM_TOKEN-}"
"""),
    ("sign-in", ".pypirc", """
[distutils]
index-servers = internal
[internal]
repository = https://pypi.internal
username = ada
password = <<password>>
[other]
username = __token__
password =
"""),
    ("sign-in", ".dockercfg", """
{
  "https://index.docker.io/v1/": {
    "auth": "<<basic>>",
    "email": "ada@practice.example"
  }
}
"""),
    ("sign-in", ".docker/config.json", """
{
  "auths": {
    "registry.internal": {
      "auth": "<<basic>>"
    },
    "other.internal": {
      "identitytoken": "<<token>>"
    },
    "third.internal": {}
  },
  "credsStore": "osxkeychain",
  "HttpHeaders": {"User-Agent": "Docker-Client/19.03.1 (linux)"}
}
"""),
    ("sign-in", "nuget.config", """
<?xml version="1.0"?>
<configuration>
  <packageSourceCredentials>
    <internal>
      <add key="Username" value="ada" />
      <add key="ClearTextPassword" value="<<password>>" />
    </internal>
  </packageSourceCredentials>
</configuration>
"""),
    ("sign-in", ".m2/settings.xml", """
<settings>
  <!-- <password><decoy></password> -->
  <servers><server>
    <id>internal</id>
    <username>ada</username>
    <password><<password>></password>
  </server><server>
    <password>${env.MAVEN_PASSWORD}</password>
  </server></servers>
</settings>
"""),
    ("sign-in", ".cargo/credentials.toml", """
[registry]
token = "<<token>>"
"""),
    ("sign-in", ".gem/credentials", """
---
:rubygems_api_key: <<hex>>
"""),
    ("ftp", "filezilla/sitemanager.xml", """
<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3 version="3.40.0" platform="*nix">
  <Servers>
    <Server>
      <Host>ftp.internal</Host>
      <Port>21</Port>
      <User>ada</User>
      <Pass encoding="base64"><<base64>></Pass>
      <Logontype>1</Logontype>
    </Server>
    <Server>
      <Host>ftp.other</Host>
      <User>ben</User>
      <Pass><<weak>></Pass>
    </Server>
    <Server><Host>ftp.third</Host><Pass></Pass></Server>
  </Servers>
</FileZilla3>
"""),
    ("ftp", "filezilla/recentservers.xml", """
<FileZilla3>
  <RecentServers>
    <Server>
      <User>ada</User>
      <Pass encoding="base64"><<base64>></Pass>
    </Server>
  </RecentServers>
</FileZilla3>
"""),
    ("ftp", "backup/filezilla.xml", """
<FileZilla3>
  <Settings>
    <Setting name="Use Pasv mode">1</Setting>
    <Setting name="Proxy password"></Setting>
  </Settings>
  <LastServer>
    <Host>ftp.internal</Host>
    <Pass><<password>></Pass>
  </LastServer>
</FileZilla3>
"""),
    ("ftp", "WinSCP.ini", """
[Sessions\\shop@files.internal]
HostName=files.internal
UserName=shop
Password=<<hex64>>
FSProtocol=5
[Configuration\\Security]
UseMasterPassword=0
"""),
    ("ftp", ".ftpconfig", """
{
    "protocol": "sftp",
    "host": "files.internal",
    "port": 22,
    "user": "ada",
    "pass": "<<password>>",
    "promptForPass": false,
    "remote": "/",
    "privatekey": "",
    "passphrase": "<<weak>>",
    "keepalive": 10000
}
"""),
    ("ftp", "sftp-config.json", """
{
    // The tab key will cycle through the settings when first created
    "type": "sftp",
    "host": "files.internal",
    "user": "ada",
    "password": "<<weak>>",
    //"port": "22",
    //"password": "<decoy>",
    "remote_path": "/srv/www/",
    "ssh_key_file": "~/.ssh/id_rsa"
}
"""),
    ("ftp", ".vscode/sftp.json", """
{
    "name": "shop",
    "host": "files.internal",
    "username": "ada",
    "password": "<<password>>",
    "privateKeyPath": "~/.ssh/id_rsa",
    "uploadOnSave": true
}
"""),
    ("ftp", ".remote-sync.json", """
{
  "uploadOnSave": true,
  "hostname": "files.internal",
  "username": "ada",
  "password": "<<short>>",
  "transport": "scp"
}
"""),
    ("ftp", "deployment-config.json", """
{
  "production": {
    "host": "files.internal",
    "user": "ada",
    "password": "<<password>>",
    "path": "/srv/www"
  }
}
"""),
    ("ftp", ".idea/WebServers.xml", """
<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  <component name="WebServers">
    <option name="servers">
      <webServer id="b2bb6a05-8b5c-4bd3-a3d2-c5b5b3dbd54e" name="shop" url="http://shop.example">
        <fileTransfer host="files.internal" port="22" password="<<hex>>" username="ada" accessType="SFTP">
          <advancedOptions><advancedOptions dataProtectionLevel="Private" /></advancedOptions>
        </fileTransfer>
      </webServer>
    </option>
  </component>
</project>
"""),
    ("database", "dbeaver-data-sources.xml", """
<data-sources>
  <data-source id="mysql5-1" provider="mysql" driver="mysql5" name="orders" save-password="true">
    <connection host="db.internal" port="3306" server="" database="orders" user="ada" password="<<token>>" type="dev"/>
  </data-source>
</data-sources>
"""),
    ("database", "db/mongoid.yml", """
production:
  clients:
    default:
      database: orders
      hosts:
        - db.internal:27017
      options:
        user: shop
        password: <<password>>
        auth_mech: :scram
test:
  clients:
    default:
      options:
        password: <%= ENV["MONGO_PASSWORD"] %>
"""),
    ("database", "robomongo.json", """
{
    "autoExpand" : true,
    "connections" : [
        {
            "connectionName" : "orders",
            "credentials" : [
                {
                    "databaseName" : "orders",
                    "enabled" : true,
                    "mechanism" : "MONGODB-CR",
                    "userName" : "ada",
                    "userPassword" : "<<password>>"
                }
            ],
            "ssh" : {
                "askPassword" : false,
                "passphrase" : "",
                "userPassword" : "<<weak>>"
            }
        }
    ]
}
"""),
    ("database", ".my.cnf", """
[client]
user=root
password="<<password>>"
[mysqldump]
max_allowed_packet=64M
"""),
    ("database", "config/database.yml", """
production:
  adapter: postgresql
  username: shop
  password: <<weak>>
development:
  username: shop
  password:
staging:
  password: <%= ENV['DB_PASSWORD'] %>
"""),
    ("database", "redis.conf", """
bind 127.0.0.1
# requirepass foobared
requirepass <<password>>
masterauth <<password>>
"""),
    ("database", "pgbouncer/userlist.txt", """
"shop" "<<md5>>"
"ada" "<<password>>"
"""),
    ("mail and chat", ".esmtprc", """
identity ada@practice.example
hostname smtp.internal:587
username = "ada"
password = "<<password>>"
starttls = enabled
"""),
    ("mail and chat", ".muttrc", """
set from = "ada@practice.example"
set imap_user = "ada"
set imap_pass = "<<password>>"
set smtp_pass = "<<weak>>"
set smtp_url = "smtp://ada@smtp.internal:587/"
set pgp_timeout = 1800
"""),
    ("mail and chat", ".msmtprc", """
account default
host smtp.internal
user ada
password <<password>>
passwordeval gpg -q -d ~/.msmtp.gpg
"""),
    ("mail and chat", ".fetchmailrc", """
poll mail.internal with proto IMAP
  user "ada" there with password "<<password>>" is ada here
"""),
    ("mail and chat", "postfix/sasl_passwd", """
[smtp.internal]:587 ada:<<password>>
"""),
    ("mail and chat", ".irssi/config", """
servers = (
  {
    address = "irc.internal";
    chatnet = "internal";
    port = "6697";
    use_tls = "yes";
    password = "<<password>>";
  }
);
chatnets = {
  internal = { type = "IRC"; sasl_username = "ada"; sasl_password = "<<weak>>"; };
};
"""),
    ("mail and chat", "profile/logins.json", """
{
  "nextId": 3,
  "logins": [
    {
      "hostname": "https://shop.example",
      "usernameField": "user",
      "passwordField": "pass",
      "encryptedUsername": "<<token>>",
      "encryptedPassword": "<<token>>",
      "guid": "{5f0a6b4e-7a15-4a0c-9d42-0e5a1bb0e1c3}",
      "timePasswordChanged": 1550000000000
    }
  ]
}
"""),
    ("hashes", "public_html/.htpasswd", """
ada:<<apr1>>
ben:<<bcrypt>>
cleo:{SHA}<<base64>>
# dora:disabled
"""),
    ("hashes", "etc/shadow", """
root:<<crypt>>:17000:0:99999:7:::
daemon:*:17000:0:99999:7:::
bin:!:17000:0:99999:7:::
sshd:!!:17000::::::
ada:<<crypt>>:17000:0:99999:7:::
"""),
    ("hashes", "etc/passwd", """
root:x:0:0:root:/root:/bin/bash
ada:x:1000:1000:Ada:/home/ada:/bin/zsh
"""),
    ("hashes", "proftpdpasswd", """
ada:<<crypt>>:2001:2001::/srv/ftp:/bin/false
ben:$1$<<short>>$<<short>>abcdefghijklmno:2002:2002::/srv/ftp:/bin/false
"""),
    ("hashes", "db/dump.sql", """
-- MySQL dump 10.13
CREATE TABLE `wp_users` (
  `user_pass` varchar(255) NOT NULL DEFAULT '',
  `user_activation_key` varchar(255) NOT NULL DEFAULT ''
);
INSERT INTO `wp_users` VALUES
(1,'ada','<<phpass>>','ada','ada@practice.example','','2019-01-01 00:00:00','',0,'ada'),
(2,'ben','<<hex>>','ben','ben@practice.example','','2019-01-01 00:00:00','',0,'ben');
INSERT INTO `wp_posts` VALUES (1,'3d5c1f7e0a9b8c6d4e2f1a0b9c8d7e6f','Hello');
INSERT INTO customers (name, password_hash) VALUES ('cleo', '<<bcrypt>>');
CREATE USER 'shop'@'%' IDENTIFIED BY PASSWORD '*AA<<hex>>BBCCDD';
CREATE ROLE shop LOGIN PASSWORD '<<md5>>';
"""),
    ("hashes", "backup/orders.sql", """
-- PostgreSQL database dump
COPY public.orders (id, checksum) FROM stdin;
1	3d5c1f7e0a9b8c6d4e2f1a0b9c8d7e6f
\\.
COPY public.accounts (id, name, password) FROM stdin;
1	ada	<<hex>>
2	ben	<<bcrypt>>
\\.
"""),
    ("hashes", "directory.ldif", """
dn: uid=ada,ou=people,dc=practice,dc=example
uid: ada
userPassword:: <<base64>>
objectClass: inetOrgPerson
"""),
    ("servers", "ventrilo_srv.ini", """
[Server]
Name=Shop
Phonetic=Shop
Auth=1
Duplicates=1
AdminPassword=<<weak>>
Password=<<password>>
MaxClients=8
"""),
    ("servers", "conf/tomcat-users.xml", """
<tomcat-users>
  <!-- <user username="both" password="<decoy>" roles="tomcat"/> -->
  <user username="ada" password="<<password>>" roles="manager-gui"/>
</tomcat-users>
"""),
    ("servers", "ppp/chap-secrets", """
# client server secret IP addresses
ada pptpd <<password>> *
"""),
    ("servers", "wpa_supplicant.conf", """
network={
  ssid="shop"
  psk="<<password>>"
}
"""),
    ("clouds", "cloud/.credentials", """
[default]
aws_access_key_id = AKIA…
aws_secret_access_key = <<aws>>
region = eu-west-1
"""),
    ("clouds", ".s3cfg", """
[default]
access_key = AKIA…
secret_key = <<aws>>
gpg_passphrase = <<weak>>
gpg_decrypt = %(gpg_command)s -d --verbose --passphrase-fd %(passphrase_fd)s -o %(output_file)s %(input_file)s
proxy_host =
access_token =
"""),
    ("clouds", ".tugboat", """
---
authentication:
  client_key: <<hex>>
  api_key: <<hex>>
ssh:
  ssh_user: ada
  ssh_key_path: ~/.ssh/id_rsa
  ssh_port: '22'
defaults:
  region: '1'
  ssh_key: ''
"""),
    ("clouds", "cloud/heroku.json", """
{
  "app": "shop",
  "email": "ada@practice.example",
  "api_key": "<<token>>"
}
"""),
    ("clouds", "hub", """
github.com:
- user: ada
  oauth_token: <<hex64>>
  protocol: https
"""),
    ("clouds", ".kube/config", """
apiVersion: v1
kind: Config
clusters:
- name: shop
  cluster:
    certificate-authority-data: TFMwdExTMUNSVWRKVGlCRFJWSlVTVVpKUTBGVVJTMHRMUzB0Q2c9PQ==
    server: https://10.0.0.1
users:
- name: ada
  user:
    token: <<token>>
    client-key-data: <<token>>
- name: ben
  user:
    password: <<password>>
    username: ben
"""),
    ("clouds", "terraform.tfvars", """
region = "eu-west-1"
db_password = "<<weak>>"
token_ttl = "3600"
github_token = ""
"""),
    ("clouds", "terraform.tfstate", """
{
  "version": 4,
  "terraform_version": "1.5.0",
  "serial": 9,
  "outputs": {
    "admin_password": {
      "value": "<<password>>",
      "type": "string",
      "sensitive": true
    },
    "address": {
      "value": "db.internal"
    }
  },
  "resources": [
    {
      "mode": "managed",
      "type": "aws_db_instance",
      "instances": [{"attributes": {
        "identifier": "orders",
        "password": "<<weak>>",
        "kms_key_id": "arn:aws:kms:eu-west-1:123456789012:key/1",
        "master_user_secret": []
      }}]
    },
    {
      "mode": "managed",
      "type": "random_password",
      "instances": [{"attributes": {
        "length": 16,
        "result": "<<password>>"
      }}]
    }
  ]
}
"""),
    ("kubernetes", "k8s/secret.yaml", """
apiVersion: v1
kind: Secret
metadata:
  name: shop
type: Opaque
data:
  username: c2hvcA==
  password: <<base64>>
  signing: <<base64>>
  shop.env: <<base64 env>>
  host: ZGIuaW50ZXJuYWw=
---
apiVersion: v1
kind: Secret
metadata:
  name: other
stringData:
  api-token: <<token>>
  url: https://shop.example
---
apiVersion: v1
kind: ConfigMap
data:
  greeting: aGVsbG8gd29ybGQ=
"""),
    ("kubernetes", "chart/templates/secret.yaml", """
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
data:
  password: {{ .Values.password | b64enc | quote }}
"""),
    ("kubernetes", "docker-compose.yml", """
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: <<password>>
      POSTGRES_USER: shop
  app:
    environment:
      - API_TOKEN=<<token>>
      - DATABASE_URL=postgres://shop:<<password>>@db/orders
      - SESSION_SECRET=${SESSION_SECRET:?}
"""),
    ("kubernetes", "group_vars/all.yml", """
ansible_user: deploy
ansible_become_password: <<password>>
vault_db_password: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  62313365396662343061393464336163383764373764613633653634306231386433626436623361
db_password: "{{ vault_db_password }}"
"""),
    ("kubernetes", "inventory.ini", """
[web]
web1.internal ansible_user=ada ansible_ssh_pass=<<password>>
"""),
    ("applications", "web/.env", """
APP_ENV=production
APP_KEY=<<laravel>>
DB_HOST=db.internal
DB_PASSWORD=<<weak>>
REDIS_PASSWORD=null
MAIL_PASSWORD=
export STRIPE_SECRET=<<token>>
JWT_SECRET="<<hex64>>" # of the shop
PUSHER_APP_KEY=${PUSHER_KEY}
MAPS_KEY=<<hex>>
SSH_KEY=~/.ssh/id_rsa
SESSION_LIFETIME=120
# OLD_PASSWORD=<decoy>
"""),
    ("applications", ".bash_profile", """
export PATH=$PATH:$HOME/bin
export AWS_ACCESS_KEY_ID=AKIA…
export AWS_SECRET_ACCESS_KEY=<<aws>>
export MAIL_API_KEY=<<hex>>-us7
export EDITOR=vim
echo "enter your token for the shop"
if [ -z "$API_TOKEN" ]; then echo "no token set"; fi
alias db='mysql -u root -p<<password>> orders'
"""),
    ("applications", "web/ruby/secrets.yml", """
development:
  secret_key_base: <<hex128>>
production:
  secret_key_base: <%= ENV["SECRET_KEY_BASE"] %>
"""),
    ("applications", "web/ruby/config/master.key", """
<<hex>>
"""),
    ("applications", "web/wp-config.php", """
<?php
define('DB_NAME', 'shop');
define( 'DB_PASSWORD', '<<weak>>' );
define('DB_HOST', 'localhost');
define('AUTH_KEY',         '<<salt>>');
define('SECURE_AUTH_SALT', '<<salt>>');
define('NONCE_KEY',        'put your unique phrase here');
$table_prefix  = 'wp_';
"""),
    ("applications", "web/configuration.php", """
<?php
class JConfig {
  public $user = 'shop';
  public $password = '<<weak>>';
  public $secret = '<<token>>';
  public $smtppass = '';
  public $offline_message = 'This site is down.';
}
"""),
    ("applications", "web/config.php", """
<?php
$config['db']['hostname'] = 'db.internal';
$config['db']['password'] = '<<password>>';
$db_pass = "<<weak>>";
$link = mysqli_connect("db.internal", "shop", "<<password>>", "orders");
$password = $_POST['password'];
return ['password' => env('DB_PASSWORD', ''), 'token' => '<<token>>'];
"""),
    ("applications", "shop/settings.py", """
SECRET_KEY = '<<salt>>'
DEBUG = False
DATABASES = {'default': {'NAME': 'orders', 'PASSWORD': '<<weak>>'}}
EMAIL_HOST_PASSWORD = os.environ['EMAIL_HOST_PASSWORD']
PASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2PasswordHasher']
AUTH_PASSWORD_VALIDATORS = []
CSRF_TOKEN_HEADER = 'X-CSRFToken'
"""),
    ("applications", "web/js/salesforce.js", """
const conn = new jsforce.Connection({ loginUrl: 'https://login.example' });
conn.login('ada@practice.example', '<<password>>', (error) => { if (error) throw error; });
"""),
    ("keys", ".ssh/id_rsa", """
<<rsa>>
"""),
    ("keys", "keys/protected", """
<<rsa protected>>
"""),
    ("keys", "keys/server.pem", """
<<pkcs8>>
"""),
    ("keys", "keys/protected.pem", """
<<pkcs8 protected>>
"""),
    ("keys", ".ssh/id_ed25519", """
<<openssh>>
"""),
    ("keys", ".ssh/id_protected", """
<<openssh protected>>
"""),
    ("keys", ".ssh/id_rsa.pub", """
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDExampleOnlyOfPublicKeyTextThatOpensNothing ada@laptop
"""),
    *FORMATS,
]  # fmt: skip
PUTTY = ("keys", "putty.ppk", """
PuTTY-User-Key-File-2: ssh-rsa
Encryption: none
Comment: rsa-key-20190101
Public-Lines: 2
AAAAB3NzaC1yc2EAAAABJQAAAQEAhJexamplePublicLinesOfAKeyThatOpens
NothingAtAllBecauseItIsMadeUp
Private-Lines: 8
<key lines>
Private-MAC: 0011
""")  # fmt: skip


def putty_sample(seed=1):
    """Its private part begins on a line without a mark."""
    family, path, template = PUTTY
    text = template.strip("\n").replace("<key lines>", Mint(seed).putty_lines()) + "\n"
    line = text[: text.index("Private-Lines")].count("\n") + 1
    return Sample(family, path, text, frozenset({line}))
