// A program with its arguments and variables, in the form that execve needs.

import CLinux
import Glibc

/// The program of a request, looked up. Its memory has to outlive the call that executes it.
struct PreparedProgram: ~Copyable {
  /// The files that may be the program, in the order in which they are tried.
  let paths: [[UInt8]]
  private let programs: CStrings
  private let arguments: CStrings
  private let variables: CStrings

  /// - Parameter environment: All variables, `NAME=value`.
  /// - Throws: `SpawnError` if nothing could be executed.
  init(_ request: SpawnRequest, environment: [EnvironmentVariable], isForeign: Bool) throws(SpawnError) {
    guard let program = request.arguments.first else {
      throw SpawnError(step: .prepare, errno: EINVAL, hint: "there is no program to run")
    }
    let arguments = request.arguments.map { Array($0.utf8) }
    for bytes in arguments + environment.map(\.bytes) + [Array(request.directory.utf8)] where bytes.contains(0) {
      throw SpawnError(step: .prepare, errno: EINVAL, hint: "an argument, a variable or the directory contains a NUL byte")
    }
    paths = try ProgramLookup.paths(of: program, environment: environment, directory: request.directory, isForeign: isForeign)
    programs = CStrings(paths)
    self.arguments = CStrings(request.rawArguments ?? arguments)
    variables = CStrings(environment.map(\.bytes))
  }

  func apply(to native: inout clinux_spawn_request) {
    native.paths = UnsafePointer(programs.pointers)
    native.arguments = UnsafePointer(arguments.pointers)
    native.environment = UnsafePointer(variables.pointers)
  }
}
