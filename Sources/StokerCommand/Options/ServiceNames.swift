// The services' names for a shell that completes one: from the running Stoker, or else from the service file.

import ArgumentParser
import Glibc
import Orchestration
import ServiceFile
import Stoker
import Synchronization

enum ServiceNames {
  /// For arguments and options that are a service's name.
  static let completion = CompletionKind.custom { arguments, _, prefix in
    matching(prefix, in: names(for: arguments))
  }

  static func matching(_ prefix: String, in names: [String]) -> [String] {
    names.filter { $0.hasPrefix(prefix) }
  }

  /// A shell waits for it, so it is quick; whatever goes wrong is no names.
  private static func names(for arguments: [String]) -> [String] {
    let options = Target(arguments)
    if let address = options.address ?? (options.file == nil ? Environment.value("STOKER_URL") : nil) { return asked(address) }
    guard let file = try? ServiceFile.load(options.file ?? "./stoker.yaml", environment: Environment.all) else { return [] }
    let socket = file.stateDirectory + "/stoker.sock"
    let running = access(socket, F_OK) == 0 ? asked("unix:\(socket)") : []
    return running.isEmpty ? file.graph.services.map(\.name) : running
  }

  /// Which Stoker a command line that is not complete yet means.
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
    let names = Main.wait { () -> [String] in
      guard let answer = try? await client.request("GET", "/api/orchestration/services", timeout: .seconds(1)) else { return [] }
      return (try? JSON(parsing: answer.body))?["services"]?.members?.map(\.name) ?? []
    }
    return names ?? []
  }
}
