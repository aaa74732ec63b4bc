// --output: a folder for files that are otherwise printed.

import ArgumentParser
import FoundationEssentials
import Shipped

struct OutputOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write into this folder, which is created if it is missing, instead of printing.", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Flag(help: "Replace files that exist and differ.")
  var force = false

  /// Writes the files and prints their names, or prints some of them where no folder is given.
  ///
  /// If one of the files exists and differs, none is written. Each file is written whole or not at all.
  func write(_ files: [ShippedFile], printing printed: ArraySlice<ShippedFile>) throws(Failure) {
    guard let output else {
      for file in printed { Console.print(file.text) }
      return
    }
    // A variable of a shell that is not set would mean the root of the file system.
    guard !output.isEmpty else { throw Failure(.usage, "--output is empty: it takes a folder, such as '.'") }
    let folder = output.hasSuffix("/") ? output : "\(output)/"
    let new = files.filter { FileManager.default.contents(atPath: folder + $0.path) != Data($0.text.utf8) }
    if !force, let other = new.first(where: { FileManager.default.fileExists(atPath: folder + $0.path) }) {
      throw Failure(.failure, "\(folder)\(other.path) exists and is different: nothing was written; --force replaces it")
    }
    for file in new {
      let path = folder + file.path
      let isWritten: Bool
      do {
        isWritten = try OutputFile(path, makes: true).replace(file.text)
      } catch {
        throw (error as? Failure) ?? Failure(.failure, "cannot write \(path): \(error)")
      }
      guard isWritten else { throw Failure(.failure, "\(path) is not a regular file: it was left as it is") }
      Console.print("wrote \(path)")
    }
    for file in files where !new.contains(where: { $0.path == file.path }) { Console.print("\(folder)\(file.path) is up to date") }
  }
}
