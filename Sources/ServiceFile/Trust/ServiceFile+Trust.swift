// The files of a service file that others may write: refused, or a warning.
import Linux

extension ServiceFile {
  /// The files that decide what Stoker does and that others can change.
  package struct TrustReport: Equatable, Sendable {
    /// The files that are refused under the policy.
    package var refusals: [Diagnostic] = []
    /// One sentence for each place in which others can change something.
    package var warnings: [String] = []
  }

  /// Looks at the service file, the files that it includes, those with its variables, its environment files, and the state directory. A
  /// file that only the user of its service can change is no news.
  /// - Parameter stateDirectory: nil: it is not looked at. It is refused where it is locked.
  package func trust(under policy: FilePolicy, stateDirectory: String?) -> TrustReport {
    var report = TrustReport()
    var places: [(weakness: OpenFolder.Weakness, first: String, others: Int)] = []
    func note(_ weaknesses: [OpenFolder.Weakness], _ file: String) {
      guard let weakness = weaknesses.first(where: \.isForEverybody) ?? weaknesses.first else { return }
      if let index = places.firstIndex(where: { $0.weakness.path == weakness.path }) {
        places[index].others += 1
      } else {
        places.append((weakness, file, 0))
      }
    }
    func look(at path: String, _ shown: String, _ words: String, isService: Bool = false, user: String? = nil) {
      var weaknesses = FileTrust.weaknesses(ofFile: path)
      // An environment file in another user's hands is that user's business, and the start of that service fails; no mode that the user
      // gives it keeps the other services from starting.
      let refused = isService ? weaknesses.first.flatMap { $0.isForEverybody ? $0 : nil } : weaknesses.first(where: \.isForEverybody)
      if policy.isStrict, let weakness = refused {
        report.refusals.append(Diagnostic(file: shown, line: 0, column: 0, message: FilePolicy.refusal(path, weakness)))
        return
      }
      if !weaknesses.isEmpty, let user, let account = Identity.account(named: user) {
        weaknesses.removeAll { $0.isOnly(for: account) }
      }
      note(weaknesses, "\(words) '\(path)'")
    }
    look(at: path, source, "the service file")
    for file in sources.dropFirst() { look(at: file.path, file.shown, "the included file") }
    for file in inputs?.variables ?? [] { look(at: file.path, file.shown, "the file with variables") }
    var seen: Set<[String?]> = []
    for service in services {
      for file in service.environmentFiles.map(\.path) where seen.insert([file, service.setup.user]).inserted {
        look(at: file, file, "the environment file", isService: true, user: service.setup.user)
      }
    }
    if let stateDirectory { note(FileTrust.weaknesses(ofFolder: stateDirectory), "the state directory '\(stateDirectory)'") }
    report.warnings = places.map { weakness, first, others in
      "\(first)\(others == 0 ? "" : " (and \(others) more)") can be changed by others: \(weakness)"
    }
    return report
  }
}

extension OpenFolder.Weakness {
  /// Whether it lets nobody in but this account.
  fileprivate func isOnly(for account: (user: UInt32, group: UInt32)) -> Bool {
    !isForEverybody && facts.isOwned(byRootOr: account.user) && (facts.mode & 0o020 == 0 || [0, account.group].contains(facts.group))
  }
}
