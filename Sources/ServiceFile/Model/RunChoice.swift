// The services that the command line chose for one run of Stoker: `run NAME…`, `--until-completed NAME` (rule 90).

import Orchestration

/// A choice of services for one run of Stoker. It takes the place of `enabled` and of wishes, and stores none.
package struct RunChoice: Sendable, Equatable {
  /// The services that are started, and what they require; empty: those that the file starts.
  package var names: [String]
  /// The service with whose end everything is stopped; it is started, too.
  package var untilCompleted: String?
  /// All services that the choice starts, whatever the file and wishes say.
  package private(set) var wanted: Set<String> = []
  /// The services that the file itself starts.
  package private(set) var enabledByFile: Set<String> = []

  /// A choice by name.
  package init(names: [String] = [], untilCompleted: String? = nil) {
    self.names = names
    self.untilCompleted = untilCompleted
  }

  /// Whether the services that it does not name stay stopped.
  package var isExclusive: Bool { !names.isEmpty }

  /// The same for a file in which it starts these services.
  fileprivate func starting(_ wanted: Set<String>, enabledByFile: Set<String>) -> RunChoice {
    var choice = self
    choice.wanted = wanted
    choice.enabledByFile = enabledByFile
    return choice
  }
}

/// The reason why a choice does not fit a file.
package enum RunChoiceError: Error, CustomStringConvertible {
  /// The file has no such service; the hint names the nearest one.
  case unknown(String, hint: String)
  /// The service never completes, and the reason.
  case endless(String, reason: String)

  /// One sentence.
  package var description: String {
    switch self {
    case .unknown(let name, let hint): "there is no service '\(Spelling.shown(name))' in the service file\(hint)"
    case .endless(let name, let reason): "'\(name)' never completes, as \(reason): --until-completed needs a service that ends by itself"
    }
  }
}

extension ServiceFile {
  /// The same file, in which a choice says which services are started.
  /// - Parameter isReload: Whether names may be missing: a reload may remove services, but not the one whose end is waited for.
  package func choosing(_ choice: RunChoice, isReload: Bool = false) throws(RunChoiceError) -> ServiceFile {
    var places: [Int] = []
    for name in choice.names {
      do throws(RunChoiceError) {
        places += try services(named: name)
      } catch {
        guard isReload else { throw error }
      }
    }
    if let name = choice.untilCompleted {
      let awaited = try services(named: name)
      for place in awaited { try check(services[place].spec) }
      places += awaited
    }
    let required = places.flatMap { graph.walk(from: $0) { graph.required(by: $0) } }
    let wanted = Set(places + required)
    let enabledByFile = Set(services.map(\.spec).filter(\.isEnabled).map(\.name))
    var file = self
    for index in services.indices {
      file.services[index].spec.isEnabled = wanted.contains(index) || (!choice.isExclusive && services[index].spec.isEnabled)
    }
    file.graph = graph.enabling { file.services[$0.index].spec.isEnabled }
    file.choice = choice.starting(Set(wanted.map { services[$0].spec.name }), enabledByFile: enabledByFile)
    return file
  }

  /// The places of the services that a name on the command line means.
  private func services(named name: String) throws(RunChoiceError) -> [Int] {
    if let id = graph.id(named: name) { return [id.index] }
    throw .unknown(name, hint: Spelling.hint(for: name, among: services.map(\.spec.name)))
  }

  private func check(_ spec: ServiceSpec) throws(RunChoiceError) {
    if spec.kind == .external { throw .endless(spec.name, reason: "it is external") }
    if spec.restart.rule == .always { throw .endless(spec.name, reason: "its restart.policy is 'always'") }
  }
}
