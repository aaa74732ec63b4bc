// Listen addresses with several spellings.
import Addresses

extension ListenAddress {
  /// The canonical spelling: the path of a socket without `//`, `.` and `..`.
  var tidied: ListenAddress {
    switch self {
    case .tcp: self
    case .unix(let path): .unix(path: FilePath.absolute(path, from: "/"))
    }
  }

  /// The port; nil for a Unix socket.
  var port: Int? {
    if case .tcp(_, let port) = self { port } else { nil }
  }
}
