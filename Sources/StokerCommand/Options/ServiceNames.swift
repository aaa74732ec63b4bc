// Service names for shell completion: from the running Stoker, or else from the service file.

import ArgumentParser
import Orchestration
import ServiceFile
import Stoker
import Synchronization

enum ServiceNames {
  /// For arguments and options that take a service's name.
  static let completion = CompletionKind.custom { arguments, _, prefix in
    matching(prefix, in: names(for: arguments))
  }

  static func matching(_ prefix: String, in names: [String]) -> [String] {
    names.filter { $0.hasPrefix(prefix) }
  }

  /// Quick, since the shell waits; after an error there are no names.
  private static func names(for arguments: [String]) -> [String] {
    let options = Target(arguments)
    if let address = options.address ?? (options.file == nil ? Environment.value("STOKER_URL") : nil) { return asked(address) }
    let running = (try? StokerSearch(config: options.file).place()).map { asked("unix:\($0.socket)") } ?? []
    if !running.isEmpty { return running }
    let file = try? ServiceFile.load(options.file ?? UsualFile().present, environment: Environment.all)
    return withSections(file?.graph.services.map { ($0.name, $0.section) } ?? [])
  }

  /// The names of services, and before the first instance of a section the section's, which stands for all of them.
  private static func withSections(_ services: [(name: String, section: String?)]) -> [String] {
    var seen: Set<String> = []
    return services.flatMap { service in
      service.section.map { seen.insert($0).inserted ? [$0, service.name] : [service.name] } ?? [service.name]
    }
  }

  /// The Stoker that an incomplete command line names.
  struct Target: Equatable {
    var file: String?
    var address: String?

    init(_ arguments: [String]) {
      for (index, argument) in arguments.enumerated() {
        let next = index + 1 < arguments.count ? arguments[index + 1] : nil
        switch argument {
        case "--config", "-c": file = next
        case "--url": address = next
        default:
          if argument.hasPrefix("--config=") { file = String(argument.dropFirst(9)) }
          if argument.hasPrefix("--url=") { address = String(argument.dropFirst(6)) }
        }
      }
    }
  }

  private static func asked(_ address: String) -> [String] {
    guard let client = try? APIClient(address: address) else { return [] }
    let names = MainThread.wait { () -> [String] in
      guard let answer = try? await client.request("GET", "/api/orchestration/services", timeout: .seconds(1)) else { return [] }
      let services = (try? JSON(parsing: answer.body))?["services"]?.members ?? []
      return withSections(services.map { ($0.name, $0.value["section"]?.string) })
    }
    return names ?? []
  }
}
