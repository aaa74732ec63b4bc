// The styles of states and healths.

import Orchestration

extension Status {
  var style: TextStyle {
    switch self {
    case .running: .good
    case .starting, .stopping: .busy
    case .waiting, .backoff: .warning
    case .failed: .bad
    case .stopped, .completed: .faint
    }
  }
}

extension Orchestration.Health {
  var style: TextStyle {
    switch self {
    case .healthy: .good
    case .degraded: .warning
    case .unhealthy: .bad
    case .unknown: .faint
    }
  }
}
