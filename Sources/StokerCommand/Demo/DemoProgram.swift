// The program of the demo's services.

import Glibc

enum DemoProgram {
  /// The folder of `fog-service`: our own, since they are built and installed together, else one of PATH.
  static func folder() throws(Failure) -> String {
    let own = ownFolder
    let candidates = [own].compactMap(\.self) + (Environment.value("PATH") ?? "").split(separator: ":").map(String.init)
    guard let folder = candidates.first(where: { $0.hasPrefix("/") && access("\($0)/fog-service", X_OK) == 0 }) else {
      throw Failure(
        .failure,
        "the demo needs the program fog-service, which is neither in \(own ?? "Stoker's folder") nor in PATH; 'make build' builds it")
    }
    return folder
  }

  private static var ownFolder: String? {
    guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(resolved) }
    let path = String(cString: resolved)
    return path.lastIndex(of: "/").map { String(path[..<$0]) }
  }

  /// Our name as the user typed it.
  static var ownName: String {
    CommandLine.arguments.first ?? "stoker"
  }
}
