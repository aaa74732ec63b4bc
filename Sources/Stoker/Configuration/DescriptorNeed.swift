// The descriptors that a service file needs, compared with the limit before anything is started or touched.

import CLinux
import Glibc
import NIOCore
import Orchestration
import Processes
import ServiceFile

/// The number of descriptors with which everything in a configuration works (rule 78).
struct DescriptorNeed {
  /// Stoker's own, whatever it supervises: 56 that it keeps, and those of a moment, such as for files of /proc, rotation and spawns.
  private static let own = 96
  /// The fewest connections of a kind that are accepted: over TCP, over Unix sockets, and those that are answered 503.
  static let connections = 16

  /// All of them, with those that are open.
  let count: Int
  let services: Int

  init(_ configuration: SupervisorConfiguration) {
    self.init(configuration.file?.services ?? [], listeners: configuration.listeners.count)
  }

  init(_ services: [ServiceDefinition], listeners: Int) {
    self.services = services.count
    let fixed = Self.own + 3 * Self.connections + 3 * NIOSingletons.groupLoopCountSuggestion + listeners
    count = services.reduce(fixed) { $0 + $1.descriptors }
  }

  /// The limit of this process; nil if there is none, or it is not known.
  static var limit: Int? {
    (try? DescriptorLimit.current()).map { Int(clamping: $0.soft) }
  }

  /// The shortage, if the limit is too low.
  var shortage: DescriptorShortage? {
    guard let limit = Self.limit, limit < count else { return nil }
    return DescriptorShortage(needed: count, services: services, limit: limit)
  }

  /// The connections of one kind for which there is room beside the services. TCP and Unix sockets have as many each.
  var connectionsLeft: Int {
    Self.connections + max(0, (Self.limit ?? .max) - count) / 3
  }
}

extension ServiceDefinition {
  /// The descriptors for its process, its output, its notifications, its check and its hooks.
  fileprivate var descriptors: Int {
    var count = 0
    if command != nil {
      // Its pidfd, and its cgroup's events; both streams of its output and their file with its folder.
      count += 2 + 4
      // The file of its standard error, with its folder.
      if log.errorPath != nil { count += 2 }
      if readiness != nil || spec.watchdog != nil { count += 2 }
      // Each runs alone; both streams of its output, and its pidfd.
      if !hooks.isEmpty { count += 3 }
    }
    switch check {
    case .exec: count += 3
    // A name has two addresses, which are tried together.
    case .http, .tcp: count += 2
    case .file, .heartbeat, nil: break
    }
    return count
  }
}

/// The limit of descriptors is too low for the services.
package struct DescriptorShortage: Error, CustomStringConvertible {
  /// The number that is needed.
  let needed: Int
  let services: Int
  /// The limit of this process.
  let limit: Int

  package var description: String {
    """
    \(services == 1 ? "one service needs" : "\(services) services need") \(needed) descriptors with what Stoker itself needs, and its limit \
    is \(limit): raise it to \(needed) at least, with LimitNOFILE= in a unit of systemd, with 'ulimit -Hn' in a shell
    """
  }
}
