// stoker init: a service file to begin with.

import ArgumentParser
import FoundationEssentials
import Shipped

extension StokerCommand {
  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a commented service file to begin with.",
      discussion: """
        It runs as it is: two small services, of which one needs the other. What else there is stands in it as comments.

          stoker init && stoker run
        """)

    @OptionGroup var file: FileOptions

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @Flag(help: "Print the file instead of writing it.")
    var print = false

    func run() throws {
      let text = ShippedFile.newServiceFile
      if print {
        Console.say(text)
        return
      }
      let name = file.name
      do {
        // Without `force` the system refuses what is there, also if it comes to be there only now.
        try Data(text.utf8).write(to: URL(filePath: name), options: force ? .atomic : .withoutOverwriting)
      } catch let error as CocoaError where error.code == .fileWriteFileExists {
        throw Failure(.failure, "\(name) is there already: nothing was written; --force replaces it, and --print only shows the new one")
      } catch {
        throw Failure(.failure, "cannot write \(name): \(OutputOptions.reason(error))")
      }
      let option = file.config.map { " --config \($0)" } ?? ""
      Console.say("wrote \(name)\n")
      let next = Table(rows: [
        ["  stoker run\(option)", "starts its two services, and watches over them"],
        ["  stoker schema > stoker.schema.json", "completion and checking in editors, beside the file"],
      ])
      for line in next.lines() { Console.say(line) }
    }
  }
}
