// The memory that this process keeps.

import CLinux

extension ProcessSelf {
  /// Keeps the C library from giving each thread a heap of its own. For programs that own their process,
  /// before their first thread.
  package static func boundHeaps() { clinux_bound_heaps(2) }

  /// Returns memory that only the start needed: freed memory, and code. Takes a few milliseconds; pages that
  /// are needed again come back by themselves. For programs that own their process.
  package static func releaseMemory() { clinux_release_memory() }
}
