// The output of a child, opened for its spawn.

import Linux

extension SpawnOutput {
  /// The descriptors to close after the spawn, opened if they have to be; nil if they belong to the caller.
  func ends(for rights: FileRights?) throws(SpawnError) -> OutputEnds? {
    switch self {
    case .null, .descriptors: return nil
    case .owned(let ends): return ends
    case .opening(let open):
      do {
        return try open(rights)
      } catch let error as SystemError {
        throw SpawnError(step: .descriptors, errno: error.errno, hint: "there is no pipe for its output")
      } catch {
        throw SpawnError(step: .descriptors, errno: 0, hint: "\(error)")
      }
    }
  }
}
