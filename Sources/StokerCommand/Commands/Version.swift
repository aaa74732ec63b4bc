// stoker version.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the version, the Swift version and the platform.")

    /// `stoker 0.1.0 (Swift 6.3, linux/amd64)`
    static var text: String {
      "stoker \(Build.version) (Swift \(Build.swiftVersion), \(Build.operatingSystem)/\(Build.architecture))"
    }

    @Flag(help: "Print the version as JSON.")
    var json = false

    func run() {
      guard json else { return Console.print(Self.text) }
      Console.print([
        "version": .string(Build.version), "swift": .string(Build.swiftVersion), "os": .string(Build.operatingSystem),
        "architecture": .string(Build.architecture),
      ])
    }
  }
}
