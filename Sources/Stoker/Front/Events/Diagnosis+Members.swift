// The diagnosis of a service, as members of answers and events.

import HTTPServer
import Orchestration

extension Diagnosis {
  /// Its members, the same in answers and events.
  func members(for rights: Rights) -> [JSON.Member] {
    var members: [JSON.Member] = []
    add(to: &members, for: rights)
    return members
  }

  /// Appends its members to those of a row.
  func add(to members: inout [JSON.Member], for rights: Rights) {
    let waits = waitsFor.map { wait -> JSON in
      [
        "kind": "dependency", "name": .string(wait.name), "condition": JSON(wait.condition?.rawValue), "until": JSON(wait.until?.rfc3339),
      ]
    }
    let root = rootCause.map { root -> JSON in
      ["name": .string(root.name), "status": .string(root.status.rawValue), "sentence": .string(root.sentence.text(for: rights))]
    }
    members.append(JSON.Member("held_up", .bool(isHeldUp)))
    members.append(JSON.Member("waits_for", .array(waits)))
    members.append(JSON.Member("root_cause", root ?? .null))
    members.append(JSON.Member("note", .string(note.text(for: rights))))
  }
}
