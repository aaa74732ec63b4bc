#!/usr/bin/env python3
"""Checks that the pages and the code agree; prints FILE:LINE: SENTENCE for each breach, and fails if there is one.

- Each rule that a comment or a test names has its anchor, id="rule-N", in docs/behaviour.md, and no page has an id twice.
- Each relative link of a page leads to a file, and each #anchor to a heading or an id there.
- README.md is a first page: its size has a limit.
- The numbers of alerts and of their rules in README.md are those of the rules, and docs/metrics.md has a row for each of them.
"""

import functools
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ROOT / "docs" / "behaviour.md"
README_LIMIT = 12_500  # bytes
ALERTS = ROOT / "alerts" / "stoker.rules.yml"

FENCE = re.compile(r"^ *(```|~~~)")
NUMBERS = r"\d+(?:(?:,? and |, | to |–)\d+)*"
NAMED_RULES = re.compile(rf"\b[Rr]ules? ({NUMBERS})")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)|^\[[^\]]+\]: (\S+)|<(?:a|img|source) [^>]*?(?:href|src|srcset)=\"([^\"]+)\"")
ID = re.compile(r"<[a-z]+ [^>]*?\b(?:id|name)=\"([^\"]+)\"")


def pages():
    named = (ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG", "Tests/README"))
    return [page for page in named if page.exists()] + sorted((ROOT / "docs").glob("*.md"))


def prose(page):
    """The lines of a page outside its code blocks, with their numbers."""
    fenced = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"<[^>]*>", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading))
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


@functools.cache
def anchors(page):
    """Each anchor of a page, and the lines where it is defined by an id."""
    found, headings = {}, {}
    for number, line in prose(page):
        if heading := re.match(r"#{1,6} +(.*?)#*$", line):
            name = slug(heading[1])
            seen = headings[name] = headings.get(name, -1) + 1
            found.setdefault(f"{name}-{seen}" if seen else name, [])
        for name in ID.findall(re.sub(r"`[^`]*`", "", line)):
            found.setdefault(name, []).append(number)
    return found


def rules_named(line):
    """The numbers of the rules that a line names: "rules 1 to 3, 11" are 1, 2, 3 and 11."""
    for named in NAMED_RULES.findall(line):
        for part in re.split(r",? and |, ", named):
            first, *last = map(int, re.split(r" to |–", part))
            yield from range(first, (last or [first])[0] + 1)


def breaches_of_rules():
    if not RULES.exists():
        yield RULES, 1, "the page of the rules is missing"
        return
    for folder in ("Sources", "Tests"):
        for file in sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in (".swift", ".py")):
            if file == pathlib.Path(__file__).resolve():
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                for rule in rules_named(line):
                    if f"rule-{rule}" not in anchors(RULES):
                        yield file, number, f"rule {rule} has no anchor in docs/behaviour.md"


def breaches_of_links():
    for page in pages():
        for name, lines in anchors(page).items():
            if len(lines) > 1:
                yield page, lines[1], f"the id '{name}' stands in line {lines[0]} already"
        for number, line in prose(page):
            for found in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                target = next(filter(None, found))
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = page.parent / urllib.parse.unquote(path) if path else page
                if not file.exists():
                    yield page, number, f"the link to {target} leads to no file"
                elif anchor and file.suffix == ".md" and anchor not in anchors(file.resolve()):
                    yield page, number, f"the link to {target} leads to no heading and no id"


def breaches_of_size():
    size = (ROOT / "README.md").stat().st_size
    if size > README_LIMIT:
        yield ROOT / "README.md", 1, f"the page has {size:,} bytes; {README_LIMIT:,} are the limit"


def breaches_of_alerts():
    if not ALERTS.exists():
        return
    rules = re.findall(r"^ *- alert: (\w+)", ALERTS.read_text(), re.MULTILINE)
    names = set(rules)
    for number, line in prose(ROOT / "README.md"):
        for found in re.findall(r"\b(\d+) alerting rules\b", line):
            if int(found) != len(rules):
                yield ROOT / "README.md", number, f"the page counts {found} alerting rules; there are {len(rules)}"
    counts = [(number, int(found)) for number, line in prose(ROOT / "README.md") for found in re.findall(r"\b(\d+) alerts\b", line)]
    if not counts:
        yield ROOT / "README.md", 1, f"the page does not say how many alerts there are: {len(names)}"
    for number, count in counts:
        if count != len(names):
            yield ROOT / "README.md", number, f"the page counts {count} alerts; the rules have {len(names)}"
    page = ROOT / "docs" / "metrics.md"
    told = {name: number for number, line in prose(page) for name in re.findall(r"`(Stoker[A-Z]\w+)`", line) if line.startswith("|")}
    for name in sorted(names - set(told)):
        yield page, 1, f"the alert {name} has no row"
    for name in sorted(set(told) - names):
        yield page, told[name], f"there is no alert {name}"


def main():
    breaches = [*breaches_of_rules(), *breaches_of_links(), *breaches_of_size(), *breaches_of_alerts()]
    for file, line, sentence in breaches:
        print(f"{file.relative_to(ROOT)}:{line}: {sentence}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
