// The files that come with Stoker, inside the program: for Prometheus, Alertmanager and Grafana, and for the writing of a service file.
//
// `Files` holds the latter, and links to the others in the repository, whose contents the build embeds.

/// One file: its kind, its path below the output folder, and its text.
package struct ShippedFile: Sendable {
  /// The purpose of a file.
  package enum Kind: Sendable {
    /// Configurations of Prometheus (the first) and Alertmanager, and Grafana's provisioning.
    case config
    /// Grafana dashboards.
    case dashboards
  }

  /// The path below the output folder.
  package let path: String
  /// The contents.
  package let text: String

  private init(_ path: String, _ bytes: [UInt8]) {
    self.path = path
    text = String(decoding: bytes, as: UTF8.self)
  }

  private init(path: String, text: String) {
    self.path = path
    self.text = text
  }

  /// The JSON Schema of the service file.
  package static var schema: String { String(decoding: PackageResources.service_file_schema_json, as: UTF8.self) }

  /// Recording rules and alerts, as they come.
  static var rules: String { String(decoding: PackageResources.stoker_rules_yml, as: UTF8.self) }

  /// A first service file.
  package static var newServiceFile: String { String(decoding: PackageResources.new_service_file_yaml, as: UTF8.self) }

  /// The listener in the examples.
  package static let exampleListener = "127.0.0.1:10101"

  /// The files of a kind, for a Stoker that listens at `listener`, a host and a port, and is scraped by the job `job`.
  package static func files(_ kind: Kind, listener: String = exampleListener, job: String? = nil) -> [ShippedFile] {
    all(kind).map { file in
      let text = file.text.replacing(exampleListener, with: listener)
      return ShippedFile(path: file.path, text: job.map { text.replacing("job_name: stoker\n", with: "job_name: \"\($0)\"\n") } ?? text)
    }
  }

  /// Recording rules and alerts.
  package init(_ rules: AlertRules) {
    self.init(path: "stoker.rules.yml", text: rules.text)
  }

  private static func all(_ kind: Kind) -> [ShippedFile] {
    switch kind {
    case .config:
      [
        ShippedFile("prometheus.yml", PackageResources.prometheus_yml),
        ShippedFile("alertmanager.yml", PackageResources.alertmanager_yml),
        ShippedFile("grafana/datasources/stoker.yml", PackageResources.grafana_datasources_yml),
        ShippedFile("grafana/dashboards/stoker.yml", PackageResources.grafana_dashboards_yml),
      ]
    case .dashboards:
      [
        ShippedFile("stoker-overview.json", PackageResources.stoker_overview_json),
        ShippedFile("stoker-service.json", PackageResources.stoker_service_json),
        ShippedFile("stoker-supervisor.json", PackageResources.stoker_supervisor_json),
      ]
    }
  }
}
