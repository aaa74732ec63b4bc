// The lacks of this machine that the services of a file would meet now: for `stoker check`, which executes nothing.

import Addresses
import Linux
import Orchestration
import Processes
import ServiceFile

/// The outlook for the services of a file, if they were started now by this user.
package struct FileOutlook {
  private let file: ServiceFile
  private let policy: FilePolicy
  private let inherited: [EnvironmentVariable]

  /// - Parameter environment: The variables that the services would inherit.
  package init(of file: ServiceFile, under policy: FilePolicy, environment: [String: String]) {
    self.file = file
    self.policy = policy
    inherited = environment.sorted { $0.key < $1.key }.map { EnvironmentVariable(name: $0.key, value: $0.value) }
  }

  /// One sentence for each lack, at its place, in the order of the file. Looks at the file system, the user database, and for two seconds at
  /// the names of hosts.
  package func warnings() -> [Diagnostic] {
    let states = EnvironmentState.all(of: file, under: policy)
    let variables = Dictionary(states.map { ($0.service.spec.name, $0.variables ?? []) }, uniquingKeysWith: { $1 })
    let found = file.services.flatMap { lacks(of: $0, variables[$0.spec.name] ?? []) } + hosts()
    let warnings = merged(found).map { lack, others in
      let more = others == 0 ? "" : " (and \(others) more)"
      return file.diagnostic(of: lack.service, at: lack.key, element: lack.element, "service '\(lack.service)'\(more) \(lack.text)")
    }
    let files = EnvironmentState.faults(states).map { file.diagnostic(of: $0.service, at: .environmentFile, $0.sentence) }
    // Included files come after the service file, in the order in which their services stand.
    let ranks = Dictionary(
      (warnings + files).map(\.file).enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    let sorted = (warnings + files).sorted { (ranks[$0.file] ?? 0, $0.line, $0.column) < (ranks[$1.file] ?? 0, $1.line, $1.column) }
    return sorted + EnvironmentState.remarks(states)
  }

  /// A lack at a key of a service; `text` is the rest of a sentence about the service.
  private struct Lack {
    var service: String
    var key: ServicePlaces.Key
    var element: Int?
    var text: String
  }

  /// Lacks of one place, which several services have from the defaults, as one.
  private func merged(_ lacks: [Lack]) -> [(lack: Lack, others: Int)] {
    var merged: [(lack: Lack, others: Int)] = []
    var positions: [String: Int] = [:]
    for lack in lacks {
      let place = file.diagnostic(of: lack.service, at: lack.key, element: lack.element, lack.text)
      // A key that the file does not have has no place.
      let known = place.line > 0 ? positions[place.description] : nil
      if let known, merged[known].lack.service != lack.service {
        merged[known].others += 1
      } else if known == nil {
        positions[place.description] = merged.count
        merged.append((lack, 0))
      }
    }
    return merged
  }

  private func lacks(of service: ServiceDefinition, _ fromFile: [NamedValue]) -> [Lack] {
    let name = service.spec.name
    var lacks: [Lack] = []
    func note(_ key: ServicePlaces.Key, element: Int? = nil, _ text: String) {
      lacks.append(Lack(service: name, key: key, element: element, text: text))
    }
    let environment = ServiceEnvironment(of: service, among: file.services, inherited: inherited, policy: policy)
    for (variable, first, second) in ServiceEnvironment.clashes(of: service, among: file.services) {
      note(.dependencies, "gets \(variable) from both \(first) and \(second), and sees the last alone: rename one of them")
    }
    for (key, command) in commands(of: service) {
      guard let (element, speech) = ShellWords.found(in: command).first else { continue }
      note(key, element: element, "has '\(key.rawValue)' as a list: \(speech.text)")
    }
    let setup = service.setup
    let faults = service.command == nil ? [] : SetupOutlook.faults(user: setup.user, group: setup.group, directory: service.directory)
    for fault in faults {
      let key: ServicePlaces.Key = fault.step == .user ? .user : fault.step == .group ? .group : .directory
      note(key, "cannot start until this is mended: \(fault)")
    }
    if service.command != nil {
      if let fault = logFault(at: service.log.path) { note(.logPath, "cannot write its log: \(fault)") }
      if let path = service.log.errorPath, let fault = logFault(at: path) { note(.errorPath, "cannot write its log: \(fault)") }
    }
    // Without user or directory nothing can be said about programs.
    guard faults.isEmpty else { return lacks }
    let variables = environment.variables(fromFile: fromFile)
    for (key, command) in commands(of: service) {
      var (directory, own) = (service.directory, variables)
      if key == .exec, case .exec(let check) = service.check {
        own += check.environment.map { EnvironmentVariable(name: $0.name, value: $0.value) }
        directory = check.directory
        let fault = directory == service.directory ? nil : SetupOutlook.faults(user: nil, group: nil, directory: directory).first
        if let fault { note(.execDirectory, "cannot be checked until this is mended: \(fault)") }
        if fault != nil { continue }
      }
      guard let program = Self.program(of: command) else { continue }
      let fault = ProgramOutlook.fault(of: program, environment: own, directory: directory, user: setup.user, group: setup.group)
      if let fault { note(key, "\(Self.consequence(key)) until this is mended: \(fault)") }
    }
    return lacks
  }

  /// Why a log cannot be written; its folder is made with the log.
  private func logFault(at path: ServiceLogSection.Path) -> String? {
    guard case .file(let path) = path, let slash = path.lastIndex(of: "/") else { return nil }
    // Devices and descriptors lie in no folder of ours.
    if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") { return nil }
    return FolderOutlook.fault(of: slash == path.startIndex ? "/" : String(path[..<slash]))
  }

  private func commands(of service: ServiceDefinition) -> [(key: ServicePlaces.Key, command: [String])] {
    var commands: [(key: ServicePlaces.Key, command: [String])] = []
    if let command = service.command { commands.append((.command, command)) }
    let hooks: [(Hook, ServicePlaces.Key)] = [
      (.preStart, .preStart), (.postStart, .postStart), (.preStop, .preStop), (.stop, .stopCommand), (.postStop, .postStop),
    ]
    for (hook, key) in hooks { if let command = service.hooks[hook] { commands.append((key, command)) } }
    if case .exec(let check) = service.check { commands.append((.exec, check.command)) }
    return commands
  }

  /// The program that a command begins with; nil where only a shell knows.
  private static func program(of command: [String]) -> String? {
    if command.count == 3, command[0] == "/bin/sh", command[1] == "-c" { return ShellWords.program(of: command[2]) }
    return command.first
  }

  private static func consequence(_ key: ServicePlaces.Key) -> String {
    switch key {
    case .command, .preStart, .user, .group, .directory, .dependencies, .environmentFile, .logPath, .errorPath: "cannot start"
    case .postStart, .preStop, .postStop, .stopCommand: "cannot run '\(key.rawValue)'"
    case .exec, .execDirectory, .url, .address: "cannot be checked"
    }
  }

  /// Checks of hosts whose names have no address now.
  private func hosts() -> [Lack] {
    var checked: [(service: String, key: ServicePlaces.Key, host: String)] = []
    for service in file.services {
      switch service.check {
      case .http(let check): if case .tcp(let address) = check.url.address { checked.append((service.spec.name, .url, address.host)) }
      case .tcp(let check): checked.append((service.spec.name, .address, check.address.host))
      case .exec, .file, .heartbeat, nil: break
      }
    }
    let faults = HostOutlook(checked.lazy.map(\.host)).faults
    return checked.compactMap { service, key, host in
      faults[host].map {
        Lack(service: service, key: key, text: "cannot be checked until this is mended: the host '\(host)' has no address: \($0)")
      }
    }
  }
}
