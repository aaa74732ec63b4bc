// The names before the lines of services that share a standard output of ours, or a file.

import Orchestration
import ServiceFile
import ServiceLogs

/// The beginning of each line, `web    | `, for the services of one file (rules 69, 94).
struct StreamLabels {
  private var labels: [Output: [UInt8]] = [:]

  /// One log of a service.
  private struct Output: Hashable {
    var service: String
    var isErrors: Bool
  }

  /// The end of a log that others may have, too.
  private enum Sink: Hashable {
    case stream(StreamIdentity)
    case file(String)
  }

  /// Two services share a stream when their logs lead to one thing: /dev/stdout and /dev/stderr may be one pipe.
  init(_ definitions: [ServiceDefinition]) {
    var sharers: [Sink: [Output]] = [:]
    for definition in definitions where definition.command != nil {
      let (name, log) = (definition.spec.name, definition.log)
      if let sink = Self.sink(log.path, isShared: log.isShared) {
        sharers[sink, default: []].append(Output(service: name, isErrors: false))
      }
      if let errors = log.errorPath, let sink = Self.sink(errors, isShared: false) {
        sharers[sink, default: []].append(Output(service: name, isErrors: true))
      }
    }
    for outputs in sharers.values where Set(outputs.map(\.service)).count > 1 {
      // Names are ASCII.
      let width = outputs.map(\.service.utf8.count).max() ?? 0
      for output in outputs {
        let padding = String(repeating: " ", count: width - output.service.utf8.count)
        labels[output] = Array("\(output.service)\(padding) | ".utf8)
      }
    }
  }

  private static func sink(_ path: ServiceLogSection.Path, isShared: Bool) -> Sink? {
    guard case .file(let path) = path else { return nil }
    return StreamIdentity.of(path: path).map(Sink.stream) ?? (isShared ? .file(path) : nil)
  }

  /// Empty where the service has its stream, or its file, to itself.
  subscript(name: String, isErrors isErrors: Bool) -> [UInt8] { labels[Output(service: name, isErrors: isErrors)] ?? [] }
}
