// The two signals of the C library.

import CLinux

/// The signals below SIGRTMIN, which the C library keeps for itself.
package enum LibrarySignals {
  /// Ignores those that it does not handle yet: nobody else may handle them, and sent by a person they would end the program.
  package static func ignore() { clinux_ignore_library_signals() }
}
