// --output: where files are written, instead of to stdout.

import ArgumentParser
import FoundationEssentials
import Glibc
import Shipped

struct OutputOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write into this folder, which is made if it is missing, instead of printing.", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Flag(help: "Replace files that are there and are different.")
  var force = false

  /// Writes the files and says which, or prints some of them where no folder is given.
  ///
  /// Nothing is written if a file is in the way. A file is there whole or not at all.
  func write(_ files: [ShippedFile], printing printed: ArraySlice<ShippedFile>) throws(Failure) {
    guard let output else {
      for file in printed { Console.say(file.text) }
      return
    }
    let folder = output.hasSuffix("/") ? output : "\(output)/"
    let new = files.filter { FileManager.default.contents(atPath: folder + $0.path) != Data($0.text.utf8) }
    if !force, let other = new.first(where: { FileManager.default.fileExists(atPath: folder + $0.path) }) {
      throw Failure(.failure, "\(folder)\(other.path) is there and is different: nothing was written; --force replaces it")
    }
    for file in new {
      let path = folder + file.path
      do {
        let parent = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
        try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: URL(filePath: path), options: .atomic)
      } catch {
        throw Failure(.failure, "cannot write \(path): \(Self.reason(error))")
      }
      Console.say("wrote \(path)")
    }
    for file in files where !new.contains(where: { $0.path == file.path }) { Console.say("\(folder)\(file.path) is as it should be") }
  }

  /// What the system says, where it is the system that says it.
  static func reason(_ error: any Error) -> String {
    let error = (error as? CocoaError)?.underlying ?? error
    guard let code = (error as? POSIXError)?.code else { return "\(error)" }
    return String(cString: strerror(code.rawValue))
  }
}
