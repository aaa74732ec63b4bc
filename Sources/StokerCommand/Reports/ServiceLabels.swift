// The names before lines of several services.

/// The beginning of each line of some services: `web    | `, in a colour of its own on a terminal.
struct ServiceLabels {
  private let labels: [String: String]

  /// Colours that are distinct on dark and on light backgrounds; red is for errors.
  private static let colours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94]

  /// Labels for services in their order, all of one width.
  init(_ services: [String], isColoured: Bool) {
    let width = services.map(\.count).max() ?? 0
    labels = Dictionary(
      services.enumerated().map { index, name in
        let padded = name + String(repeating: " ", count: width - name.count)
        return (name, isColoured ? "\u{1B}[\(Self.colours[index % Self.colours.count])m\(padded) |\u{1B}[0m " : "\(padded) | ")
      }, uniquingKeysWith: { first, _ in first })
  }

  /// nil for a service without a label.
  subscript(service: String) -> String? { labels[service] }
}
