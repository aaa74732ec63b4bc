// The check that `user` and `group` can be had: they need root, and a file cannot know as which user Stoker will run.
import Orchestration

extension ServiceFile {
  /// The keys of this file that a Stoker running as `identity` cannot honour: without root, a `user` or `group` other than its own. In the
  /// file's order, and only once for a key in `defaults`.
  package func problems(runningAs identity: @autoclosure () -> Identity) -> [Diagnostic] {
    // Finding our own identity asks the user database, which may be on the network.
    guard services.contains(where: { $0.setup.user != nil || $0.setup.group != nil }) else { return [] }
    let identity = identity()
    guard identity.user.number != 0 else { return [] }
    var told: Set<Mark> = []
    let problems = services.flatMap { service in
      let places = self.places[service.spec.name]
      let accounts = [
        ("user", service.setup.user, identity.user, places?.mark(.user)),
        ("group", service.setup.group, identity.group, places?.mark(.group)),
      ]
      return accounts.compactMap { key, wanted, own, mark -> Diagnostic? in
        guard let wanted, !own.isMeant(by: wanted), mark.map({ told.insert($0).inserted }) ?? true else { return nil }
        let message =
          "'\(key)' of service '\(Spelling.shown(service.spec.name))' needs root: Stoker runs as \(own), and can start nothing "
          + "as another \(key); run it as root, or leave '\(key)' out"
        return Diagnostic(file: source(of: mark), line: mark?.line ?? 0, column: mark?.column ?? 0, message: message)
      }
    }
    return problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }
}
