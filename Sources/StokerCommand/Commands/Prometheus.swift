// stoker prometheus: the files that Prometheus, Alertmanager and Grafana need for Stoker.

import Addresses
import ArgumentParser
import FoundationEssentials
import ServiceFile
import Shipped

extension StokerCommand {
  struct Prometheus: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write out configuration, alert rules and dashboards for Prometheus and Grafana.",
      discussion: """
        Printed, or written to a folder:

          stoker prometheus config --output monitoring
          stoker prometheus rules --output monitoring
          stoker prometheus dashboards --output monitoring/dashboards
          prometheus --config.file=monitoring/prometheus.yml
        """,
      subcommands: [Config.self, Rules.self, Dashboards.self])

    struct Config: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Prometheus for this node's listener, Alertmanager, and Grafana's provisioning.",
        discussion: """
          The target is the first TCP address of stoker.listen; without a service file the default, 127.0.0.1:10101. A listener on all \
          addresses is scraped at stoker.discovery.address, or on loopback. Without --output, only the configuration of Prometheus is printed.
          """)

      @OptionGroup var file: FileOptions
      @OptionGroup var job: JobOptions
      @OptionGroup var output: OutputOptions

      func run() throws {
        let job = try job.name()
        if job == "services" { throw Failure(.usage, "the job 'services' scrapes the services' own metrics: --job takes another name") }
        let files = ShippedFile.files(.config, listener: try listener(), job: job)
        try output.write(files, printing: files.prefix(1))
      }

      /// A file that --config names must exist; where there is none of the usual ones the listener is the default one.
      private func listener() throws(Failure) -> String {
        guard file.config != nil || FileManager.default.fileExists(atPath: file.name) else {
          return ShippedFile.exampleListener
        }
        let plan = try file.load(otherwise: "nothing was written")
        if let target = plan.supervisor.scrapeTarget { return target }
        throw Failure(
          .failure, "\(file.name) has no TCP listener, which Prometheus needs: add one to 'stoker.listen', such as \"127.0.0.1:10101\"")
      }
    }

    struct Rules: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Recording rules and alerts.",
        discussion: """
          The options change what differs from one installation to the next:

            stoker prometheus rules --job fog --runbooks https://wiki.example.org/stoker --alert-label team=shop --without StokerServiceMemoryGrowth
          """)

      @OptionGroup var job: JobOptions
      @OptionGroup var rules: RuleOptions
      @OptionGroup var output: OutputOptions

      func run() throws {
        var text = AlertRules()
        if let job = try job.name() { text.set(job: job) }
        try rules.apply(to: &text)
        let files = [ShippedFile(text)]
        try output.write(files, printing: files[...])
      }
    }

    struct Dashboards: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Grafana dashboards.", discussion: "Without --output, the named one is printed: overview, service or supervisor.")

      @Argument(help: "overview, service or supervisor; without a name all of them, into the folder of --output.")
      var name: Dashboard?

      @OptionGroup var output: OutputOptions

      enum Dashboard: String, ExpressibleByArgument, CaseIterable {
        case overview, service, supervisor
      }

      func run() throws {
        let all = ShippedFile.files(.dashboards)
        let files = name.map { name in all.filter { $0.path == "stoker-\(name.rawValue).json" } } ?? all
        if output.output == nil, files.count > 1 {
          throw Failure(.usage, "name a dashboard (overview, service or supervisor), or give a folder for all of them with --output")
        }
        try output.write(files, printing: files[...])
      }
    }
  }
}
