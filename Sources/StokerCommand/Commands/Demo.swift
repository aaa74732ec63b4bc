// stoker demo: ten services to try, from any directory and without a file.

import ArgumentParser

extension StokerCommand {
  struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run ten small services that fail on request.",
      discussion: """
        The ten services of examples/fog, checked every 2 s, without a service file and from any directory:

          stoker demo

        They use the ports 7001 to 7010, and Stoker 10101, all on loopback only. To use them as the start of your own file:

          stoker demo --print > stoker.yaml
        """)

    @Flag(help: "Print the service file of the demo instead of running it.")
    var print = false

    @OptionGroup var shown: ForegroundOptions

    func run() throws {
      let text = DemoFile.text(programs: try DemoProgram.folder())
      if print {
        Console.print(text)
        return
      }
      let plan = try DemoFile.parse(text)
      try Foreground.supervise(plan, label: "the demo", shown, read: nil) { addresses, adopted in
        let taken = DemoPorts.taken(of: plan, adopted: adopted)
        if !taken.isEmpty { return DemoPorts.failure(taken) }
        Console.print(DemoFile.guide(addresses))
        return nil
      }
    }
  }
}
