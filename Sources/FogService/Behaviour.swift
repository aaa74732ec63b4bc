// How the service answers its health check at the moment.

enum Behaviour: Equatable, CustomStringConvertible {
  case well
  case failing
  case hanging
  case slow(milliseconds: Int)

  /// Every word that ``word`` can be, for a metric whose series all exist from the start.
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
