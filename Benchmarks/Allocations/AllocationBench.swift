// Allocations of the three hot paths, each in this process: an event of the core, a scrape, a spawn.
//
// Prints a line `NAME ALLOCATIONS` for each. The counter is count_allocations.c: preloaded, it adds up into the file that
// COUNT_ALLOCATIONS names. `allocations.py` runs this and compares.

import Glibc

@main
struct AllocationBench {
  static func main() async throws {
    guard let allocations = AllocationCounter() else {
      print("COUNT_ALLOCATIONS names no counter: run Benchmarks/allocations.py")
      exit(64)
    }
    let results = [
      ("event", try await CoreBench().measure(allocations)),
      ("scrape of 1,000 series, plain", await ScrapeBench(coding: nil).measure(allocations)),
      ("scrape of 1,000 series, gzip", await ScrapeBench(coding: "gzip").measure(allocations)),
      ("spawn", try await SpawnBench().measure(allocations)),
    ]
    for (name, count) in results { print("\(name)\t\(count)") }
  }
}
