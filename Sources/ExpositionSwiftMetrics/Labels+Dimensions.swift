// From the dimensions of swift-metrics to labels.
import Exposition

extension Labels {
  /// Labels for any dimensions, by name: the same dimensions in another order are the same series to Prometheus.
  init(dimensions: [(String, String)]) {
    var values: [String: String] = [:]
    for (name, value) in dimensions {
      // Of those that come to one name, the first.
      let name = Self.name(of: name)
      if values[name] == nil { values[name] = value }
    }
    // An empty value is to Prometheus no label, so that with it a series could be on the page twice.
    self.init(values.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  private static func name(of dimension: String) -> String {
    let name = LegalName(dimension).text
    // As Prometheus itself renames labels that it has to.
    return name == "le" || name == "quantile" ? "exported_" + name : name
  }
}
