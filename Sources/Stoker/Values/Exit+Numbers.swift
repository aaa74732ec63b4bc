// The numbers of an end, for answers and metrics.

import Orchestration

extension Exit {
  /// The exit code, if the process ended by itself.
  var code: Int32? {
    if case .code(let code) = self { code } else { nil }
  }

  /// The signal that ended the process.
  var signal: Int32? {
    switch self {
    case .signal(let signal, _): signal
    case .outOfMemory: 9
    case .code, .unknown: nil
    }
  }
}
