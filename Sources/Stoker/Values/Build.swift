// The facts of this build.

/// The facts of this build, for `stoker version` and `stoker_build_info`.
package enum Build {
  /// The version of Stoker.
  package static let version = "0.1.0"

  /// The commit that it was built from; empty if the build did not set it.
  package static let revision = ""

  /// The compiler's language version.
  package static var swiftVersion: String {
    #if compiler(>=6.4)
      "6.4+"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  /// The operating system, as Go spells it.
  package static let operatingSystem = "linux"

  /// The processor, as Go spells it.
  package static var architecture: String {
    #if arch(x86_64)
      "amd64"
    #elseif arch(arm64)
      "arm64"
    #else
      "unknown"
    #endif
  }
}
