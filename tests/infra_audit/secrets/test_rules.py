"""What our own rules and the providers' find, and what they leave alone."""

import base64

import pytest

ASSIGNED = [
    ("", "export DB_PASSWORD={password}"),
    ("", 'DB_PASSWORD="{password}"'),
    ("settings.yaml", "password: {password}"),
    ("app.py", 'password = "{password}"'),
    ("app.py", 'os.environ["DB_PASSWORD"] = "{password}"'),
    ("app.py", 'connect(host="db", password="{password}")'),
    ("app.ts", 'const dbPassword: string = "{password}";'),
    ("app.go", 'password := "{password}"'),
    ("app.php", "define('DB_PASSWORD', '{password}');"),
    ("app.rb", ":password => '{password}'"),
    ("main.tf", 'password = "{password}"'),
    ("app.properties", "spring.datasource.password={password}"),
    ("app.ini", "password = {password}"),
    ("app.json", '{{"password": "{password}"}}'),
    ("app.xml", "<password>{password}</password>"),
    ("app.config", '<add key="Password" value="{password}"/>'),
    ("task.json", '{{"name": "DB_PASSWORD", "value": "{password}"}}'),
    ("task.json", '{{"name": "DB_PASSWORD",\n  "value": "{password}"}}'),
    ("pod.yaml", "- name: DB_PASSWORD\n  value: {password}"),
    ("Dockerfile", "ENV DB_PASSWORD {password}"),
    ("", "PGPASSWORD={password} psql -h db"),
    ("", "kubectl create secret generic db --from-literal=password={password}"),
    ("app.py", 'client_secret = "{token}"'),
    ("app.js", "const apiKey = '{token}';"),
    ("", "JWT_SECRET={token}"),
    ("app.java", 'dataSource.setPassword("{password}");'),
    ("app.java", 'properties.put("db.password", "{password}");'),
    ("app.cs", 'public string ClientSecret {{ get; set; }} = "{token}";'),
    ("app.rs", 'const API_TOKEN: &str = "{token}";'),
    ("app.m", 'NSString *const apiToken = @"{token}";'),
    ("app.js", "const pass = process.env.DB_PASS || '{password}';"),
    ("app.js", "fetch('https://api.internal/orders?api_key={token}&page=2')"),
    ("wifi.h", '#define WIFI_PASSWORD "{password}"'),
    ("strings.xml", '<string name="api_key">{token}</string>'),
    ("run.sh", 'PASSWORD="${{DB_PASSWORD:-{password}}}"'),
    ("app.py", 'maps_key = "{token}"'),
    ("app.py", 'password = "qxvhzkbt"'),
    ("radius.conf", "secret\t\t= {password}"),
    ("radius.conf", "#secret = {password}"),
    ("app.c", 'setopt(handle, OPT_PASSWORD, "{password}");'),
    ("deploy.rb", 'set :db_password, "{password}"'),
    ("app.php", "$cfg['blowfish_secret'] = hex2bin('{token}');"),
    ("App.java", 'return password.equals("{password}");'),
    ("app.rb", "user.password_confirmation = '{password}'"),
    ("app.py", 'password = ("{password}"'),
    ("app.py", 'body = "oauth_token={token}&page=2"'),
    ("app.js", "location = 'https://shop.internal/#access_token={token}'"),
    ("app.py", 'totp_key = "{token}"'),
    ("app.py", 'hash_salt = "{token}"'),
    ("app.py", 'pw = "{password}"'),
    ("app.py", 'wifi_psk = "{password}"'),
]
OTHERS = [
    ("url-credentials", "postgres://app:{password}@db.internal:5432/orders"),
    ("url-credentials", "git clone https://ada:{token}@git.internal/shop.git"),
    ("command-line-password", "mysql -u root -p{password} orders < dump.sql"),
    ("command-line-password", "echo 'ubuntu:{password}' | chpasswd"),
    ("command-line-password", "docker login -u ada -p {password} registry.internal"),
    ("command-line-password", "restore --password {password} orders"),
    ("command-line-password", "curl -u ada:{password} https://api.internal"),
    ("sql-password", "CREATE USER app IDENTIFIED BY '{password}';"),
    ("sql-password", "ALTER USER app WITH PASSWORD '{password}';"),
    ("command-line-password", "redis-cli -h cache.internal -a {password} ping"),
    ("command-line-password", "openssl rsa -passin pass:{password} -in key.pem"),
    ("command-line-password", "keytool -list -storepass {password}"),
    ("sign-in-call", 'requests.get(url, auth=("ada", "{password}"))'),
    ("sign-in-call", 'DriverManager.getConnection("jdbc:postgresql://db/orders", "ada", "{password}");'),
    ("chat-password", 'autosendcmd = "/^msg nickserv identify {password};wait 2000";'),
    ("signing-key", "jwt.sign(payload, '{token}')"),
    ("sql-password", "SET PASSWORD FOR 'app'@'%' = PASSWORD('{password}');"),
    ("url-credentials", "url=jdbc:oracle:thin:app/{password}@db.internal:1521/orders"),
    ("authorization-token", "Authorization: Token {token}"),
    ("authorization-token", "'Authorization' => 'token {token}'"),
    ("sign-in-call", "users.loginUser('ada', '{password}')"),
    ("connection-string-password", '"AccountName=shop;AccountKey={token};EndpointSuffix=x"'),
    ("url-credentials", "shop:{password}@tcp(db.internal:3306)/orders"),
    ("command-line-password", "redis-server --requirepass {password}"),
    ("command-line-password", "sqlplus -s shop/{password}@orders @report.sql"),
    ("sql-password", "ALTER LOGIN app WITH PASSWORD = N'{password}';"),
    ("sql-password", "CREATE USER app IDENTIFIED BY {token} DEFAULT TABLESPACE users;"),
    ("sign-in-call", "db.auth('ada', '{password}')"),
    ("command-line-password", "lftp -u ada,{password} ftp.internal"),
    ("sign-in-call", 'credentials += Credentials("Realm", "r.internal", "ada", "{password}")'),
    ("connection-string-password", "jdbc:mysql://db.internal/orders?user=app&amp;password={password}&amp;ssl=true"),
    ("connection-string-password", '"Server=db;User Id=app;Password={password};"'),
    ("netrc-password", "machine api.internal login ada password {password}"),
]
HARMLESS = [
    ("app.py", 'password = getpass.getpass("Password: ")'),
    ("app.py", 'password = os.environ["DB_PASSWORD"]'),
    ("app.py", 'SECRET_KEY = env("SECRET_KEY")'),
    ("app.py", 'password = f"{random.getrandbits(64):x}"'),
    ("app.py", "rows = [('password = make_password(\"a\")', 1)]"),
    ("app.js", "password: form.passwordField1.value"),
    ("app.js", "const TOKEN_KEY = 'auth_token_v2';"),
    ("app.json", '"password": "Enter your password"'),
    ("", "DB_PASSWORD=${DB_PASSWORD}"),
    ("", "DB_PASSWORD=$(aws ssm get-parameter --name /db/1)"),
    ("", "DB_PASSWORD=changeme123"),
    ("", "DB_PASSWORD=<your-password-1>"),
    ("", "DB_PASSWORD={{ vault_password_1 }}"),
    ("", "DB_PASSWORD=xxxxxxxx1"),
    ("", "db_password=db_password"),
    ("", "password: password1"),
    ("", "PASSWORD_FILE=/run/secrets/db1"),
    ("", "api_key: 123e4567-e89b-12d3-a456-426614174000"),
    ("", "db_secret_arn=arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-1"),
    ("", "secret_name: prod/orders/db-1"),
    ("", "token_url=https://auth.example.org/token1"),
    ("main.tf", "password = var.db_password"),
    ("main.tf", "password_length = 16"),
    ("pod.yaml", "secretKeyRef:\n  name: db-credentials\n  key: password1"),
    ("template.yaml", "MasterUserPassword: !Ref DbPassword1"),
    ("", "postgres://postgres:postgres@localhost/orders"),
    ("", "postgres://user:password@host/orders"),
    ("", "https://${USER}:${PASS}@git.internal/shop.git"),
    ("", "git clone https://git.internal/shop.git"),
    ("", "docker run -p 8080:80 nginx"),
    ("", "if [ $PASSWORD == '' ]; then"),
    ("README.md", "Use Basic authentication or a Bearer token here."),
    ("README.md", "Pass --password to be asked for it."),
    ("", "PasswordAuthentication no"),
    ("a.sql", "CREATE USER app IDENTIFIED BY VALUES 'S:1';"),
    ("a.md", "ALTER USER name IDENTIFIED BY password;"),
    ("a.xml", "jdbc:mysql://db.internal/orders?user=app&amp;password=&amp;ssl=true"),
    ("run.sh", "redis-server --requirepass $REDIS_PASSWORD"),
    ("run.sh", "sqlplus -s $DB_USER/$DB_PASSWORD@orders"),
    ("app.pyi", "    password: str, validators: _Validators | None = ..."),
    ("app.py", "dependencies = [('authtoken', '0002_auto_20160226_1747')]"),
    ("app.py", "MovedAttribute('HTTPPasswordManager', 'urllib2', 'urllib.request')"),
    ("app.py", 'password = "correctHorseBatteryStaple"'),
    ("app.py", "self.connect('token_changed', '_on_change2')"),
    ("app.php", "'password' => 'required|string|min:8|confirmed',"),
    ("app.js", "const siteKey = 'Kq7L0n95KDk033XTNGcymwgnKR5BLmFg8Qys';"),
    ("", "password_hash: 0ede957ff54ab376bc560d917269f891db1322e5"),
    ("", "machine files.internal login anonymous password ada17"),
    ("schema.json", '"AWS::ApiGateway::ApiKey": "b899a0d240b53d9d",'),
    ("regions.json", '"ISO": "PW-350", "NAME_1": "Peleliu"'),
    ("labels.php", "$labels['password'] = 'Contraseña';"),
    ("README.md", "socks5h://ada[:password1]@proxy.internal:1080"),
    ("auth.conf", "default_pass_scheme = SHA512-CRYPT"),
    ("install.rst", "connection = mysql+pymysql://shop:SHOP_DBPASS@controller/shop"),
    ("app.py", 'Association(b"secret", "HMAC-SHA1")'),
    ("app.go", 'run("--secret", "source=mysecret1,target=target1")'),
    ("", "AWS4-HMAC-SHA256 Credential=ada/20260101/eu-west-1/s3/aws4_request"),
    ("", "DB_PASSWORD= FILTER=integration1 make test"),
    (".zuul.yaml", "password: !encrypted/pkcs1-oaep"),
    ("setup.cfg", "s3token = shop.middleware.s3api.s3token:make_filter1"),
    ("app.js.flow", "  secret: emailLink2,"),
    ("app.py", "the value identified by 'entry17'"),
    ("api.rst", "X-Temp-URL-Key-2: X-Temp-URL-Key-2_resp"),
    ("routes.rb", "'POST /account/lost_password' => 'account#lost_password1'"),
    ("app.ts", "const PASSWORD_SYMBOLS = '23456789';"),
    ("app.java", '" Password:"+rows.getString("Password1")'),
    ("package.avsc", '"token": "__not_there_1__"'),
    ("app.py", 'password = "Пароль"'),
    ("run.sh", '[[ "$PWD" == "$SHOP_ROOT/versions/"* ]]'),
    ("run.sh", """ "json_set(priv, '$.mysql_password', '$.authentication_string')" """),
    ("app.py", 'create_engine("postgresql://scott:tiger@192.168.0.134/orders")'),
    ("app.py", 'URL.create(\n    username="scott",\n    password="tiger",\n)'),
    ("Ftp.pm", "$self->login('ada', '-anonymous@');"),
    ("app.py", 'client_request_token = "0c9a4a5e-7d1b-4f6c-9b53-2f1c7e8d6a40"'),
]


@pytest.mark.parametrize(("path", "template"), ASSIGNED)
def test_a_secret_under_a_telling_name_is_found(path, template, mint, found):
    text = template.format(password=mint.password(), token=mint.text(28))

    assert found(text, path) == ["assigned-secret"]


@pytest.mark.parametrize(("rule", "template"), OTHERS)
def test_a_secret_given_away_by_its_place_is_found(rule, template, mint, found):
    assert found(template.format(password=mint.password(), token=mint.text(28))) == [rule]


@pytest.mark.parametrize(("path", "text"), HARMLESS)
def test_what_only_looks_like_a_secret_is_left_alone(path, text, found):
    assert found(text, path) == []


def test_a_basic_header_is_found_by_the_password_inside_it(mint, engine):
    password = mint.password()
    header = base64.b64encode(f"ada:{password}".encode()).decode()

    (one,) = engine.scan(f'curl -H "Authorization: Basic {header}"'.encode())

    assert one.rule == "basic-auth"
    assert one.fingerprint == engine.fingerprint(password)


def test_a_bearer_header_is_found(mint, found):
    assert "bearer-token" in found(f'curl -H "Authorization: Bearer {mint.text(40)}"')[0]


@pytest.mark.parametrize("name", ["api_token", "client_secret", "X-Auth-Token"])
def test_a_uuid_under_a_name_that_ends_in_a_promise_is_found_but_less_surely(name, mint, engine):
    (one,) = engine.scan(f'"{name}": "{mint.uuid()}"'.encode())

    assert (one.rule, one.confidence.value) == ("assigned-secret", "medium")


def test_a_word_is_a_password_only_beside_a_user(found):
    beside, alone = 'user = "ada"\npassword = "orchard"\n', 'password = "orchard"\n'

    assert found(beside, "app.py") == ["assigned-secret"]
    assert found(alone, "app.py") == []
    assert found(beside.replace("password", "# password"), "app.py") == []  # what somebody may put there
    assert found(beside.replace("orchard", "testpass"), "app.py") == []


def test_a_short_token_is_found_where_digits_and_letters_take_turns(mint, found):
    token = "".join(f"{letter}{digit}" for letter, digit in zip(mint.text(6, "abcdef"), "728391", strict=True))

    assert found(f'access_token = "{token}"', "app.py") == ["assigned-secret"]
    assert found('access_token = "refreshed2026"', "app.py") == []


def test_a_salt_is_of_low_confidence(mint, engine):
    (one,) = engine.scan(f"PASSWORD_SALT = '{mint.text(24)}'".encode(), path="settings.py")

    assert one.confidence.value == "low"


def test_a_long_key_without_its_armour_is_found(mint, found):
    key = "/".join(mint.text(40) for _ in range(16))  # base64 of 600 bytes has as many slashes

    assert found(f'"saml_private_key": "{key}"', "settings.json") == ["assigned-secret"]


def test_the_sign_in_to_a_registry_is_found_by_the_password_inside_it(mint, engine):
    password = mint.password()
    encoded = base64.b64encode(f"ada:{password}".encode()).decode()

    (one,) = engine.scan(f'data = \'{{"auths": {{"r.internal": {{"auth": "{encoded}"}}}}}}\''.encode(), path="app.py")

    assert (one.rule, one.fingerprint) == ("basic-auth", engine.fingerprint(password))


def test_a_header_that_does_not_decode_is_found_but_less_surely(mint, engine):
    (one,) = engine.scan(f'headers = {{"Authorization": "Basic {mint.text(32)}"}}'.encode(), path="app.py")

    assert (one.rule, one.confidence.value) == ("basic-auth", "medium")


def test_the_token_of_a_badge_is_left_alone(mint, found):
    address = f"https://ci.internal/shop/badge.svg?token={mint.text(20)}"

    assert found(f"![coverage]({address})", "README.md") == []
    assert found(address.replace("badge.svg", "orders"), "README.md") == ["assigned-secret"]


def test_a_private_key_is_found_once(mint, found):
    begin, end = ("-----" + word + " PRIVATE KEY-----" for word in ("BEGIN", "END"))
    body = "\n".join(mint.text(64) for _ in range(12))

    assert found(f"{begin}\n{body}\n{end}\n") == ["private-key"]


def test_a_provider_token_is_found_in_lock_files_and_other_peoples_code_too(mint, found):
    token = mint.github_token()

    for path in ("package-lock.json", "node_modules/x/index.js", "go.sum", "deploy.sh"):
        assert found(f"token {token}", path) == ["github-pat"], path


def test_the_hashes_of_a_lock_file_are_left_alone(mint, found):
    assert found(f'"integrity": "sha512-{mint.text(86)}==",\n"token": "{mint.text(40)}"', "package-lock.json") == []


@pytest.mark.parametrize(
    "marker", ["# gitleaks:allow", "# betterleaks:ignore", "# nosec", "# pragma: allowlist secret"]
)
def test_a_marker_that_silences_scanners_is_not_obeyed(marker, mint, found):
    assert found(f"TOKEN = '{mint.github_token()}'  {marker}", "app.py") == ["github-pat"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_read(codec, mint, engine):
    text = f"DB_PASSWORD={mint.password()}\nTOKEN={mint.github_token()}\n"

    rules = [one.rule for one in engine.scan(text.encode(codec))]

    assert rules == ["assigned-secret", "github-pat"]


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_mark_of_another_encoding_before_plain_text_hides_nothing(mark, mint, engine):
    rules = [one.rule for one in engine.scan(mark + f"\nTOKEN={mint.github_token()}\n".encode())]

    assert rules == ["github-pat"]


def test_base64_is_decoded_for_provider_tokens(mint, found):
    hidden = base64.b64encode(f"token={mint.github_token()}".encode()).decode()

    assert found(f"data: {hidden}") == ["github-pat"]


def test_only_the_lines_asked_for_are_read_by_our_own_rules(mint, engine):
    data = f"A_PASSWORD={mint.password()}\n\n\nB_PASSWORD={mint.password()}\n".encode()

    assert [one.line for one in engine.scan(data, only_lines={4})] == [4]


def test_binary_data_and_invalid_utf8_are_no_trouble(mint, engine):
    token = mint.github_token().encode()

    assert [one.rule for one in engine.scan(b"\x7fELF\x00\x01\xff\xfe " + token + b" \x00")] == ["github-pat"]
    assert [one.rule for one in engine.scan(b"caf\xe9\nDB_PASSWORD=" + mint.password().encode())] == ["assigned-secret"]
    assert engine.scan(b"") == []


def test_a_very_long_line_does_not_hold_the_search_up(engine):
    data = b"var password=" + b"a.b(c)," * 400_000

    assert engine.scan(data, path="bundle.min.js") == []


def test_a_text_full_of_credentials_is_read_whole(mint, engine):
    text = "\n".join([f"P{n}_PASSWORD={mint.password()}" for n in range(2_000)] + [mint.aws_id() for _ in range(2_000)])

    assert len(engine.scan(text.encode())) == 4_000
