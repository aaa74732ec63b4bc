// A process that outlived its Stoker.

/// A process that a dead Stoker left behind.
package struct Leftover: Hashable, Sendable, CustomStringConvertible {
  /// The proof by which it was recognised.
  package enum Proof: Hashable, Sendable {
    /// The record names it: pid, start time and boot match.
    case record
    /// It is in the session of a recorded process.
    case session
    /// It is in the service's cgroup.
    case group
    /// Its environment has a mark with our code.
    case environment
    /// An ancestor of it was recognised.
    case descent
  }

  /// The service's name, or the owner of a command.
  package var name: String
  /// The number of the run.
  package var run: UInt64
  /// The process.
  package var identity: ProcessIdentity
  /// The proof by which it was recognised.
  package var proof: Proof

  /// Makes a leftover.
  package init(name: String, run: UInt64, identity: ProcessIdentity, proof: Proof) {
    self.name = name
    self.run = run
    self.identity = identity
    self.proof = proof
  }

  /// Its name in a sentence: the service's, or that of no service.
  package var subject: String { name == RunKey.commands ? "a check or hook" : name }

  /// Text like "dao (pid 4711)".
  package var description: String { "\(subject) (pid \(identity.pid))" }
}
