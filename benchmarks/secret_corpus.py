"""Code as strangers write it, made at run time: real-looking credentials where people put them, and what only looks so.

`{password}`, `{token}` and `{key}` in a template become random values of the many shapes that such values have; the
line is then in the truth. `{name}` and the like become what no credential is. The templates were written before the
rules were tuned, from what code looks like, and are not to be fitted to them.
"""

import base64
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LETTERS = string.ascii_letters + string.digits
WORDS = (
    *("harbour", "pine", "orange", "summer", "winter", "river", "coffee", "dragon", "monkey", "silver", "purple"),
    *("sunshine", "welcome", "football", "thunder", "castle", "garden", "pepper", "shadow", "falcon", "marble"),
    *("copper", "bridge", "lantern", "meadow", "rocket", "planet"),
)


@dataclass(frozen=True)
class Line:
    """One line (or a few) of a file; `secret`: it holds a credential."""

    family: str
    path: str
    text: str
    secret: bool


class Values:
    """Values by what they are; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def _text(self, length: int, alphabet: str = LETTERS) -> str:
        return "".join(self._random.choices(alphabet, k=length))

    def password(self) -> str:
        """Half by a machine; the rest by people: a word with digits and a mark, letters without meaning, digits."""
        shape = self._random.random()
        if shape < 0.40:
            return self._text(self._random.randint(9, 18))
        if shape < 0.55:
            return self._text(self._random.randint(10, 16), LETTERS + "!@#%^*-_+?")
        if shape < 0.78:
            word = self._random.choice(WORDS)
            return f"{word.title()}{self._random.randint(1, 2026)}{self._random.choice(['', '!', '#', '$'])}"
        if shape < 0.93:
            return self._text(self._random.randint(7, 12), string.ascii_lowercase)
        return self._text(self._random.randint(6, 9), string.digits)

    def token(self) -> str:
        shape = self._random.random()
        if shape < 0.35:
            return self._text(self._random.choice([32, 40, 64]), "0123456789abcdef")
        if shape < 0.70:
            return self._text(self._random.randint(20, 45))
        if shape < 0.82:
            return base64.b64encode(self._random.randbytes(self._random.choice([24, 32, 48]))).decode()
        if shape < 0.92:
            return self._text(self._random.randint(24, 40), LETTERS + "-_")
        return self.uuid()

    def key(self) -> str:
        """A long random value without a provider's prefix."""
        return self._text(self._random.choice([40, 44, 64]))

    def basic(self) -> str:
        return base64.b64encode(f"ada:{self.password()}".encode()).decode()

    def hash40(self) -> str:
        return self._text(40, "0123456789abcdef")

    def hash64(self) -> str:
        return self._text(64, "0123456789abcdef")

    def integrity(self) -> str:
        return base64.b64encode(self._random.randbytes(64)).decode()

    def uuid(self) -> str:
        return "-".join(self._text(length, "0123456789abcdef") for length in (8, 4, 4, 4, 12))

    def word(self) -> str:
        return self._random.choice(WORDS)

    def number(self) -> str:
        return str(self._random.randint(2, 900))

    def choice(self, options: Sequence[str]) -> str:
        return self._random.choice(options)


SECRET = {"password", "token", "key", "basic"}
FOLDERS = ["src", "app", "lib", "config", "deploy", "scripts", "internal", "tests", "docs", "examples"]
ROUNDS = 12  # each template so many times, with other values

POSITIVE = {
    "assignment": [
        ("py", 'password = "{password}"'),
        ("py", "DB_PASSWORD = '{password}'"),
        ("py", 'self.api_key = "{token}"'),
        ("py", 'SECRET_KEY = "{key}"'),
        ("py", 'config["password"] = "{password}"'),
        ("py", 'auth_token: str = "{token}"'),
        ("py", 'PASSWORD = os.getenv("DB_PASSWORD", "{password}")'),
        ("js", "const apiKey = '{token}';"),
        ("js", "  password: '{password}',"),
        ("js", 'var clientSecret = "{token}";'),
        ("js", "module.exports = {{ secret: '{password}' }};"),
        ("js", "process.env.JWT_SECRET = '{token}'"),
        ("js", "const pw = process.env.DB_PASS || '{password}';"),
        ("ts", 'private readonly accessToken: string = "{token}";'),
        ("ts", "  apiKey: '{token}', // of the shop"),
        ("java", 'private static final String PASSWORD = "{password}";'),
        ("java", 'String accessToken = "{token}";'),
        ("java", 'public static final String API_KEY = "{token}";'),
        ("kt", 'val dbPassword = "{password}"'),
        ("kt", 'buildConfigField("String", "API_KEY", "\\"{token}\\"")'),
        ("go", 'password := "{password}"'),
        ("go", 'const apiToken = "{token}"'),
        ("go", '\tPassword: "{password}",'),
        ("go", 'ClientSecret:   "{token}",'),
        ("rb", "password = '{password}'"),
        ("rb", "  :secret => '{token}',"),
        ("rb", "config.secret_token = '{key}'"),
        ("rb", "  api_key: '{token}'"),
        ("php", '$password = "{password}";'),
        ("php", "'password' => '{password}',"),
        ("php", "define('API_SECRET', '{token}');"),
        ("php", 'private $dbPass = "{password}";'),
        ("cs", 'private const string Password = "{password}";'),
        ("cs", 'public string ClientSecret {{ get; set; }} = "{token}";'),
        ("cs", 'var credential = "{password}";'),
        ("swift", 'let apiKey = "{token}"'),
        ("swift", 'static let clientSecret: String = "{token}"'),
        ("rs", 'const API_TOKEN: &str = "{token}";'),
        ("rs", 'let password = "{password}".to_string();'),
        ("scala", 'val secret = "{token}"'),
        ("c", '#define WIFI_PASSWORD "{password}"'),
        ("c", 'static const char *auth_token = "{token}";'),
        ("cpp", 'std::string password = "{password}";'),
        ("pl", "my $password = '{password}';"),
        ("lua", 'local secret = "{token}"'),
        ("sh", "PASSWORD={password}"),
        ("sh", 'export API_TOKEN="{token}"'),
        ("sh", "DB_PASS='{password}'"),
        ("sh", 'PASSWORD="${{DB_PASSWORD:-{password}}}"'),
        ("ps1", '$Password = "{password}"'),
        ("ps1", "$sp = ConvertTo-SecureString '{password}' -AsPlainText -Force"),
        ("bat", "set DB_PASSWORD={password}"),
        ("groovy", "def password = '{password}'"),
        ("tf", 'password = "{password}"'),
        ("tf", '  api_token         = "{token}"'),
        ("m", 'static NSString *const kApiKey = @"{token}";'),
        ("dart", "const String apiKey = '{token}';"),
        ("vue", "      token: '{token}',"),
    ],
    "call": [
        ("java", 'dataSource.setPassword("{password}");'),
        ("java", 'props.put("password", "{password}");'),
        ("java", 'config.setProperty("api.secret", "{token}");'),
        ("java", '.withApiKey("{token}")'),
        ("cs", 'new NetworkCredential("ada", "{password}")'),
        ("cs", 'client.DefaultRequestHeaders.Add("X-Api-Key", "{token}");'),
        ("py", 'requests.get(url, auth=("ada", "{password}"))'),
        ("py", 'client = Client(host="db", username="ada", password="{password}")'),
        ("py", 'smtp.login("ada@shop.internal", "{password}")'),
        ("py", 'headers={{"X-Auth-Token": "{token}"}}'),
        ("py", "connect('db.internal', user='ada', passwd='{password}')"),
        ("js", 'req.setHeader("X-Api-Key", "{token}");'),
        ("js", "jwt.sign(payload, '{key}');"),
        ("js", "app.use(session({{ secret: '{password}', resave: false }}));"),
        ("js", "mysql.createConnection({{ user: 'ada', password: '{password}' }})"),
        ("go", 'req.SetBasicAuth("ada", "{password}")'),
        ("go", 'req.Header.Set("X-Auth-Token", "{token}")'),
        ("rb", "client.authenticate('ada', '{password}')"),
        ("php", 'mysqli_connect("db.internal", "ada", "{password}", "orders");'),
        ("php", "$mail->Password = '{password}';"),
        ("php", "new PDO('mysql:host=db', 'ada', '{password}');"),
        ("kt", 'signingConfig.storePassword = "{password}"'),
    ],
    "configuration": [
        ("yaml", "password: {password}"),
        ("yaml", 'password: "{password}"'),
        ("yaml", "  api_key: {token}"),
        ("yaml", "    - DB_PASSWORD={password}"),
        ("yaml", "      SECRET_KEY_BASE: {key}"),
        ("yml", "auth_token: '{token}'"),
        ("yml", "- name: API_TOKEN\n  value: {token}"),
        ("yml", "  clientSecret: {token}"),
        ("yml", "adminPassword: {password}"),
        ("json", '  "password": "{password}",'),
        ("json", '  "client_secret": "{token}",'),
        ("json", '  "apiKey": "{token}"'),
        ("json", '{{"name": "DB_PASSWORD", "value": "{password}"}}'),
        ("json", '  "AccessToken" : "{token}",'),
        ("xml", "<password>{password}</password>"),
        ("xml", '<property name="password" value="{password}"/>'),
        ("xml", '<add key="ApiSecret" value="{token}" />'),
        ("xml", '<string name="api_key">{token}</string>'),
        ("xml", '<Credential user="ada" password="{password}" />'),
        ("properties", "spring.datasource.password={password}"),
        ("properties", "jdbc.password = {password}"),
        ("properties", "app.api-key={token}"),
        ("properties", "keystore.password: {password}"),
        ("ini", "password = {password}"),
        ("ini", "secret={token}"),
        ("toml", 'api_token = "{token}"'),
        ("toml", 'password = "{password}"'),
        ("conf", "requirepass {password}"),
        ("conf", "  auth_password {password}"),
        ("env", "MAIL_PASSWORD={password}"),
        ("env", "STRIPE_KEY={token}"),
        ("cfg", "rcon_password {password}"),
    ],
    "address": [
        ("py", 'URL = "postgres://ada:{password}@db.internal:5432/orders"'),
        ("yaml", "url: mongodb://ada:{password}@db.internal/orders"),
        ("env", "REDIS_URL=redis://:{password}@cache.internal:6379/0"),
        ("sh", "git clone https://ada:{token}@git.internal/shop.git"),
        ("properties", "url=jdbc:mysql://db.internal/orders?user=ada&password={password}"),
        ("properties", "url=jdbc:oracle:thin:ada/{password}@db.internal:1521/orders"),
        ("json", '"AMQP": "amqp://ada:{password}@queue.internal:5672",'),
        ("js", "fetch('https://api.internal/v1/orders?api_key={token}')"),
        ("cs", 'var c = "Server=db;Database=orders;User Id=ada;Password={password};";'),
        ("json", '"Default": "Data Source=db;User ID=ada;Pwd={password};Encrypt=true"'),
        ("json", '"Storage": "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={token};"'),
        ("java", 'DriverManager.getConnection("jdbc:postgresql://db/orders", "ada", "{password}");'),
    ],
    "command": [
        ("sh", "curl -u ada:{password} https://api.internal/orders"),
        ("sh", "mysql -h db -u ada -p{password} orders < dump.sql"),
        ("sh", "sshpass -p {password} ssh ada@host.internal"),
        ("sh", "sshpass -p '{password}' scp a ada@host.internal:"),
        ("sh", "docker run -e DB_PASSWORD={password} shop"),
        ("sh", "docker login -u ada -p {password} registry.internal"),
        ("sh", "PGPASSWORD={password} pg_dump -h db orders"),
        ("sh", 'echo "ada:{password}" | chpasswd'),
        ("sh", "mongo -u ada -p {password} orders"),
        ("sh", "redis-cli -a {password} ping"),
        ("sh", "az login --service-principal -u app -p {token} --tenant shop"),
        ("sh", "helm install --set auth.password={password} db"),
        ("sh", "keytool -storepass {password} -list"),
        ("sh", "openssl rsa -passin pass:{password} -in key.pem"),
        ("md", "    curl -H 'X-Api-Key: {token}' https://api.internal"),
        ("Dockerfile", "ENV API_TOKEN {token}"),
        ("Dockerfile", "RUN useradd ada && echo 'ada:{password}' | chpasswd"),
    ],
    "header": [
        ("py", 'headers = {{"Authorization": "Bearer {token}"}}'),
        ("js", "  'Authorization': 'Bearer {token}',"),
        ("sh", 'curl -H "Authorization: Bearer {token}" https://api.internal'),
        ("sh", "curl -H 'Authorization: Basic {basic}' https://api.internal"),
        ("java", 'request.addHeader("Authorization", "Basic {basic}");'),
        ("go", 'req.Header.Add("Authorization", "Token {token}")'),
        ("http", "Authorization: Bearer {token}"),
        ("yaml", "  Authorization: token {token}"),
    ],
    "statement": [
        ("sql", "CREATE USER ada IDENTIFIED BY '{password}';"),
        ("sql", "ALTER ROLE ada WITH PASSWORD '{password}';"),
        ("sql", "SET PASSWORD FOR 'ada'@'%' = PASSWORD('{password}');"),
        ("py", "cursor.execute(\"CREATE USER ada WITH PASSWORD '{password}'\")"),
    ],
}
NEGATIVE = {
    "hash": [
        ("json", '      "integrity": "sha512-{integrity}",'),
        ("lock", 'checksum = "{hash64}"'),
        ("txt", "    --hash=sha256:{hash64} \\"),
        ("yaml", "uses: actions/checkout@{hash40}"),
        ("py", 'COMMIT = "{hash40}"'),
        ("go", 'const tokenizerDigest = "sha256:{hash64}"'),
        ("html", '<script src="/a.js" integrity="sha384-{integrity}" crossorigin="anonymous"></script>'),
        ("json", '"passwordStrengthHash": "{hash40}",'),
        ("tf", 'source_code_hash = "{hash64}"'),
        ("yaml", "image: registry.internal/auth-token-service@sha256:{hash64}"),
    ],
    "identifier": [
        ("yaml", "  keyId: {uuid}"),
        ("json", '"tokenId": "{uuid}",'),
        ("cs", '[Guid("{uuid}")]'),
        ("tf", 'kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/{uuid}"'),
        ("py", 'SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:{word}"'),
        ("json", '"secretName": "prod/{word}/database",'),
        ("yaml", "secretName: {word}-credentials-tls"),
        ("yaml", "        key: {word}-password"),
        ("js", "const TOKEN_KEY = '{word}.auth.token';"),
        ("java", 'public static final String PASSWORD_KEY = "{word}.password";'),
        ("py", 'CSRF_COOKIE_NAME = "{word}_csrf_token"'),
        ("js", "localStorage.getItem('{word}-access-token')"),
        ("xml", '<string name="password_hint">Choose a {word}</string>'),
        ("yml", "  existingSecret: {word}-db-secret"),
        ("go", 'const secretKeyName = "{word}-secret-key"'),
        ("py", 'PUBLIC_KEY = "{key}"'),
        ("json", '"public_token": "{key}",'),
        ("yaml", "publicKey: {key}"),
        ("js", "const recaptchaSiteKey = '{key}';"),
        ("json", '"partitionKey": "{word}-{number}",'),
        ("py", 'sort_key = "{word}#{number}"'),
        ("java", 'CacheKey.of("{word}{number}")'),
        ("ts", "key: '{word}_{number}',"),
        ("tsx", '<li key="{word}{number}">'),
    ],
    "placeholder": [
        ("py", 'password = "changeme"'),
        ("env", "DB_PASSWORD=your_password_here"),
        ("yaml", "password: <your-password>"),
        ("yaml", "apiKey: REPLACE_ME"),
        ("json", '"password": "********",'),
        ("md", "export API_KEY=your-api-key"),
        ("yaml", "password: ${{DB_PASSWORD}}"),
        ("yaml", "token: {{{{ .Values.auth.token }}}}"),
        ("sh", 'PASSWORD="$1"'),
        ("sh", "TOKEN=$(cat /run/secrets/token)"),
        ("properties", "db.password=@db.password@"),
        ("py", 'api_key="YOUR_API_KEY"'),
        ("js", "apiKey: 'xxxxxxxxxxxxxxxx',"),
        ("ini", "password = "),
        ("xml", "<password></password>"),
        ("xml", "<password>${{env.PASSWORD}}</password>"),
        ("tf", "password = var.db_password"),
        ("tf", "password = random_password.db.result"),
        ("yaml", 'password: "{{{{ vault_db_password }}}}"'),
        ("yaml", "DB_PASSWORD: !Ref DbPassword"),
        ("md", "mysql -u root -p"),
        ("md", "curl -u username:password https://api.internal"),
        ("py", 'url = "postgres://user:password@localhost/db"'),
        ("sh", 'curl -H "Authorization: Bearer $TOKEN" https://api.internal'),
        ("md", "Authorization: Bearer <token>"),
    ],
    "expression": [
        ("py", "password = request.POST['password']"),
        ("py", "password = get_password(user)"),
        ("py", "token = secrets.token_urlsafe(32)"),
        ("py", 'secret = os.environ["APP_SECRET"]'),
        ("py", "password=self.cleaned_data['password1']"),
        ("py", 'if password == "":'),
        ("js", "const token = req.headers.authorization.split(' ')[1];"),
        ("js", "password: formData.passwordField,"),
        ("js", "const secret = await client.getSecretValue({{ SecretId }});"),
        ("ts", "password: new FormControl('', [Validators.required]),"),
        ("ts", "readonly token: InjectionToken<string>;"),
        ("java", 'String password = System.getenv("DB_PASSWORD");'),
        ("java", "this.password = password;"),
        ("java", "assertThat(token).isEqualTo(expectedToken);"),
        ("java", '@Value("${{spring.datasource.password}}") String password;'),
        ("go", 'password := os.Getenv("DB_PASSWORD")'),
        ("go", "Password: cfg.Database.Password,"),
        ("go", "type tokenSource struct {{ token string }}"),
        ("rb", "password = ENV.fetch('DB_PASSWORD')"),
        ("rb", "validates :password, length: {{ minimum: 8 }}"),
        ("php", "$password = $_POST['password'];"),
        ("php", "'password' => Hash::make($data['password']),"),
        ("php", "'password' => 'required|string|min:8|confirmed',"),
        ("cs", 'var password = Configuration["Database:Password"];'),
        ("rs", 'let token = std::env::var("API_TOKEN")?;'),
        ("c", "char password[MAX_PASSWORD_LEN];"),
        ("c", "token = strtok(line, delimiter_chars);"),
        ("sh", 'read -s -p "Password: " password'),
        ("sql", "SELECT password FROM users WHERE name = 'ada';"),
        ("sql", "password VARCHAR(255) NOT NULL,"),
        ("proto", "string access_token = 1;"),
        ("graphql", "mutation Login($password: String!) {{ token }}"),
    ],
    "text": [
        ("json", '"password": "Password",'),
        ("json", '"login.password": "Enter your password",'),
        ("json", '"forgotPassword": "Forgot your password?",'),
        ("yaml", "password: Passwort"),
        ("yaml", 'token: "The access token has expired"'),
        ("properties", "label.password=Password:"),
        ("properties", "error.password=Password must have at least {number} characters"),
        ("po", 'msgid "Password:"'),
        ("html", '<input type="password" name="password" placeholder="Password">'),
        ("html", '<label for="password">Password</label>'),
        ("css", ".password-field {{ width: {number}px; }}"),
        ("css", "#token-{word} {{ color: #a1b2c3; }}"),
        ("py", 'help_text="Your password cannot be too similar to your name"'),
        ("py", "def test_password_is_wrong_{word}(self):"),
        ("py", 'raise ValueError("token expired: %s")'),
        ("js", "it('rejects a wrong password {word}{number}', () => {{"),
        ("js", "logger.info('token refreshed for session');"),
        ("js", "placeholder: 'Confirm password',"),
        ("ts", "type: 'password',"),
        ("java", 'throw new BadCredentialsException("Invalid password for account");'),
        ("java", 'private static final String GRANT_TYPE = "password";'),
        ("go", 'errors.New("invalid token: signature mismatch")'),
        ("md", "The token is valid for {number} minutes, the password until it is changed."),
        ("md", "See [passwords](https://docs.internal/passwords#{word}) and tokens."),
        ("yaml", "description: Token that signs the requests of {word}"),
        ("xml", '<field name="password" type="string" required="true"/>'),
        ("yaml", "passwordPolicy: strict"),
        ("yaml", "token_endpoint: https://login.internal/oauth/token"),
        ("properties", "security.oauth2.client.access-token-uri=https://login.internal/token"),
        ("py", 'token_type = "bearer"'),
        ("ini", "password_file = /run/secrets/db_password"),
        ("conf", "PasswordAuthentication no"),
        ("yaml", "secret_version: {number}"),
        ("json", '"max_tokens": {number},'),
        ("json", '"tokenizer_class": "GPT2TokenizerFast",'),
        ("json", '"eos_token": "<|endoftext|>",'),
        ("py", 'PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]'),
        ("py", 'authtoken = ("rest_framework.authtoken", "0001_initial")'),
        ("js", "import {{ passwordStrength }} from 'check-password-strength';"),
        ("svg", '<path d="M12 1L3 5v6c0 5.55 3.84 10.74 9 12" class="key-icon"/>'),
        ("csv", "password_reset_sent,{number},{word}"),
        ("yaml", "cron_secret_rotation: 0 3 * * 1"),
        ("xml", '<bean id="passwordEncoder" class="org.internal.crypto.BCryptPasswordEncoder"/>'),
        ("sh", "echo 'password updated for {word}'"),
        ("feature", 'When I log in with the wrong password "{word}"'),
    ],
}


def lines(seed: int) -> Iterator[Line]:
    """Every template several times, each with other values and at another place."""
    values = Values(seed)
    for families, secret in ((POSITIVE, True), (NEGATIVE, False)):
        for family, templates in families.items():
            for number, (ending, template) in enumerate(templates):
                for round_ in range(ROUNDS):
                    yield Line(
                        family, _path(values, ending, f"{family}{number}_{round_}"), _filled(values, template), secret
                    )


def _filled(values: Values, template: str) -> str:
    names = [name for name in vars(Values) if not name.startswith("_") and name != "choice"]
    return template.format_map({name: getattr(values, name)() for name in names if f"{{{name}}}" in template})


def _path(values: Values, ending: str, name: str) -> str:
    folder = values.choice(FOLDERS)
    return f"{folder}/{name}/{ending}" if ending == "Dockerfile" else f"{folder}/{name}.{ending}"
