#!/bin/sh
# Rules of the house that a compiler does not check. Prints every breach and fails if there is one.
set -u
cd "$(dirname "$0")/.." || exit 1
broken=0

# rule SENTENCE, then grep's arguments: nothing may match.
rule() {
  sentence=$1
  shift
  if found=$(grep -rnE "$@"); then
    printf '%s:\n%s\n' "$sentence" "$found"
    broken=1
  fi
}

swift='--include=*.swift'
rule 'Foundation is not imported (FoundationEssentials is, where it must be)' "$swift" '^ *(public |@[a-z]+ )*import Foundation$' Sources Tests examples
rule 'the core imports nothing' "$swift" '^ *(public |@[a-z]+ )*import ' Sources/Orchestration
rule 'no DispatchQueue, no DispatchSource' "$swift" 'Dispatch(Queue|Source|Group)' Sources examples
rule 'no force try' "$swift" 'try!' Sources examples
rule 'no leftovers of the work' "$swift" '\b(TODO|FIXME|XXX|HACK)\b' Sources Tests examples
rule 'the clock that goes on while the machine sleeps is not used' "$swift" 'ContinuousClock' Sources examples
rule 'no sentence of a comment begins with Who, Whose, What, Of and the like' "$swift" \
  '^[^"]*//+ *((Who|Whoever|Whose|What|Whatever|Of)|.*[.:;] (Who|Whoever|Whose|What|Whatever|Of)) ' Sources Tests examples Benchmarks
rule 'the state of a machine changes through enter and amend alone' "$swift" --exclude=ServiceMachine.swift --exclude=ServiceView+Keeping.swift \
  'values\.state = |[^.]\bstate = \.' Sources/Orchestration
rule 'C code stands in CLinux and COpen alone' --include='*.c' -l '' $(find Sources -mindepth 1 -maxdepth 1 -type d ! -name CLinux ! -name COpen)

# `@unchecked Sendable` needs a comment with the proof, on its line or just above.
found=$(find Sources examples -name '*.swift' -exec awk '
  /@unchecked Sendable/ && !/\/\// && previous !~ /^ *\/\// { print FILENAME ":" FNR ": " $0 }
  { previous = $0 }' {} +)
if [ -n "$found" ]; then
  printf '@unchecked Sendable says above it why that is true:\n%s\n' "$found"
  broken=1
fi
# A type is measured with all its extensions: split over ever so many files, one of 900 lines usually holds two.
found=$(find Sources -name '*.swift' -exec awk '
  FNR == 1 { split(FILENAME, path, "/"); type = "" }
  type == "" && match($0, /^((public|package|fileprivate|private|final|indirect) )*(struct|class|enum|actor|extension) [A-Za-z0-9_.]+/) {
    count = split(substr($0, RSTART, RLENGTH), words, " ")
    type = path[2] " " words[count]
    if ($0 ~ /\}$/) { lines[type] += 1; type = "" }
  }
  type != "" { lines[type] += 1 }
  /^\}/ { type = "" }
  END { for (type in lines) if (lines[type] > 900) print type ": " lines[type] " lines" }' {} +)
if [ -n "$found" ]; then
  printf 'No type is over 900 lines with its extensions:\n%s\n' "$found"
  broken=1
fi

# The pages and the code agree: rules, links, the size of README.md.
python3 Tests/contract.py || broken=1

# Folders of a module form no circles.
python3 Tests/folders.py || broken=1
exit $broken
