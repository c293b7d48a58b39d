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
    # https://pip.pypa.io/en/stable/topics/authentication/
    ("sign-in", "pip.conf", """
[global]
index-url = https://ada:<<password>>@pypi.internal/simple
extra-index-url =
    https://__token__:<<token>>@pypi.other/simple
    https://pypi.third/simple
trusted-host = pypi.internal
"""),
    # https://classic.yarnpkg.com/en/docs/yarnrc
    ("sign-in", ".yarnrc", """
registry "https://npm.internal"
"//npm.internal/:_authToken" "<<token>>"
always-auth true
"""),
    # https://getcomposer.org/doc/articles/authentication-for-private-packages.md
    ("sign-in", "auth.json", """
{
    "http-basic": {
        "repo.internal": {
            "username": "ada",
            "password": "<<password>>"
        }
    },
    "github-oauth": {
        "github.com": "<<github>>"
    },
    "gitlab-token": {
        "git.internal": "<<token>>"
    },
    "bearer": {
        "other.internal": "<<token>>"
    }
}
"""),
    # https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    ("sign-in", "containers/auth.json", """
{
    "auths": {
        "registry.internal": {
            "auth": "<<basic>>"
        }
    }
}
"""),
    # https://maven.apache.org/guides/mini/guide-encryption.html
    ("sign-in", ".m2/settings-security.xml", """
<settingsSecurity>
  <master><<sealed>></master>
</settingsSecurity>
"""),
    # https://docs.gradle.org/current/userguide/build_environment.html
    ("sign-in", "gradle.properties", """
org.gradle.jvmargs=-Xmx2g
nexusUsername=ada
nexusPassword=<<password>>
signing.keyId=24875D73
signing.password=<<password>>
signing.secretKeyRingFile=/home/ada/.gnupg/secring.gpg
"""),
    # https://svnbook.red-bean.com/en/1.8/svn.serverconfig.netmodel.html
    ("sign-in", "ada/.subversion/auth/svn.simple/0123456789abcdef0123456789abcdef", """
K 8
passtype
V 6
simple
K 8
password
V 14
<<password>>
K 15
svn:realmstring
V 30
<https://svn.internal:443> shop
K 8
username
V 3
ada
END
"""),
    # https://svnbook.red-bean.com/en/1.8/svn.serverconfig.svnserve.html
    ("sign-in", "repository/conf/passwd", """
### This file is an example password file for svnserve.
[users]
# harry = <decoy>
ada = <<password>>
ben = <<password>>
"""),
    # https://everything.curl.dev/cmdline/configfile.html
    ("sign-in", "ada/.curlrc", """
# of the shop
user = "ada:<<password>>"
-U ben:<<password>>
url = "https://files.internal:8443"
oauth2-bearer = "<<token>>"
"""),
    # https://rclone.org/docs/#config-file
    ("ftp", ".config/rclone/rclone.conf", """
[files]
type = sftp
host = files.internal
user = ada
pass = <<token>>
[drive]
type = drive
client_id =
token = {"access_token":"<<token>>","token_type":"Bearer"}
[b2]
type = b2
account = 0012
key = <<token>>
"""),
    ("ftp", ".idea/sshConfigs.xml", """
<project version="4">
  <component name="SshConfigs">
    <configs>
      <sshConfig authType="PASSWORD" host="files.internal" port="22" password="<<hex>>" username="ada" />
    </configs>
  </component>
</project>
"""),
    # https://winscp.net/eng/docs/config
    ("ftp", "ada/WinSCP.ini", """
[Sessions\\shop]
HostName=files.internal
UserName=shop
Password=<<hex64>>
Passphrase=<<hex64>>
ProxyPassword=<<hex64>>
"""),
    # https://mobaxterm.mobatek.net/documentation.html
    ("ftp", "MobaXterm.ini", """
[Misc]
SkinName3=Windows
[Passwords]
ssh22:ada@files.internal=<<token>>
"""),
    # https://gitlab.com/Remmina/Remmina/-/wikis/home
    ("ftp", "ada/shop.remmina", """
[remmina]
name=shop
username=ada
password=<<token>>==
ssh_password=
"""),
    # https://www.jetbrains.com/help/datagrip/data-source-properties.html
    ("database", ".idea/dataSources.xml", """
<project version="4">
  <component name="DataSourceManagerImpl">
    <data-source source="LOCAL" name="orders" uuid="b2bb6a05-8b5c-4bd3-a3d2-c5b5b3dbd54e">
      <jdbc-url>jdbc:mysql://db.internal:3306/orders?user=ada&amp;password=<<password>>&amp;useSSL=true</jdbc-url>
    </data-source>
  </component>
</project>
"""),
    # https://github.com/dbeaver/dbeaver/wiki/Admin-Manage-Connections
    ("database", ".dbeaver/credentials-config.json", """
{
  "mysql8-1": {
    "#connection": {
      "user": "ada",
      "password": "<<password>>"
    }
  }
}
"""),
    # https://github.com/Studio3T/robomongo: 1.3 and later encrypt what they keep
    ("database", ".3T/robo-3t/1.4.3/robo3t.json", """
{
    "connections" : [
        {
            "credentials" : [
                {
                    "userName" : "ada",
                    "userPasswordEncrypted" : "<<token>>="
                }
            ],
            "ssh" : {
                "passphraseEncrypted" : "<<token>>=",
                "userPasswordEncrypted" : ""
            }
        }
    ]
}
"""),
    # https://www.mongodb.com/docs/manual/reference/method/db.auth/
    ("database", ".mongorc.js", """
db.auth('ada', '<<password>>');
db = connect('mongodb://ada:<<password>>@db.internal/orders');
"""),
    # https://www.unixodbc.org/odbcinst.html
    ("database", "odbc.ini", """
[orders]
Driver = PostgreSQL
Servername = db.internal
UserName = shop
Password = <<password>>
"""),
    ("database", "config/config.json", """
{
  "production": {
    "username": "shop",
    "password": "<<password>>",
    "database": "orders",
    "dialect": "postgres"
  },
  "test": {
    "username": "root",
    "password": null
  }
}
"""),
    # https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-login-transact-sql
    ("database", "accounts.sql", """
CREATE USER 'shop'@'localhost' IDENTIFIED BY '<<password>>';
CREATE USER ben@'%' IDENTIFIED WITH mysql_native_password BY '<<password>>';
ALTER ROLE shop WITH PASSWORD '<<password>>';
ALTER ROLE app ENCRYPTED PASSWORD '<<password>>';
ALTER LOGIN sa WITH PASSWORD = N'<<password>>';
GRANT ALL ON *.* TO 'root'@'%' IDENTIFIED BY '<<password>>';
SET PASSWORD FOR 'ada'@'%' = PASSWORD('<<password>>');
"""),
    # https://manpages.debian.org/bookworm/esmtp/esmtprc.5.en.html
    ("mail and chat", "ada/.esmtprc", """
identity "ada@practice.example"
hostname smtp.internal:587
username "ada"
password "<<short>> <<short>>" # of the shop
certificate_passphrase '<<weak>>'
starttls required
"""),
    # https://isync.sourceforge.io/mbsync.html
    ("mail and chat", ".mbsyncrc", """
IMAPAccount shop
Host imap.internal
User ada
Pass <<password>>
PassCmd "pass show mail"
"""),
    # https://www.offlineimap.org/doc/conf_examples.html
    ("mail and chat", ".offlineimaprc", """
[Repository remote]
type = IMAP
remoteuser = ada
remotepass = <<password>>
remotepasseval = get_pass()
"""),
    # https://www.fetchmail.info/fetchmail-man.html
    ("mail and chat", "ada/.fetchmailrc", """
poll mail.internal protocol imap username ada password <<password>>
poll mail.other proto pop3 user ben with pass "<<short>>"
poll mail.third proto imap user cleo ssl
"""),
    ("mail and chat", "ssmtp/ssmtp.conf", """
root=ada@practice.example
mailhub=smtp.internal:587
AuthUser=ada
AuthPass=<<password>>
UseSTARTTLS=YES
"""),
    # https://www.exim.org/docs.html
    ("mail and chat", "exim4/passwd.client", """
# target.mail.server.example:login:password
smtp.internal:ada:<<password>>
*:ben:<<password>>
"""),
    # https://doc.dovecot.org/2.3/configuration_manual/authentication/passwd_file/
    ("hashes", "dovecot/users", """
ada:{PLAIN}<<password>>:1000:1000::/home/ada
ben:{SHA512-CRYPT}<<crypt>>:1001:1001::/home/ben
cleo:{BLF-CRYPT}<<bcrypt>>::::::
"""),
    # https://man7.org/linux/man-pages/man5/shadow.5.html
    ("hashes", "backup/shadow", """
ada:!<<crypt>>:19000:0:99999:7:::
ben:$y$j9T$<<short>>$<<token>>:19000:0:99999:7:::
cleo:!:19000:0:99999:7:::
"""),
    # https://github.com/P-H-C/phc-winner-argon2: its parameters stand apart by commas
    ("hashes", "argon2.sql", """
INSERT INTO users VALUES (1, 'ada', '<<argon2>>');
INSERT INTO users VALUES (2, 'ben', 'argon2<<argon2>>');
INSERT INTO users VALUES (3, 'cleo', 'pbkdf2:sha256:150000$<<short>>$<<hex64>>');
"""),
    # https://www.rabbitmq.com/docs/definitions
    ("hashes", "rabbitmq/definitions.json", """
{"rabbit_version": "3.12.0", "users": [
  {"name": "shop", "password_hash": "<<token>>", "hashing_algorithm": "rabbit_password_hashing_sha256"}
]}
"""),
    # https://docs.wildfly.org/31/WildFly_Elytron_Security.html
    ("hashes", "configuration/mgmt-users.properties", """
#$REALM_NAME=ManagementRealm$
ada=<<hex>>
"""),
    # https://jetty.org/docs/jetty/12/operations-guide/security/index.html
    ("servers", "etc/realm.properties", """
# user: password, role
ada: <<password>>,admin
ben: OBF:<<token>>,user
"""),
    # https://www.jenkins.io/doc/developer/security/secrets/
    ("servers", "jenkins/credentials.xml", """
<com.cloudbees.plugins.credentials.SystemCredentialsProvider>
  <username>ada</username>
  <password><<sealed>></password>
  <secret><<sealed>></secret>
  <passphrase>{}</passphrase>
</com.cloudbees.plugins.credentials.SystemCredentialsProvider>
"""),
    # https://www.w3.org/TR/xml/#sec-cdata-sect
    ("servers", "standalone/tomcat-users.xml", """
<datasource>
  <user-name>shop</user-name>
  <password><![CDATA[<<password>>]]></password>
</datasource>
"""),
    ("servers", "META-INF/persistence.xml", """
<persistence>
  <properties>
    <property name="javax.persistence.jdbc.user" value="shop"/>
    <property name="javax.persistence.jdbc.password" value="<<password>>"/>
  </properties>
</persistence>
"""),
    ("servers", "hibernate.cfg.xml", """
<hibernate-configuration>
  <session-factory>
    <property name="hibernate.connection.username">shop</property>
    <property name="hibernate.connection.password"><<password>></property>
  </session-factory>
</hibernate-configuration>
"""),
    ("servers", "conf/context.xml", """
<Context>
  <Resource name="jdbc/orders" username="shop" password="<<password>>" url="jdbc:mysql://db.internal/orders"/>
</Context>
"""),
    # https://learn.microsoft.com/en-us/previous-versions/aspnet/w8h3skw9(v=vs.100)
    ("servers", "Web.config", """
<configuration>
  <connectionStrings>
    <add name="Orders" connectionString="Server=db.internal;User Id=shop;Password=<<password>>;" />
  </connectionStrings>
  <machineKey validationKey="<<hex128>>" validation="SHA1" />
  <machineKey validationKey="AutoGenerate,IsolateApps" decryptionKey="AutoGenerate,IsolateApps" />
</configuration>
"""),
    # https://learn.microsoft.com/en-us/aspnet/core/fundamentals/configuration/
    ("servers", "appsettings.Production.json", """
{
  "ConnectionStrings": {
    "Orders": "Server=db.internal;Database=orders;User Id=shop;Password=<<password>>"
  },
  "Jwt": {
    "Issuer": "shop",
    "Key": "<<token>>"
  },
  "Smtp": { "Password": "<<password>>" }
}
"""),
    # https://docs.spring.io/spring-boot/appendix/application-properties/index.html
    ("servers", "src/main/resources/application-prod.yml", """
spring:
  datasource:
    username: shop
    password: <<password>>
  security:
    user:
      password: ${ADMIN_PASSWORD:}
"""),
    # https://www.php.net/manual/en/mysqli.configuration.php
    ("servers", "php.ini", """
mysqli.default_user = shop
mysqli.default_pw = <<password>>
mysqli.max_links = -1
"""),
    # https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
    ("servers", "grafana.ini", '''
[security]
admin_user = admin
admin_password = <<password>>
secret_key = <<token>>
[smtp]
password = """<<password>>"""
'''),
    # https://www.rabbitmq.com/docs/configure
    ("servers", "rabbitmq.conf", """
default_user = shop
default_pass = <<password>>
"""),
    # https://docs.asterisk.org/Configuration/
    ("servers", "asterisk/sip.conf", """
[1001]
type=friend
host=dynamic
secret=<<short>>
[1002]
md5secret=<<hex>>
"""),
    # https://docs.strongswan.org/docs/5.9/config/ipsecSecrets.html
    ("servers", "etc/ipsec.secrets", """
# host and key
10.0.0.1 10.0.0.2 : PSK "<<password>>"
: RSA server.pem
: RSA client.pem "<<password>>"
: RSA other.pem %prompt
ada : EAP "<<password>>"
"""),
    # https://www.net-snmp.org/docs/man/snmpd.conf.html
    ("servers", "snmpd.conf", """
rocommunity public
createUser ada SHA "<<password>>" AES
createUser ben MD5 <<password>>
"""),
    # https://openvpn.net/community-resources/reference-manual-for-openvpn-2-6/
    ("servers", "openvpn/auth.txt", """
ada
<<password>>
"""),
    # https://www.wireguard.com/quickstart/
    ("servers", "wg0.conf", """
[Interface]
PrivateKey = <<token>>=
Address = 10.0.0.1/24
[Peer]
PublicKey = AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG=
PresharedKey = <<token>>=
"""),
    # https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/security/d1/sec-d1-cr-book.html
    ("servers", "core.internal-running-config.cfg", """
service password-encryption
enable secret 5 $1$<<short>>$<<token>>
enable password 7 <<hex>>
username ada privilege 15 password 0 <<password>>
crypto isakmp key <<password>> address 10.0.0.1
line vty 0 4
 password <<password>>
 login local
 transport input ssh
"""),
    # https://wiki.debian.org/DebianInstaller/Preseed
    ("servers", "preseed.cfg", """
d-i passwd/root-password password <<password>>
d-i passwd/user-password-crypted password <<crypt>>
d-i passwd/user-fullname string Ada
d-i user-setup/allow-password-weak boolean false
"""),
    # https://pykickstart.readthedocs.io/en/latest/kickstart-docs.html
    ("servers", "anaconda-ks.cfg", """
rootpw --plaintext <<password>>
user --name=ada --password=<<password>> --plaintext
user --name=ben --iscrypted --password=<<crypt>>
rootpw --lock
"""),
    # https://learn.microsoft.com/en-us/windows-hardware/customize/desktop/unattend
    ("servers", "Autounattend.xml", """
<AutoLogon>
  <Password><Value><<password>></Value><PlainText>true</PlainText></Password>
  <Username>ada</Username>
</AutoLogon>
<UserAccounts><AdministratorPassword>
  <Value><<hidden>></Value>
  <PlainText>false</PlainText>
</AdministratorPassword></UserAccounts>
"""),
    # https://cloud.google.com/docs/authentication/application-default-credentials
    ("clouds", "service-account.json", """
{
  "type": "service_account",
  "project_id": "shop",
  "private_key_id": "0123456789abcdef0123456789abcdef01234567",
  "private_key": "<<pkcs8 line>>",
  "client_email": "shop@shop.example"
}
"""),
    # https://learn.microsoft.com/en-us/azure/developer/github/connect-from-azure-secret
    ("clouds", "creds/azure.json", """
{
  "clientId": "b2bb6a05-8b5c-4bd3-a3d2-c5b5b3dbd54e",
  "clientSecret": "<<token>>",
  "subscriptionId": "c2bb6a05-8b5c-4bd3-a3d2-c5b5b3dbd54e",
  "tenantId": "d2bb6a05-8b5c-4bd3-a3d2-c5b5b3dbd54e"
}
"""),
    # https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html
    ("clouds", ".aws/sso/cache/0123456789abcdef0123456789abcdef01234567.json", """
{
 "startUrl": "https://practice.awsapps.example/start",
 "accessToken": "<<token>>",
 "clientSecret": "<<token>>",
 "refreshToken": "<<token>>",
 "expiresAt": "2024-01-01T00:00:00Z"
}
"""),
    # https://cli.github.com/manual/gh_auth_login
    ("clouds", ".config/gh/hosts.yml", """
github.com:
    user: ada
    oauth_token: <<github>>
    git_protocol: ssh
"""),
    # https://developer.hashicorp.com/terraform/cli/config/config-file
    ("clouds", ".terraformrc", """
plugin_cache_dir = "$HOME/.terraform.d/plugin-cache"
credentials "app.terraform.io" {
  token = "<<token>>"
}
"""),
    ("clouds", ".terraform.d/credentials.tfrc.json", """
{
  "credentials": {
    "app.terraform.io": {
      "token": "<<token>>"
    }
  }
}
"""),
    # https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/
    ("clouds", ".sfdx/ada@practice.example.json", """
{
  "accessToken": "<<token>>",
  "refreshToken": "<<token>>",
  "instanceUrl": "https://practice.my.example"
}
"""),
    # https://docs.openstack.org/python-openstackclient/latest/configuration/index.html
    ("clouds", "clouds.yaml", """
clouds:
  shop:
    auth:
      auth_url: https://keystone.internal
      username: ada
      password: <<password>>
"""),
    # https://yaml.org/spec/1.2.2/#81-block-scalar-styles
    ("kubernetes", "k8s/block.yaml", """
apiVersion: v1
kind: Secret
metadata:
  name: shop
stringData:
  password: |-
    <<password>>
  application.properties: |
    server.port=8080
    server.name=Shop1
  tls.key: |
    <<pkcs8 indented>>
"""),
    ("kubernetes", "secrets/secret.json", """
{
  "apiVersion": "v1",
  "kind": "Secret",
  "data": {
    "password": "<<base64>>"
  }
}
"""),
    ("kubernetes", "chart/values.yaml", """
image:
  repository: shop
auth:
  rootPassword: <<password>>
  existingSecret: ""
  secretKeys:
    adminPasswordKey: postgres-password
"""),
    ("kubernetes", "inventory/hosts", """
[web]
web1.internal ansible_user=ada ansible_password=<<password>>
web2.internal ansible_ssh_pass='<<password>>' ansible_become_pass=<<password>>
"""),
    # https://docs.ansible.com/ansible/latest/vault_guide/vault_managing_passwords.html
    ("kubernetes", ".ansible_vault_password", """
<<password>>
"""),
    # https://experienceleague.adobe.com/en/docs/commerce-operations/configuration-guide/files/config-reference-envphp
    ("applications", "app/etc/env.php", """
<?php
return [
  'crypt' => ['key' => '<<hex>>'],
  'db' => ['connection' => ['default' => ['username' => 'shop', 'password' => '<<password>>']]],
];
"""),
    # https://www.mediawiki.org/wiki/Manual:LocalSettings.php
    ("applications", "LocalSettings.php", """
<?php
$wgDBuser = "shop";
$wgDBpassword = "<<password>>";
$wgSecretKey = "<<hex64>>";
$wgUpgradeKey = "<<hex>>";
"""),
    # https://api.rubyonrails.org/v4.2/classes/Rails/Application.html
    ("applications", "config/initializers/secret_token.rb", """
Shop::Application.config.secret_token = '<<hex128>>'
"""),
    ("applications", "config/prod.secret.exs", """
config :shop, ShopWeb.Endpoint, secret_key_base: "<<token>>"
config :shop, Shop.Repo, username: "shop", password: "<<password>>"
"""),
    ("applications", "android/key.properties", """
storePassword=<<password>>
keyPassword=<<password>>
keyAlias=upload
"""),
    # https://www.rfc-editor.org/rfc/rfc7517
    ("keys", "keys/private.jwk", """
{"kty": "RSA", "kid": "shop", "e": "AQAB",
 "n": "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG",
 "d": "<<hex128>>"}
{"kty": "oct", "k": "<<token>>"}
{"kty": "EC", "crv": "P-256", "x": "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG"}
"""),
    # https://docs.haproxy.org/3.0/configuration.html
    ("servers", "haproxy.cfg", """
userlist ops
  user ada insecure-password <<password>>
  user ben password <<crypt>>
backend shop
  stats auth ada:<<password>>
  # stats auth ben:<decoy>
"""),
    # https://kafka.apache.org/documentation/#security_sasl_plain
    ("servers", "kafka_server_jaas.conf", """
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username="shop"
  password="<<password>>"
  user_shop="<<password>>";
};
"""),
    # https://arthurdejong.org/nss-pam-ldapd/nslcd.conf.5
    ("servers", "nslcd.conf", """
uri ldap://directory.internal
binddn cn=shop,dc=practice,dc=example
bindpw <<password>>
"""),
    ("servers", "sssd.conf", """
ldap_default_bind_dn = cn=shop
ldap_default_authtok_type = password
ldap_default_authtok = <<password>>
"""),
    # https://bind9.readthedocs.io/en/latest/reference.html
    ("servers", "named.conf", """
key "rndc-key" { algorithm hmac-sha256; secret "<<token>>="; };
options { directory "/var/cache/bind"; };
"""),
    # https://github.com/coturn/coturn/wiki/turnserver
    ("servers", "turnserver.conf", """
realm=shop.example
static-auth-secret=<<token>>
user=ada:<<password>>
"""),
    # https://learn.microsoft.com/en-us/windows/win32/nativewifi/wlan-profileschema-schema
    ("servers", "Wi-Fi-Office.xml", """
<WLANProfile><MSM><security>
  <sharedKey><keyType>passPhrase</keyType><protected>false</protected>
    <keyMaterial><<password>></keyMaterial>
  </sharedKey>
</security></MSM></WLANProfile>
"""),
    # https://fishshell.com/docs/current/cmds/set.html
    ("applications", ".config/fish/config.fish", """
set -gx API_TOKEN <<token>>
set -x DB_PASSWORD '<<password>>'
set -gx EDITOR vim
set -e OLD_TOKEN
"""),
    # https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/setx
    ("applications", "deploy.bat", """
set DB_PASSWORD=<<password>>
setx API_TOKEN "<<token>>" /m
"""),
    # https://docs.docker.com/reference/compose-file/services/#environment
    ("kubernetes", "compose.yaml", """
services:
  db:
    environment:
      - MYSQL_ROOT_PASSWORD=<<password>>
      - MYSQL_PASSWORD_FILE=/run/secrets/db
      - "POSTGRES_PASSWORD=<<password>>"
      - "SESSION_SECRET=${SESSION_SECRET}"
  cache:
    command: redis-server --requirepass <<password>>
"""),
    # https://www.phpmyadmin.net/docs/, https://docs.moodle.org/404/en/Configuration_file
    ("applications", "moodle/config.php", """
<?php
$CFG->dbuser = 'shop';
$CFG->dbpass = '<<password>>';
$cfg['Servers'][$i]['controlpass'] = '<<password>>';
"""),
    # https://docs.gitlab.com/omnibus/settings/configuration/
    ("applications", "gitlab-secrets.json", """
{
  "gitlab_rails": {
    "secret_key_base": "<<hex128>>",
    "db_key_base": "<<hex128>>",
    "otp_key_base": "<<hex128>>"
  }
}
"""),
    # https://leiningen.org/deploy.html
    ("sign-in", "ada/.lein/profiles.clj", """
{:user {:plugins [[lein-ancient "1.0.0"]]
        :auth {:username "ada" :password "<<password>>"}}}
"""),
    # https://bundler.io/man/bundle-config.1.html
    ("sign-in", ".bundle/config", """
---
BUNDLE_GEMS__INTERNAL: "ada:<<password>>"
BUNDLE_MIRROR__HTTPS://RUBYGEMS__INTERNAL/: "https://gems.internal"
BUNDLE_JOBS: "4"
"""),
    # https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/settings.html
    ("sign-in", ".condarc", """
channels:
  - https://conda.internal/t/<<token>>/main
  - defaults
"""),
    # https://www.gnu.org/software/emacs/manual/html_mono/auth.html
    ("sign-in", "ada/.authinfo", """
machine imap.internal login ada port 993 password <<password>>
"""),
    # https://weechat.org/files/doc/stable/weechat_user.en.html
    ("mail and chat", "weechat/sec.conf", """
[crypt]
cipher = aes256
[data]
__passphrase__ = off
libera = "<<password>>"
"""),
    # https://hexchat.readthedocs.io/en/latest/settings.html
    ("mail and chat", "hexchat/servlist.conf", """
N=Libera
P=<<password>>
I=ada
"""),
    # https://wiki.znc.in/Configuration
    ("hashes", "znc.conf", """
<User ada>
	<Pass password>
		Hash = <<hex64>>
		Method = SHA256
	</Pass>
</User>
"""),
    # https://www.samba.org/samba/docs/current/man-html/smbpasswd.5.html
    ("hashes", "samba/smbpasswd", """
ada:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:<<hex>>:[U          ]:LCT-5F000000:
ben:1001:aad3b435b51404eeaad3b435b51404ee:<<hex>>:[U          ]:LCT-5F000000:
"""),
    # https://docs.fortinet.com/document/fortigate
    ("servers", "fortigate.conf", """
config system admin
    edit "ada"
        set accprofile "super_admin"
        set password ENC <<token>>=
    next
end
"""),
    # https://www.juniper.net/documentation/us/en/software/junos/cli-reference/
    ("servers", "edge.conf", """
set system root-authentication encrypted-password "<<crypt>>"
set system radius-server 10.0.0.1 secret "$9$<<token>>"
set system login user ada class super-user
"""),
    # https://docs.vyos.io/en/latest/configuration/system/login.html
    ("servers", "config.boot", """
login {
    user ada {
        authentication {
            plaintext-password "<<password>>"
        }
    }
}
"""),
    # https://help.mikrotik.com/docs/
    ("servers", "router.rsc", """
/ppp secret add name=ada password=<<password>> service=l2tp
/interface wireless security-profiles set [ find default=yes ] wpa2-pre-shared-key="<<password>>"
"""),
    # https://openwrt.org/docs/guide-user/network/wifi/basic
    ("servers", "etc/config/wireless", """
config wifi-iface
	option ssid 'shop'
	option encryption 'psk2'
	option key '<<password>>'
"""),
    # https://shrubbery.net/tac_plus/
    ("servers", "tac_plus.conf", """
key = "<<password>>"
user = ada {
    login = cleartext <<password>>
}
user = ben {
    login = file /etc/passwd
}
"""),
    # https://www.puppet.com/docs/puppet/8/hiera
    ("servers", "hieradata/common.yaml", """
---
mysql::root_password: '<<password>>'
profile::db::port: 3306
profile::db::password: <<password>>
"""),
    # https://developer.apple.com/library/archive/documentation/General/Conceptual/DevPedia-CocoaCore/PropertyList.html
    ("applications", "ios/Info.plist", """
<plist version="1.0">
<dict>
	<key>ApiSecret</key>
	<string><<token>></string>
	<key>CFBundleName</key>
	<string>Shop</string>
</dict>
</plist>
"""),
    # https://developer.android.com/build/building-cmdline#sign_cmdline
    ("applications", "app/build.gradle", """
signingConfigs {
    release {
        storeFile file("shop.jks")
        storePassword "<<password>>"
        keyAlias "shop"
        keyPassword '<<password>>'
        keyPassword System.getenv("KEY_PASSWORD")
    }
}
"""),
    # https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/
    ("keys", "keystore/UTC--2020-01-01T00-00-00.000000000Z--0011", """
{"address":"0011","crypto":{"cipher":"aes-128-ctr","kdf":"scrypt",
"ciphertext":"<<hex64>>",
"mac":"0011"}}
"""),
]  # fmt: skip
