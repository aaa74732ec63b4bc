#!/usr/bin/env python3
"""Finds circles between the folders of a module, which the compiler does not see: two folders that name each other's types.

A folder depends on another when one of its files names a type that is declared at the top level of a file there. Files at the root of
a module count as a folder of their own: the façade over the others. Prints each circle with the names that close it, and fails if there is one.
`--edges` prints all dependencies between folders instead.
"""

import collections
import pathlib
import re
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "Sources"
DECLARATION = re.compile(
    r"^(?:(?:public|package|internal|fileprivate|private|final|indirect|nonisolated|@\w+(?:\([^)]*\))?)\s+)*"
    r"(?:struct|class|enum|actor|protocol|typealias)\s+([A-Z]\w*)", re.MULTILINE)
HIDDEN = re.compile(r"^(?:private|fileprivate)\s")
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"""(?:.*?)"""|"(?:\\.|[^"\\\n])*"', re.DOTALL)
INTERPOLATED = re.compile(r"\\\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
WORD = re.compile(r"(?<![\w])[A-Z]\w*")


def code(text: str) -> str:
    """The text without comments and string literals; what a literal interpolates stays."""
    def plain(match: re.Match) -> str:
        literal = match.group()
        return " ".join(INTERPOLATED.findall(literal)) if literal.startswith('"') else ""
    return NOISE.sub(plain, text)


def folder(path: pathlib.Path, room: pathlib.Path) -> str:
    """The folder directly below `room` that a file lies in; "." for the room itself."""
    parent = path.parent.relative_to(room)
    return parent.parts[0] if parent.parts else "."


def rooms() -> list[pathlib.Path]:
    """Modules, and the folders in them that have folders of their own."""
    folders = [path for path in sorted(SOURCES.rglob("*")) if path.is_dir() and path.suffix != ".docc" and any(path.rglob("*.swift"))]
    return [path for path in folders if any(other.parent == path for other in folders)]


def dependencies(room: pathlib.Path) -> dict[tuple[str, str], dict[str, set[str]]]:
    """The dependencies of a room's folders: (from, to) -> type -> files that name it."""
    texts = {path: code(path.read_text()) for path in sorted(room.rglob("*.swift"))}
    home: dict[str, set[str]] = collections.defaultdict(set)
    for path, text in texts.items():
        for match in DECLARATION.finditer(text):
            if not HIDDEN.match(match.group()):
                home[match.group(1)].add(folder(path, room))
    edges: dict[tuple[str, str], dict[str, set[str]]] = collections.defaultdict(lambda: collections.defaultdict(set))
    for path, text in texts.items():
        here = folder(path, room)
        for name in set(WORD.findall(text)):
            if name in home and here not in home[name]:
                for there in home[name]:
                    edges[here, there][name].add(path.name)
    return edges


def circles(edges) -> list[list[str]]:
    """The strongly connected components of more than one folder."""
    follow = collections.defaultdict(set)
    for here, there in edges:
        follow[here].add(there)

    def reached(start: str) -> set[str]:
        seen, waiting = set(), [start]
        while waiting:
            for other in follow[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        return seen

    reach = {each: reached(each) for each in {folder for edge in edges for folder in edge}}
    found = {tuple(sorted(other for other in reach if each in reach[other] and other in reach[each])) for each in reach}
    return [list(circle) for circle in sorted(found) if len(circle) > 1]


def main() -> int:
    count = 0
    for room in rooms():
        name = room.relative_to(SOURCES)
        edges = dependencies(room)
        if "--edges" in sys.argv:
            for (here, there), names in sorted(edges.items()):
                print(f"{name}: {here} -> {there}: {len(names)} types, {len(set().union(*names.values()))} files")
            continue
        for circle in circles(edges):
            count += 1
            print(f"{name}: folders in a circle: {', '.join(circle)}")
            for (here, there), names in sorted(edges.items()):
                if here in circle and there in circle:
                    listed = "; ".join(f"{name} in {', '.join(sorted(files))}" for name, files in sorted(names.items()))
                    print(f"  {here} -> {there}: {listed}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
