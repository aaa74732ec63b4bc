// The text of a service file, with the setting behind each line.

import ServiceFile

/// A service file as text.
struct Page {
  private(set) var lines: [String] = []
  /// By line, from 0: the key that stands there, or the service that begins there.
  private(set) var owners: [Owner?] = []

  enum Owner: Equatable {
    /// The key of a service; of the file as a whole without one.
    case key(service: Int?, Int)
    case service(Int)
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  init(_ drafts: Drafts, from files: [ForeignFile]) {
    add("# Written by `stoker import` from \(files.map(\.name.commented).joined(separator: ", ")).")
    add("# What has no counterpart here stands as a comment, with its place and the reason.")
    add("version: 1")
    remark(drafts.file.remarks, indent: "")
    tree(of: drafts.file.keys, service: nil).write(to: &self, indent: "")
    add("")
    add("services:")
    for (index, draft) in drafts.services.enumerated() where draft.refusal == nil {
      add("  \(Value.quoted(draft.name)):", .service(index))
      tree(of: draft.keys, service: index).write(to: &self, indent: "    ")
      remark(draft.remarks, indent: "    ")
    }
    for draft in drafts.services {
      guard let refusal = draft.refusal else { continue }
      add("  # Not imported: \(draft.name), as \(refusal.commented)")
      remark(draft.keys.flatMap(\.settings).map { Remark(setting: $0, reason: "") } + draft.remarks, indent: "  ")
    }
  }

  private func tree(of keys: [Key], service: Int?) -> Tree {
    var tree = Tree()
    for (index, key) in keys.enumerated() { tree.add(key.path[...], key.value, .key(service: service, index)) }
    return tree
  }

  fileprivate mutating func add(_ line: String, _ owner: Owner? = nil) {
    lines.append(line)
    owners.append(owner)
  }

  /// Settings as comments: the place, the setting as it is written, and the reason.
  private mutating func remark(_ remarks: [Remark], indent: String) {
    for remark in remarks {
      let setting = remark.setting
      let values = setting.value.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let place = "\(setting.place.file):\(setting.place.line)".commented
      let first = values.first.map { $0.isEmpty ? "" : " = \($0)" } ?? ""
      add("\(indent)# \(place): \((setting.name + first).commented)")
      for value in values.dropFirst() { add("\(indent)#   \(value.commented)") }
      if !remark.reason.isEmpty { add("\(indent)#   (\(remark.reason.commented))") }
    }
  }
}

/// Keys by their paths, in the order of their first mention.
private struct Tree {
  private var children: [(name: String, tree: Tree)] = []
  private var leaf: (value: Value, owner: Page.Owner)?

  mutating func add(_ path: ArraySlice<String>, _ value: Value, _ owner: Page.Owner) {
    guard let name = path.first else {
      leaf = (value, owner)
      return
    }
    let index = children.firstIndex { $0.name == name } ?? children.count
    if index == children.count { children.append((name, Tree())) }
    children[index].tree.add(path.dropFirst(), value, owner)
  }

  func write(to page: inout Page, indent: String) {
    for (name, tree) in children {
      if let leaf = tree.leaf {
        page.add("\(indent)\(Value.quoted(name)): \(leaf.value.written)", leaf.owner)
      } else {
        page.add("\(indent)\(Value.quoted(name)):", tree.firstOwner)
        tree.write(to: &page, indent: indent + "  ")
      }
    }
  }

  private var firstOwner: Page.Owner? { leaf?.owner ?? children.first?.tree.firstOwner }
}

extension Drafts {
  /// The text, and the numbers of settings. A key that the reader of service files refuses has become a comment, with the reader's words.
  mutating func written(from files: [ForeignFile]) throws(ServiceFileError) -> Imported {
    for index in services.indices where !services[index].has("command") { services[index].refusal = "it has no command here" }
    while true {
      let page = Page(self, from: files)
      do throws(ServiceFileError) {
        let present = services.filter { $0.refusal == nil }
        if present.isEmpty { throw Self.empty(files) }
        _ = try ServiceFile.parse(page.text, path: "\(directory)/stoker.yaml", environment: required)
        let lost = services.filter { $0.refusal != nil }
        let left = Set(([file] + services).flatMap(\.remarks).map(\.setting) + lost.flatMap(\.keys).flatMap(\.settings))
        let taken = Set(([file] + present).flatMap(\.keys).flatMap(\.settings)).subtracting(left)
        return Imported(
          text: page.text, services: present.count, taken: taken.count, left: left.count, places: Set(taken.union(left).map(\.place)))
      } catch {
        // Each refusal takes something out, so this ends.
        guard refuse(error.diagnostics, on: page) else { throw error }
      }
    }
  }

  private static func empty(_ files: [ForeignFile]) -> ServiceFileError {
    let faults = files.map { $0.fault("no service in it has a command that can be taken over: there is nothing to run") }
    return ServiceFileError(diagnostics: faults.flatMap(\.diagnostics))
  }

  /// Makes comments of what the reader refuses. False where it refuses nothing that was imported.
  private mutating func refuse(_ diagnostics: [Diagnostic], on page: Page) -> Bool {
    var hasRefused = false
    var gone: [(service: Int?, key: Int, reason: String)] = []
    for diagnostic in diagnostics where page.owners.indices.contains(diagnostic.line - 1) {
      switch page.owners[diagnostic.line - 1] {
      case .service(let index):
        if services[index].refusal == nil { services[index].refusal = diagnostic.message }
        hasRefused = true
      case .key(let service, let index):
        if !gone.contains(where: { $0.service == service && $0.key == index }) { gone.append((service, index, diagnostic.message)) }
      case nil: break
      }
    }
    for fault in gone.sorted(by: { $0.key > $1.key }) {
      hasRefused = true
      if let service = fault.service {
        let key = services[service].keys.remove(at: fault.key)
        for setting in key.settings { services[service].leave(setting, fault.reason) }
        if key.path == ["command"] { services[service].refusal = "its command is refused" }
      } else {
        for setting in file.keys.remove(at: fault.key).settings { file.leave(setting, fault.reason) }
      }
    }
    return hasRefused
  }

  /// Values for variables that a file demands.
  private var required: [String: String] {
    var names: [String: String] = [:]
    for key in services.flatMap(\.keys) + file.keys {
      for name in key.value.demanded { names[name] = "1" }
    }
    return names
  }
}

extension Value {
  /// The names of `${NAME:?…}`.
  fileprivate var demanded: [String] {
    switch self {
    case .text, .plain: []
    case .reference(let text): text.matches(of: /\$\{([A-Za-z_][A-Za-z0-9_]*):?\?/).map { String($0.1) }
    case .list(let elements): elements.flatMap(\.demanded)
    case .mapping(let entries): entries.flatMap(\.value.demanded)
    }
  }
}
