// Executes a program in the place of this process: with the set-up of a service, and with our descriptors 0 to 2 and our session.

import CLinux
import Glibc
import Linux

package enum ProgramReplacement {
  /// Becomes the program. Its output, its cgroup and its notifications are not those of the request: it has our standard descriptors and
  /// no others, and our session. All signals are at their defaults and none is blocked. `STOKER_RUN` and the variables of a notification
  /// socket are left out.
  /// - Throws: The step that failed. Then the properties of the steps before it are in force in this process: it should end.
  package static func execute(_ request: SpawnRequest) throws(SpawnError) -> Never {
    let account = try Account(user: request.setup.user, group: request.setup.group)
    let environment = account.environment(request.environment, without: [RunMarks.variable] + NotifySocket.variables)
    let program = try PreparedProgram(request, environment: environment, isForeign: account.isForeign)
    let result = execute(program, of: request, account)
    throw SpawnError(
      SpawnStep(result.step), errno: result.error, request: request, path: String(decoding: program.paths[Int(result.path)], as: UTF8.self),
      log: nil, rights: account.rights
    )
  }

  private static func execute(
    _ program: borrowing PreparedProgram, of request: SpawnRequest, _ account: Account
  ) -> clinux_spawn_result {
    var native = clinux_spawn_request()
    program.apply(to: &native)
    native.apply(request.setup)
    var result = clinux_no_result
    request.directory.withCString { directory in
      native.directory = directory
      (account.groups ?? []).withUnsafeBufferPointer { groups in
        native.apply(account, groups)
        clinux_execute(&native, &result)
      }
    }
    return result
  }
}
