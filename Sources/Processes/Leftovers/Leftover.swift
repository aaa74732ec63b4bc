// A process that outlived its Stoker.

/// A process that a dead Stoker left behind.
package struct Leftover: Hashable, Sendable, CustomStringConvertible {
  /// How it was recognised.
  package enum Proof: Hashable, Sendable {
    /// It is what the record says, by pid, start time and boot.
    case record
    /// It is in the session of such a one.
    case session
    /// It is in the service's cgroup.
    case group
    /// Its environment says so.
    case environment
  }

  /// The service's name, or the owner of a command.
  package var name: String
  /// The number of the run.
  package var run: UInt64
  /// The process.
  package var identity: ProcessIdentity
  /// How it was recognised.
  package var proof: Proof

  /// Names one.
  package init(name: String, run: UInt64, identity: ProcessIdentity, proof: Proof) {
    self.name = name
    self.run = run
    self.identity = identity
    self.proof = proof
  }

  /// Like "dao (pid 4711)".
  package var description: String { "\(name) (pid \(identity.pid))" }
}
