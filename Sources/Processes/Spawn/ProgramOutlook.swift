// The program of a command, looked at before there is a process: as a spawn looks it up, and as the kernel would refuse it.

import Glibc

/// The faults of programs that this machine shows before a start. Nothing is executed.
package enum ProgramOutlook {
  /// Why a program could not be executed now; nil if it could, or if that cannot be seen. Blocks as long as the user database does.
  /// - Parameters:
  ///   - environment: The variables of the process: they have its `PATH`.
  ///   - user: The user of the process; nil: ours.
  package static func fault(
    of program: String, environment: [EnvironmentVariable], directory: String, user: String?, group: String?
  ) -> SpawnError? {
    // An unknown account is another fault.
    guard let account = try? Account(user: user, group: group) else { return nil }
    let candidates: [[UInt8]]
    do throws(SpawnError) {
      candidates = try ProgramLookup.paths(of: program, environment: environment, directory: directory, isForeign: account.isForeign)
    } catch {
      return error
    }
    let search = ExecutionFault(
      directory: directory, rights: account.rights, user: user.map { "the user '\($0)'" } ?? "Stoker's user")
    var first: SpawnError?
    for candidate in candidates {
      guard let fault = fault(of: String(decoding: candidate, as: UTF8.self), in: directory, search) else { return nil }
      first = first ?? fault
    }
    return first
  }

  private static func fault(of path: String, in directory: String, _ search: ExecutionFault) -> SpawnError? {
    var status = stat()
    let error = stat(path.hasPrefix("/") ? path : "\(directory)/\(path)", &status) == 0 ? 0 : errno
    let cause = search.cause(of: path)
    if let cause { return SpawnError(step: .execute, errno: error == 0 ? EACCES : error, subject: path, hint: cause) }
    return error == ENOENT || error == ENOTDIR ? SpawnError(step: .execute, errno: error, subject: path) : nil
  }
}
