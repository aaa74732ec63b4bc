// Labels for the dimensions of swift-metrics.
import Exposition

extension Labels {
  /// Labels for any dimensions, sorted by name: the same dimensions in another order are the same series for
  /// Prometheus.
  init(dimensions: [(String, String)]) {
    var values: [String: String] = [:]
    for (name, value) in dimensions {
      // Among several with one name, the first counts.
      let name = Self.name(of: name)
      if values[name] == nil { values[name] = value }
    }
    // For Prometheus an empty value is no label, so with it a series could be on the page twice.
    self.init(values.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  private static func name(of dimension: String) -> String {
    let name = LegalName(dimension).text
    // The prefix that Prometheus itself uses to rename labels.
    return name == "le" || name == "quantile" ? "exported_" + name : name
  }
}
