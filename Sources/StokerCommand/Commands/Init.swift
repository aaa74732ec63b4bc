// stoker init: a first service file.

import ArgumentParser
import Shipped

extension StokerCommand {
  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a commented service file as a start.",
      discussion: """
        It runs as it is: two small services, of which one requires the other. Its comments show the other settings.

          stoker init && stoker run
        """)

    @Option(
      name: [.short, .long], help: ArgumentHelp("The service file to write. (default: ./stoker.yaml)", valueName: "file"),
      completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @Flag(help: "Print the file instead of writing it.")
    var print = false

    func run() throws {
      let text = ShippedFile.newServiceFile
      if print {
        Console.print(text)
        return
      }
      let name = config ?? UsualFile().local
      try OutputFile.write(text, to: name, replacing: force, advice: ", and --print only prints the new one")
      let option = config.map { " --config \($0)" } ?? ""
      Console.print("wrote \(name)\n")
      let next = Table(rows: [
        ["  stoker run\(option)", "starts its two services, and supervises them"],
        ["  stoker schema > stoker.schema.json", "next to the file: completion and checking in editors"],
      ])
      for line in next.lines() { Console.print(line) }
    }
  }
}
