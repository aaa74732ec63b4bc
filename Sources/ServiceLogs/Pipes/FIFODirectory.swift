// The folders of the FIFOs that runs write into, and the names in them.

import CLinux
import Glibc
import Linux
import Synchronization

/// A FIFO, in a folder that is held open.
struct FIFO: Sendable {
  let folder: OpenFolder
  let name: String

  var path: String { "\(folder.path)/\(name)" }
  func remove() { folder.remove(name) }
}

/// A folder for FIFOs, through which a successor of this process can continue to read the output of runs; and those in which the FIFOs
/// of a predecessor may be.
///
/// Only a folder of our own counts: in one of another user he would read what services write, or write in their place.
package final class FIFODirectory: Sendable {
  /// The path of the folder for new FIFOs.
  let path: String
  /// Folders on the way that are not made again.
  private let spared: [String]
  /// The device that it is on; 0 if it could not be made.
  let device: UInt64
  private let held: Mutex<OpenFolder?>
  private let former: [OpenFolder]

  init(path: String, former: [String], sparing spared: [String]) {
    let folder = try? Self.open(path, makes: true, sparing: spared)
    self.path = path
    self.spared = spared
    device = folder.flatMap { FileFacts.of($0.descriptor) }.map { UInt64($0.device) } ?? 0
    held = Mutex(folder)
    self.former = former.compactMap { try? Self.open($0, makes: false) }
  }

  /// The name of a run's FIFO, like `dao.17.out`; that of both of its outputs has an ending of its own, by which a successor knows it.
  static func name(_ service: String, _ source: LogSource, isMerged: Bool = false) -> String {
    "\(service).\(source.run).\(isMerged ? merged : ending(of: source.stream))"
  }

  private static let merged = "both"

  private static let endings = LogStream.allCases.map { ending(of: $0) } + [merged]

  private static func ending(of stream: LogStream) -> String {
    switch stream {
    case .stdout: "out"
    case .stderr: "err"
    }
  }

  private static func open(_ path: String, makes: Bool, sparing spared: [String] = []) throws(SystemError) -> OpenFolder {
    let folder: OpenFolder
    do {
      var rules = FileRules(makesFolders: makes ? 0o700 : nil)
      rules.spared = spared
      folder = try OpenFolder(path, rules)
    } catch {
      throw SystemError(errno: error.errno)
    }
    guard let facts = FileFacts.of(folder.descriptor), facts.owner == geteuid(), facts.mode & 0o022 == 0 else {
      throw SystemError(errno: EPERM)
    }
    return folder
  }

  /// Makes a FIFO, and the folder again if it was removed.
  func make(_ name: String) throws(SystemError) -> OutputPipe {
    let known = held.withLock { $0 }
    if let known {
      do {
        return try OutputPipe.named(name, in: known)
      } catch {
        guard error.errno == ENOENT else { throw error }
      }
    }
    let folder = try Self.open(path, makes: true, sparing: spared)
    held.withLock { $0 = folder }
    return try OutputPipe.named(name, in: folder)
  }

  /// The FIFO of a predecessor's run, with its reading end; nil if there is none.
  func find(_ name: String) -> (fifo: FIFO, reading: Int32)? {
    for folder in folders {
      guard let reading = try? folder.open(name, O_RDONLY | O_NONBLOCK) else { continue }
      if FileFacts.of(reading)?.kind == .fifo { return (FIFO(folder: folder, name: name), reading) }
      close(reading)
    }
    return nil
  }

  /// Removes the FIFOs in the folders, except `kept`. A process that still writes into one can go on until the pipe is full.
  func removeAll(but kept: Set<String>) {
    for folder in folders {
      for name in folder.names() {
        let fifo = FIFO(folder: folder, name: name)
        guard Self.endings.contains(where: { name.hasSuffix(".\($0)") }), !kept.contains(fifo.path),
          folder.facts(of: name)?.kind == .fifo
        else { continue }
        fifo.remove()
      }
    }
    for folder in former { rmdir(folder.path) }
  }

  /// Removes the folders that are empty, at an orderly end; that in the state directory stays.
  func leave() {
    for folder in folders where folder.path.hasPrefix("\(Self.memory)/") { rmdir(folder.path) }
  }

  private var folders: [OpenFolder] { [held.withLock { $0 }].compactMap(\.self) + former }

  // MARK: Location

  /// On a disk each FIFO costs some 300 µs to make and as much to remove, in memory 4.
  private static let memory = "/dev/shm"

  /// The folder for a Stoker's FIFOs: in memory where that lasts, else in the state directory. With it the other places, where those of a
  /// predecessor may be.
  ///
  /// The shared memory of people is cleared when they log out (`RemoveIPC=` in logind.conf(5)); that of system users is not, so only
  /// theirs can outlive this process.
  /// - Parameters:
  ///   - memory: The folders in memory; new FIFOs are in the first.
  ///   - stateDirectory: Their place otherwise.
  package static func location(inMemory memory: [String], stateDirectory: String) -> (path: String, former: [String]) {
    let onDisk = "\(stateDirectory)/output"
    guard geteuid() < 1000, clinux_is_in_memory(Self.memory) != 0, let first = memory.first,
      mkdir(first, 0o700) == 0 || errno == EEXIST && FileFacts.of(first).map({ $0.kind == .folder && $0.owner == geteuid() }) == true
    else { return (onDisk, memory) }
    return (first, memory.dropFirst() + [onDisk])
  }
}
