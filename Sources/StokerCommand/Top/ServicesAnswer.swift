// An answer of `GET /services`, decoded straight into the screen's values: for 1,000 services, every two seconds.

import FoundationEssentials
import Orchestration

/// The fields of the answer that the screen shows.
struct ServicesAnswer: Decodable, Sendable, Equatable {
  var node: String?
  var services: [String: Service]
  var isReady: Bool
  var initialized: Bool
  var compositeHealth: String?
  var troubles: [Trouble]?

  private enum CodingKeys: String, CodingKey {
    case node, services, initialized, troubles
    case isReady = "is_ready"
    case compositeHealth = "composite_health"
  }

  struct Trouble: Decodable, Sendable, Equatable {
    var sentence: String
  }

  struct RootCause: Decodable, Sendable, Equatable {
    var name: String
    var sentence: String
  }

  struct Service: Decodable, Sendable, Equatable {
    var status: String
    var health: String
    var checked: Bool?
    var heldUp: Bool?
    var restartCount: Int?
    var restartAttempts: Int?
    var note: String?
    var rootCause: RootCause?
    var enabled: Bool?
    var kind: String?
    var pid: Int?
    var since: String?
    var nextAttempt: String?
    var layer: Int?
    var cpuSeconds: Double?
    var memoryBytes: Double?

    private enum CodingKeys: String, CodingKey {
      case status, health, checked, enabled, kind, pid, since, layer, note
      case heldUp = "held_up"
      case restartCount = "restart_count"
      case restartAttempts = "restart_attempts"
      case nextAttempt = "next_attempt"
      case rootCause = "root_cause"
      case cpuSeconds = "cpu_seconds"
      case memoryBytes = "memory_bytes"
    }
  }

  /// - Throws: `Failure` for an answer that is not a Stoker's.
  init(parsing bytes: [UInt8]) throws(Failure) {
    do {
      self = try JSONDecoder().decode(ServicesAnswer.self, from: Data(bytes))
    } catch {
      throw Failure(.failure, "the server there is not a Stoker, or one of another version: its services cannot be read")
    }
  }
}
