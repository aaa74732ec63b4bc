// What this process keeps in memory.

import CLinux

extension ProcessSelf {
  /// Keeps the C library from giving each thread a heap of its own. For programs that own their process, before their first thread.
  package static func boundHeaps() { clinux_bound_heaps(2) }

  /// Gives back what the start has needed and nothing will again: freed memory, and code. Takes a few milliseconds; whatever is needed after
  /// all comes back by itself. For programs that own their process.
  package static func releaseMemory() { clinux_release_memory() }
}
