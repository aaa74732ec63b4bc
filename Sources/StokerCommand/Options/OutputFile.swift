// A file that a verb writes for people.

import Glibc
import Linux

/// A file by its folder, which is held open: nothing that others place there leads the writing elsewhere.
struct OutputFile {
  private let place: FilePlace
  private let facts: FileFacts?

  /// Finds the file.
  /// - Parameter makes: Whether missing folders are made.
  init(_ path: String, makes: Bool) throws(Failure) {
    do {
      guard case .file(let place) = try FilePlace.find(path, FileRules(makesFolders: makes ? 0o777 : nil)) else {
        throw Failure(.failure, "cannot write \(path): it is not a regular file")
      }
      self.place = place
      facts = place.folder.facts(of: place.name)
    } catch FolderError.system(_, let error) {
      throw Failure(.failure, "cannot write \(path): \(error)")
    } catch {
      throw error as? Failure ?? Failure(.failure, "\(error)")
    }
  }

  /// Writes a file for people, or says why not: it exists, and is not to be replaced.
  /// - Parameter advice: The end of the sentence about a file that exists.
  static func write(_ text: String, to name: String, replacing: Bool, advice: String = "") throws(Failure) {
    let file = try OutputFile(name, makes: false)
    let isWritten: Bool
    do throws(SystemError) {
      isWritten = try replacing ? file.replace(text) : file.create(text)
    } catch {
      throw Failure(.failure, "cannot write \(name): \(error)")
    }
    if isWritten { return }
    throw Failure(
      .failure,
      replacing ? "\(name) is not a regular file: nothing was written" : "\(name) exists: nothing was written; --force replaces it\(advice)"
    )
  }

  var exists: Bool { facts != nil }

  /// Writes a new file, whole or not at all. False if there is one already, also one that appears only now.
  func create(_ text: String) throws(SystemError) -> Bool {
    let file: Int32
    do {
      file = try place.folder.open(place.name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
    } catch {
      guard error.errno == EEXIST else { throw error }
      return false
    }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard bytes.withUnsafeBytes({ writeAll($0, to: file) }) == bytes.count else {
      let error = SystemError.last
      place.folder.remove(place.name)
      throw error
    }
    return true
  }

  /// Replaces the file, or makes it, whole or not at all. False if there is something else than a regular file, which is left alone.
  func replace(_ text: String) throws(SystemError) -> Bool {
    guard facts == nil || facts?.kind == .regular else { return false }
    try place.folder.replace(place.name, with: Array(text.utf8), mode: facts.map { $0.mode & 0o777 } ?? 0o666)
    return true
  }
}
