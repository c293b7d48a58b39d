"""What in a document answers a newcomer's question: headings, sentences, commands, and targets of a build file.

Finding a proof is guessing by words, so each proof is named with its place: a reader can look.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

RUN, TEST, DEPLOY, ROLL_BACK, OWNER, ARCHITECTURE, RUNBOOK = (
    "run",
    "test",
    "deploy",
    "roll_back",
    "owner",
    "architecture",
    "runbook",
)
QUESTIONS = (RUN, TEST, DEPLOY, ROLL_BACK, OWNER, ARCHITECTURE)  # what a newcomer has to find; counted
FEWEST_WORDS = 3  # of what stands under a heading, for it to answer anything
EMPTY = re.compile(r"^\W*(?:to ?do|tbd|tba|coming soon|work in progress|fixme)\b", re.IGNORECASE)

HEADINGS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        RUN: re.compile(
            r"\b(?:run(?:ning)?(?: it| the\b.*| locally)?|start(?:ing)?(?: it| the\b.*)?|getting started"
            r"|quick ?-?start|usage"
            r"|install(?:ation|ing)?|set ?-?up|local development|development|how to run)\b",
            re.IGNORECASE,
        ),
        TEST: re.compile(r"\b(?:tests?|testing|run the tests)\b", re.IGNORECASE),
        DEPLOY: re.compile(
            r"\b(?:deploy(?:ing|ments?|s)?|roll-?out|rolling out|shipping|going live)\b"
            r"|^(?:how to (?:make a )?|making a |cutting a )?releas(?:e|es|ing)\b(?! notes?)",
            re.IGNORECASE,
        ),
        ROLL_BACK: re.compile(
            r"\broll(?:ing)?[ -]?backs?\b|\breverting (?:a |the )?(?:release|deploy\w*)", re.IGNORECASE
        ),
        OWNER: re.compile(
            r"\b(?:owners?|ownership|maintainers?|maintained by|who to ask|whom to ask|the team)\b"
            r"|^(?:getting )?support$",
            re.IGNORECASE,
        ),
        ARCHITECTURE: re.compile(
            r"\b(?:architecture|system (?:design|overview)|design overview|components|how it (?:works|is built)"
            r"|data flow)\b",
            re.IGNORECASE,
        ),
        RUNBOOK: re.compile(
            r"\b(?:run-?books?|play-?books?|on-?call|incidents?|operations|operating|troubleshooting|when it breaks"
            r"|disaster recovery)\b",
            re.IGNORECASE,
        ),
    }
)
# What means another thing in a document about the product itself: see `is_about_work`. So do SENTENCES.
WORK_HEADINGS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        DEPLOY: re.compile(r"\bpublish(?:ing)?\b", re.IGNORECASE),
        OWNER: re.compile(r"\bcontacts?\b", re.IGNORECASE),
    }
)
LINES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        RUN: re.compile(
            r"(?:^|[\s`$])(?:docker[ -]compose up|docker run|npm (?:start|run (?:start|dev))|yarn (?:start|dev)"
            r"|pnpm (?:start|dev)"
            r"|make (?:run|up|start|dev|serve|demo)|flask run|(?:\S+/)?manage\.py runserver"
            r"|(?:bin/)?rails s(?:erver)?|bin/dev"
            r"|go run|cargo run|uvicorn \S|gunicorn \S|mvn spring-boot:run|\./gradlew bootRun|dotnet run"
            r"|php artisan serve"
            r"|foreman start|streamlit run|just (?:run|dev|start))\b",
        ),
        TEST: re.compile(
            r"(?:^|[\s`$])(?:python3? -m (?:pytest|unittest)|npm (?:test|t|run test)|yarn test|pnpm test"
            r"|make (?:test|check)"
            r"|go test|cargo test|bundle exec rspec|(?:bin/)?rails test|rake test|mvn (?:test|verify)"
            r"|\./gradlew (?:test|check)"
            r"|vendor/bin/phpunit|dotnet test|mix test|just test|(?:\S+/)?manage\.py test)\b"
            r"|(?:^\s*[$>]?\s*|\b[Rr]un(?:ning)? `?|\bwith `)(?:pytest|tox|nox|rspec|phpunit|vitest|jest)\b(?! is\b)",
        ),
        DEPLOY: re.compile(
            r"(?:^|[\s`$])(?:make (?:deploy|release|publish)|terraform apply|kubectl apply|helm (?:upgrade|install)"
            r"|cap production deploy|serverless deploy|sls deploy|cdk deploy|fly deploy|flyctl deploy|eb deploy"
            r"|ansible-playbook"
            r"|git push heroku|npm publish|twine upload|cargo publish|kamal deploy)\b",
            re.IGNORECASE,
        ),
        ROLL_BACK: re.compile(r"\bkubectl rollout undo\b|\bhelm rollback\b|\bmake (?:rollback|undo)\b"),
        OWNER: re.compile(
            r"\b(?:owned|maintained) by\b|\b(?:ask|contact) (?:us|the [\w-]+ team|in)\b|\bin the channel\b"
            r"|#[a-z][\w-]+ (?:channel|on slack)"
            r"|\bon[- ]call\b",
            re.IGNORECASE,
        ),
    }
)
SENTENCES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        DEPLOY: re.compile(
            r"\b(?:is|are|gets?|be) (?:\w+ )?(?:built and )?(?:deployed|rolled out)\b"
            r"|\bdeploys? (?:to|on|from|with|by|automatically)\b",
            re.IGNORECASE,
        ),
        ROLL_BACK: re.compile(
            r"\broll(?:s|ed|ing)?[ -]?(?:it |this )?back\b|\bbrings? (?:back )?the (?:last|previous) (?:release"
            r"|version)|\b(?:redeploy|go back to) the (?:last|previous)",
            re.IGNORECASE,
        ),
    }
)
FILES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        ARCHITECTURE: re.compile(
            r"(?:^|/)(?:architecture|system[-_]design|design)(?:\.\w+|/.+)$|(?:^|/)(?:adrs?|decisions)/.*\.\w+$",
            re.IGNORECASE,
        ),
        RUNBOOK: re.compile(
            r"(?:^|/)(?:run-?books?|play-?books?|operations|on-?call|incidents?)(?:[\w.-]*\.\w+|/.+)$", re.IGNORECASE
        ),
        OWNER: re.compile(r"(?:^|/)(?:maintainers|owners)(?:\.\w+)?$", re.IGNORECASE),
        DEPLOY: re.compile(r"(?:^|/)(?:deploy(?:ing|ment)?|releasing)(?:\.(?:md|rst|adoc|txt))$", re.IGNORECASE),
    }
)
TARGETS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        RUN: re.compile(r"^(?:run|start|up|dev|serve|server|demo)$"),
        TEST: re.compile(r"^(?:tests?|check|spec)(?:[:_-].*)?$"),
        DEPLOY: re.compile(r"^(?:deploy|release|publish|ship)(?:[:_-].*)?$"),
        ROLL_BACK: re.compile(r"^(?:roll-?_?back|undo-?deploy)(?:[:_-].*)?$"),
    }
)
HEADING = re.compile(r"^\s{0,3}#{1,6}[ \t]+(?P<text>[^\s#].*)$|^={1,5}[ \t]+(?P<asciidoc>\S.*)$")
UNDERLINE = re.compile(r"^(?:=|-|~|\^|\*){3,}\s*$")
TARGET = re.compile(r"^(?P<name>[A-Za-z][\w:.-]*)(?:\s+[\w=\"' -]*)?:(?!=)")
MAIL = re.compile(r"<?[\w.+-]+@[\w-]+\.[\w.-]+>?")
LONGEST = 160  # characters of a proof that are shown
LONGEST_LINE = 1_000  # what is looked at of a line: beyond, it is no sentence


@dataclass(frozen=True, slots=True)
class Proof:
    """What answers a question, and where. `kind`: "heading", "sentence", "target", "script", "file", "codeowners"."""

    question: str
    kind: str
    path: str
    line: int
    text: str


def in_document(path: str, text: str) -> Iterator[Proof]:
    """Proofs in the order of the lines; a heading with nothing under it is none."""
    for question, pattern in FILES.items():
        if pattern.search(path) and len(text.split()) >= FEWEST_WORDS:
            yield Proof(question, "file", path, 1, path.rpartition("/")[2])
    lines, is_work = [line[:LONGEST_LINE] for line in text.splitlines()], is_about_work(path)
    title = True
    for number, heading in _headings(lines):
        is_title, title = title and number <= 3, False
        if not _says_something(lines, number):
            continue
        for question, pattern in [*HEADINGS.items(), *(WORK_HEADINGS.items() if is_work else ())]:
            if not is_title and (found := pattern.search(heading)):
                yield Proof(question, "heading", path, number, found[0] if question == OWNER else heading)
    for number, line in enumerate(lines, start=1):
        for question, pattern in [*LINES.items(), *(SENTENCES.items() if is_work else ())]:
            if found := pattern.search(line):
                yield Proof(question, "sentence", path, number, found[0] if question == OWNER else line)


def is_about_work(path: str) -> bool:
    """Whether the document is on the work with the code, by its place or name, and not on what the code does."""
    return "/" not in path or any(FILES[question].search(path) for question in (RUNBOOK, DEPLOY))


def in_build_file(path: str, text: str) -> Iterator[Proof]:
    """Targets of a Makefile, a justfile or a Taskfile; scripts of a package.json."""
    if path.endswith("package.json"):
        yield from _scripts(path, text)
        return
    for number, whole in enumerate(text.splitlines(), start=1):
        line = whole[:LONGEST_LINE]
        if found := TARGET.match(line.removeprefix("  ") if path.lower().endswith((".yml", ".yaml")) else line):
            yield from _of_name(found["name"], "target", path, number, f"make {found['name']}")


def _scripts(path: str, text: str) -> Iterator[Proof]:
    try:
        scripts = json.loads(text).get("scripts")
    except (ValueError, AttributeError, RecursionError):
        return
    for name, command in scripts.items() if isinstance(scripts, dict) else ():
        if isinstance(command, str) and "no test specified" not in command:
            place = text.find(f'"{name}"', text.find('"scripts"'))
            yield from _of_name(name, "script", path, text.count("\n", 0, max(place, 0)) + 1, f"npm run {name}")


def _of_name(name: str, kind: str, path: str, line: int, text: str) -> Iterator[Proof]:
    for question, pattern in TARGETS.items():
        if pattern.match(name):
            yield Proof(question, kind, path, line, text)


def _headings(lines: list[str]) -> Iterator[tuple[int, str]]:
    """(number, text) of each; what stands between fences is code."""
    is_code = False
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith(("```", "~~~")):
            is_code = not is_code
        elif is_code:
            continue
        elif found := HEADING.match(line):
            yield number, (found["text"] or found["asciidoc"]).rstrip("# \t")
        elif (
            number < len(lines) and line.strip() and UNDERLINE.match(lines[number]) and len(lines[number].strip()) >= 3
        ):
            yield number, line.strip()


def _says_something(lines: list[str], number: int) -> bool:
    """Whether more than a promise stands under the heading, in its own part or in parts below."""
    level = _level(lines[number - 1])
    words = 0
    for line in lines[number:]:
        if HEADING.match(line):
            if level is None or (_level(line) or 0) <= level:
                break
            continue
        if EMPTY.match(line):
            continue
        words += len(line.split())
        if words >= FEWEST_WORDS:
            return True
    return False


def _level(line: str) -> int | None:
    bare = line.lstrip()
    return len(bare) - len(bare.lstrip("#")) or None


def shown(text: str) -> str:
    """A proving line for reading: without marks and addresses, and not too long."""
    bare = MAIL.sub("…", text.strip().strip("#=`*->$ ").strip())
    return bare if len(bare) <= LONGEST else f"{bare[: LONGEST - 1]}…"
