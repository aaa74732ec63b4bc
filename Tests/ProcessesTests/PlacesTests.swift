// The names of what is kept where every user can make files.

import Glibc
import Linux
import TestSupport
import Testing

@Suite struct PlacesTests {
  private let folder: Folder
  private let held: OpenFolder

  init() throws {
    folder = try Folder()
    held = try OpenFolder(folder.path)
  }

  private func path(_ ledger: String?) -> String { "/dev/shm\(ledger ?? "")" }

  private func make(_ path: String, owner: uid_t? = nil) {
    close(open(path, O_CREAT | O_RDWR, 0o600))
    if let owner { chown(path, owner, owner) }
  }

  @Test("names are random, remembered before anything has them, and used again as long as something has them")
  func again() throws {
    let first = Places(in: held)
    #expect(first.ledgers.count == 1 && first.outputs == [path(first.ledgers.first) + ".output"])
    #expect(first.warnings.isEmpty && first.ledgers != Places().ledgers)
    let facts = try #require(FileFacts.of("\(folder.path)/places"))
    #expect(facts.mode == 0o600)
    // Nothing has the name: it is not waited for by anybody who has seen it.
    let second = Places(in: held)
    #expect(second.ledgers.count == 1 && second.ledgers != first.ledgers)
    let file = path(second.ledgers.first)
    make(file)
    defer { unlink(file) }
    #expect(Places(in: held).ledgers == second.ledgers)
  }

  @Test("a name that another user has is left to him, and what is ours beside it is still looked at", .enabled(if: geteuid() == 0))
  func foreign() throws {
    let first = Places(in: held)
    let ours = path(first.ledgers.first)
    let theirs = ours + ".output"
    make(ours)
    make(theirs, owner: 65534)
    defer { for path in [ours, theirs] { unlink(path) } }
    for round in 1...2 {
      let next = Places(in: held)
      #expect(next.ledgers.count == 2 && next.ledgers.last == first.ledgers.first)
      // In the second round it is not the newest name any more.
      #expect(
        next.warnings
          == (round == 1 ? ["'\(theirs)' belongs to another user, who has taken a name that was ours: another name is used"] : []))
    }
    unlink(ours)
    #expect(Places(in: held).ledgers.count == 1)
  }

  @Test("a file of names that is not ours alone is not believed", arguments: ["link", "open", "fifo", "garbage", "foreign"])
  func untrusted(_ kind: String) throws {
    let word = String(repeating: "a", count: 32)
    let path = "\(folder.path)/places"
    _ = try folder.write("target", "\(word)\n")
    switch kind {
    case "link": symlink("target", path)
    case "open":
      _ = try folder.write("places", "\(word)\n")
      chmod(path, 0o644)
    case "fifo": mkfifo(path, 0o600)
    case "foreign":
      guard geteuid() == 0 else { return }
      _ = try folder.write("places", "\(word)\n", mode: 0o600)
      chown(path, 65534, 65534)
    default: _ = try folder.write("places", "../\(word)\n\(word)/../x\n\n\u{0}\n\(word.dropLast())é\n", mode: 0o600)
    }
    let file = self.path("/stoker-\(geteuid())-\(word)")
    make(file)
    defer { unlink(file) }
    let places = Places(in: held)
    #expect(places.ledgers.count == 1 && !places.ledgers[0].contains(word))
    #expect(places.warnings.count == (kind == "garbage" ? 0 : 1))
    #expect(contents("\(folder.path)/target") == "\(word)\n")
    #expect(Places(in: held).warnings.isEmpty)
  }
}
