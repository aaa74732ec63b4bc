// The present answer of the service to its health check.

enum Behaviour: Equatable, CustomStringConvertible {
  case well
  case failing
  case hanging
  case slow(milliseconds: Int)

  /// All values of ``word``, for a metric whose series exist from the start.
  static let words = ["ok", "failing", "hanging", "slow"]

  var word: String {
    switch self {
    case .well: "ok"
    case .failing: "failing"
    case .hanging: "hanging"
    case .slow: "slow"
    }
  }

  var description: String {
    switch self {
    case .slow(let milliseconds): "slow (\(milliseconds) ms)"
    case .well, .failing, .hanging: word
    }
  }
}
