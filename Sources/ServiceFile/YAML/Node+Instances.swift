// `${instance}` in the values of a section (rule 89).

extension Node {
  /// The same values for one instance.
  func bound(to instance: String, in context: ReadingContext) -> Node {
    guard context.namesInstance else { return self }
    return bound(by: Interpolation(environment: context.environment, instance: instance))
  }

  private func bound(by interpolation: Interpolation) -> Node {
    var node = self
    switch value {
    case .null: break
    case .scalar(var scalar):
      guard scalar.namesInstance else { break }
      scalar.unset = nil
      // A fault of the text was reported when it was composed.
      do throws(Interpolation.Failure) { scalar.text = try interpolation.replace(scalar.source) } catch { break }
      node.value = .scalar(scalar)
    case .sequence(let elements):
      node.value = .sequence(elements.map { $0.bound(by: interpolation) })
    case .mapping(let entries):
      node.value = .mapping(
        entries.map { entry in
          var entry = entry
          entry.value = entry.value.bound(by: interpolation)
          return entry
        })
    }
    return node
  }

  /// Reports each `${instance}` that has no value, as nothing here is an instance. Its place reports no further fault.
  func reportUnset(to context: ReadingContext) {
    guard context.namesInstance else { return }
    switch value {
    case .null: break
    case .scalar(let scalar):
      guard let fault = scalar.unset else { break }
      context.report(mark, fault)
      context.silence(mark)
    case .sequence(let elements): for element in elements { element.reportUnset(to: context) }
    case .mapping(let entries): for entry in entries { entry.value.reportUnset(to: context) }
    }
  }

  /// The number of values in it.
  var count: Int {
    switch value {
    case .null, .scalar: 1
    case .sequence(let elements): elements.reduce(1) { $0 + $1.count }
    case .mapping(let entries): entries.reduce(1) { $0 + $1.value.count }
    }
  }
}
