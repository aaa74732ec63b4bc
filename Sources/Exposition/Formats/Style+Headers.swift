// The header of a family, and the end of a page.

extension Style {
  /// The header of a family. In protobuf it holds the size of the whole message, so the size of the series must be
  /// known.
  func header(of family: Family, bodySize: Int) -> [UInt8] {
    switch format {
    case .text: textHeader(of: family)
    case .openMetrics0, .openMetrics1: openMetricsHeader(of: family)
    case .protobuf: messageHeader(of: family, bodySize: bodySize)
    }
  }

  /// The end of a page.
  var end: StaticString? {
    isOpenMetrics ? "# EOF\n" : nil
  }

  private func textHeader(of family: Family) -> [UInt8] {
    let name = name(of: family)
    var header = Array("# HELP ".utf8)
    header += name
    header += " ".utf8
    header.appendEscaped(family.help, quotes: false)
    header += "\n# TYPE ".utf8
    header += name
    // The text format has no type info.
    header += (family.type == .info ? " gauge\n" : " \(family.type)\n").utf8
    return header
  }

  private func openMetricsHeader(of family: Family) -> [UInt8] {
    let base = baseName(of: family)
    var header = Array("# TYPE ".utf8)
    header += base
    header += " \(family.type)\n".utf8
    // The name must end in its unit, and `x_seconds_` does not.
    if let unit = family.unit, !escapesNames || family.type != .counter {
      header += "# UNIT ".utf8
      header += base
      header += " \(unit)\n".utf8
    }
    header += "# HELP ".utf8
    header += base
    header += " ".utf8
    header.appendEscaped(family.help, quotes: true)
    header += "\n".utf8
    return header
  }
}
