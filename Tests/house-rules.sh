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
rule 'C code stands in CLinux alone' --include='*.c' -l '' $(find Sources -mindepth 1 -maxdepth 1 -type d ! -name CLinux)

# `@unchecked Sendable` needs a comment with the proof, on its line or just above.
found=$(find Sources examples -name '*.swift' -exec awk '
  /@unchecked Sendable/ && !/\/\// && previous !~ /^ *\/\// { print FILENAME ":" FNR ": " $0 }
  { previous = $0 }' {} +)
if [ -n "$found" ]; then
  printf '@unchecked Sendable says above it why that is true:\n%s\n' "$found"
  broken=1
fi
exit $broken
