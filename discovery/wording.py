"""Sentences from counts. Pure: no database, no clock.

Checks write their sentences once, in the plural, with `{n}` (bad) and `{m}` (examined); here they are made to agree.
"""

import re
from math import ceil, log10

from infra_audit.registry import Effort, Severity

MOST_VERDICT_WORDS = 30

# The main verbs of the catalogue's sentences. A test reads every check's headline against this list.
SINGULAR_VERBS = {
    "allow": "allows",
    "answer": "answers",
    "are": "is",
    "ask": "asks",
    "bring": "brings",
    "carry": "carries",
    "come": "comes",
    "contain": "contains",
    "delete": "deletes",
    "depend": "depends",
    "do": "does",
    "give": "gives",
    "hand": "hands",
    "have": "has",
    "hold": "holds",
    "keep": "keeps",
    "lack": "lacks",
    "leave": "leaves",
    "let": "lets",
    "lie": "lies",
    "make": "makes",
    "name": "names",
    "need": "needs",
    "open": "opens",
    "point": "points",
    "reach": "reaches",
    "run": "runs",
    "say": "says",
    "serve": "serves",
    "set": "sets",
    "share": "shares",
    "show": "shows",
    "sign": "signs",
    "skip": "skips",
    "spell": "spells",
    "stand": "stands",
    "store": "stores",
    "take": "takes",
    "tell": "tells",
    "trust": "trusts",
    "use": "uses",
    "were": "was",
    "work": "works",
    "write": "writes",
}
SAME_IN_BOTH = {"can", "cannot", "could", "may", "must", "would"}
RELATIVES = {"who", "that", "which"}
SINGULAR_NOUNS = {"people": "person", "and": "or"}
# Where what is counted ends in a sentence that is about something else: "In 3 of 5 accounts nobody is told".
CLAUSE_STARTS = {"how", "is", "no", "nobody"}
NOUN_ENDS = RELATIVES | CLAUSE_STARTS | {"in", "of", "on", "with", "without", "for", "from"}
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

# One finding's share of mending, in hours of work
EFFORT_HOURS = {Effort.MINUTES: 0.25, Effort.HOURS: 3.0, Effort.DAYS: 16.0, Effort.WEEKS: 80.0}
HOURS_A_DAY = 4  # what is left of a day for it, beside everything else
SOON = {Effort.MINUTES, Effort.HOURS}


def count_sentence(template: str, n: int, m: int) -> str:
    """A check's sentence with its numbers: "{n} of {m} databases make …" → "1 of 16 databases makes …"."""
    before, mark, after = template.partition("{m}" if "{m}" in template else "{n}")
    nouns = m if mark == "{m}" else n
    words = after.split(" ")
    verb = main_verb(words)
    if n == 1 and template.startswith("{n}") and verb is not None:
        words[verb] = SINGULAR_VERBS.get(words[verb], words[verb])
        words[verb:] = [_possessive(word, words) for word in words[verb:]]
    if nouns == 1 and mark:
        words = _one(words, verb)
    text = f"{before}{mark}{' '.join(words)}"
    return text.replace("{n}", f"{n:,}").replace("{m}", f"{m:,}")


def all_sentence(template: str, m: int) -> str:
    """A check's good news: "All {m} databases make …", "Both databases make …", "The one database makes …"."""
    start = "All {m} "
    if m > 2 or not template.startswith(start):
        return template.replace("{m}", f"{m:,}")
    if m == 2:
        return f"Both {template.removeprefix(start)}"
    return count_sentence("{n} " + template.removeprefix(start), 1, 1).replace("1 ", "The one ", 1)


def counted_things(headline: str, m: int) -> str:
    """What a headline counts: "{n} of {m} people who sign in make …" → "people who sign in"."""
    words = headline.partition("{m}" if "{m}" in headline else "{n}")[2].split(" ")
    end = _end_of_things(words)
    if m == 1:
        words = _one(words, main_verb(words))
    return " ".join(words[:end]).strip().rstrip(",")


def main_verb(words: list[str]) -> int | None:
    """Where the sentence's verb stands. A relative clause's verb ("who sign in") is not it."""
    for i, word in enumerate(words):
        if (word in SINGULAR_VERBS or word in SAME_IN_BOTH) and i and words[i - 1] not in RELATIVES:
            return i
    return None


def _end_of_things(words: list[str]) -> int:
    """Where what is counted ends: before the verb, a clause or after a comma."""
    verb = main_verb(words)
    if verb is not None:
        return verb
    for i, word in enumerate(words):
        if word in CLAUSE_STARTS:
            return i
        if word.endswith(","):
            return i + 1
    return len(words)


def _one(words: list[str], verb: int | None) -> list[str]:
    """The counted things as a single one, with what is said of it in a relative clause."""
    told = list(words)
    for i, word in enumerate(words[:verb]):
        if word in NOUN_ENDS:
            if word in RELATIVES:
                told[i + 1] = SINGULAR_VERBS.get(words[i + 1], words[i + 1])
            break
        last = i + 1 == (verb or len(words)) or words[i + 1] in NOUN_ENDS | {"and"}
        told[i] = SINGULAR_NOUNS.get(word) or (_singular(word) if last else word)
    return told


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return re.sub(r"(?<=ss|ch|sh)es$|(?<=[^s])s$", "", noun)


def _possessive(word: str, words: list[str]) -> str:
    return "its" if word == "their" and "people" not in words else word


def plural(number: int, singular: str, many: str = "") -> str:
    """ "1 region", "17 regions"."""
    return f"{number:,} {singular if number == 1 else many or singular + 's'}"


def in_words(number: int) -> str:
    """One to ten in words, as in running text."""
    return NUMBER_WORDS[number] if number < len(NUMBER_WORDS) else f"{number:,}"


def working_days(effort: str, findings: int) -> int:
    """Calendar working days to mend findings of one kind. The first one costs most: the others repeat it."""
    hours = EFFORT_HOURS[Effort(effort)] * (1 + log10(max(findings, 1)))
    return max(1, ceil(hours / HOURS_A_DAY))


def calendar_time(days: int) -> str:
    """Working days as people say them: "3 days", "2 weeks", "3 months"."""
    if days < 5:
        return plural(days, "day")
    if days <= 40:
        return plural(ceil(days / 5), "week")
    return plural(ceil(days / 21), "month")


def about(days: int) -> str:
    """For running text: "about two weeks"."""
    number, unit = calendar_time(days).split(" ")
    return f"about {in_words(int(number))} {unit}"


def horizon(severity: str, effort: str) -> str:
    """When to do it: `now`, within `30` or within `90` days; "" for what is only worth knowing."""
    quick = Effort(effort) in SOON
    match Severity(severity):
        case Severity.CRITICAL:
            return "now"
        case Severity.HIGH:
            return "now" if quick else "30"
        case Severity.MEDIUM:
            return "30" if quick else "90"
        case Severity.LOW:
            return "90"
    return ""


def verdict(*, headline: str, consequence: str, n: int, m: int, changes: int, days: int) -> str:
    """At most thirty words: consequence, count, way out. The fullest wording that fits."""
    told = count_sentence(headline, n, m)
    such = counted_things(headline, m)
    could = capitalised(consequence)
    way_out = (
        f"One change, {about(days)}, closes this."
        if changes == 1
        else f"{in_words(changes).capitalize()} changes, {about(days)}, close the worst."
    )
    candidates = (
        f"{could}: {told}. {way_out}",
        f"{could}. This holds for {n:,} of your {m:,} {such}. {way_out}",
        f"{could}: {n:,} of {m:,} {such}. {way_out}",
        f"{told}. {way_out}",
        f"{could}. {way_out}",
    )
    return next((one for one in candidates if word_count(one) <= MOST_VERDICT_WORDS), way_out)


def word_count(text: str) -> int:
    return len(text.split())


def capitalised(text: str) -> str:
    """The first letter large, the rest as it is ("a DELETE" keeps its capitals)."""
    return text[:1].upper() + text[1:]


def listed(items: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))
