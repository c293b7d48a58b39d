"""Files of settings and data: what stands in them is reported; that such a file is there is no finding."""

import re
from functools import partial

from infra_audit.secrets.files import dumps, installers, kubernetes, programs, servers
from infra_audit.secrets.files.kinds import FileKind, named
from infra_audit.secrets.files.reading import by_name, property_list, settings_lines

settings = partial(FileKind, itself=False)
SETTINGS = (
    settings(
        "installer-answers",
        "an installer's answers",
        installers.linux,
        named(r"[^/]*(?:preseed|kickstart)[^/]* [^/]*(?:ks|anaconda)[^/]*\.cfg [^/]+\.(?:seed|ks)"),
    ),
    settings(
        "installer-answers",
        "an installer's answers",
        installers.windows,
        named(r"[^/]*(?:unattend|sysprep)[^/]*\.xml"),
    ),
    settings(
        "kubernetes-secret",
        "a Kubernetes Secret",
        kubernetes.secret,
        named(kubernetes.MANIFESTS),
        kubernetes.IS_SECRET,
    ),
    settings("terraform-values", "Terraform values", by_name(), named(r"[^/]+\.tfvars(?:\.json)?")),
    settings(
        "password-hash",
        "a file of settings or data",
        dumps.crypted,
        named(r"[^/]+\.(?:ya?ml|json|csv|tsv|txt|ini|conf|cfg|xml|toml|properties|tfvars)"),
        re.compile(r"\$(?:2[aby]\$|[56S]\$|apr1\$|argon2id?\$|P\$B|\d{3,8}\$|[A-Za-z0-9]{8,32}\$[0-9a-f]{40})"),
    ),
    settings(
        "plain-settings",
        "a server's settings",
        settings_lines,
        named(r"[^/]+\.(?:conf|cfg|cnf)"),
    ),
    settings("plain-settings", "a build's settings", settings_lines, named(r"[^/]+\.gradle")),
    settings("plain-settings", "a property list", property_list, named(r"[^/]+\.(?:plist|duck)")),
    settings(
        "plain-settings",
        "Hiera's data",
        by_name(),
        named(r"(?:hiera\w*|data)/(?:[^/]+/)?[^/]+\.ya?ml"),
        re.compile(r"""::\w+["']?[ \t]*:"""),
    ),
    settings(
        "rails-secrets",
        "Rails' secrets",
        by_name(r"\w+_key_base"),
        named(r"(?:config/)?secrets\.ya?ml initializers/secret_token\.rb gitlab-secrets\.json"),
    ),
    settings(
        "site-settings",
        "a site's settings",
        programs.php,
        named(
            r"""wp-config[^/]*\.php config(?:uration)?(?:\.inc|\.local|[._-]?db)?\.php settings(?:\.local)?\.php
            local(?:settings|configuration)\.php database\.php db(?:[._-]?config|connect|conn)?\.php
            conn(?:ect(?:ion)?)?\.php env\.php parameters\.php local\.php"""
        ),
    ),
    settings(
        "site-settings",
        "a site's settings",
        programs.django,
        named(r"(?:local_?|prod(?:uction)?_?)?settings(?:_\w+)?\.py settings/\w+\.py"),
    ),
    settings(
        "site-settings",
        "a site's settings",
        by_name(),
        named(r"parameters\.ya?ml application(?:-\w+)?\.properties php(?:-\w+)?\.ini grafana\.ini"),
    ),
    settings(
        "shell-variables",
        "a shell's variables",
        programs.shell,
        named(r"[^/]+\.(?:fish|bat|cmd)"),
    ),
    settings(
        "compose",
        "a Compose file",
        servers.compose,
        named(r"(?:docker-)?compose[^/]*\.ya?ml"),
    ),
    settings(
        "site-settings",
        "a site's settings",
        programs.asp_net,
        named(r"(?:web|machine|app)(?:\.\w+)?\.config appsettings(?:\.\w+)?\.json"),
    ),
    settings(
        "site-settings",
        "settings in mark-up",
        programs.addresses,
        named(r"[^/]+\.(?:xml|config)"),
        re.compile(r"&amp;(?:password|pwd)=", re.IGNORECASE),
    ),
)
