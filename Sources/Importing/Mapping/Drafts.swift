// Service files in the making.

import ServiceFile

/// A value of the service file.
indirect enum Value: Sendable, Equatable {
  /// Text, which is quoted where it must be; every `$` is one.
  case text(String)
  /// Text with `${NAME}`, which is replaced when the file is read.
  case reference(String)
  /// A number, a flag, a duration, a word: as it is.
  case plain(String)
  case list([Value])
  case mapping([(key: String, value: Value)])

  static func == (left: Value, right: Value) -> Bool { left.written == right.written }

  static func texts(_ texts: [String]) -> Value { .list(texts.map { .text($0) }) }
}

/// A key of a service file with its value, and the setting that it comes from.
struct Key: Sendable {
  var path: [String]
  var value: Value
  var setting: Setting
  /// The others that are in the same key: commands that run one after the other, files of one list.
  var further: [Setting] = []

  var settings: [Setting] { [setting] + further }
}

/// A setting that has no key.
struct Remark: Sendable {
  var setting: Setting
  var reason: String
}

/// The keys and remarks of one service, or of the file as a whole.
struct Draft: Sendable {
  var name: String
  var keys: [Key] = []
  var remarks: [Remark] = []
  /// Why it is no service of the file; nil: it is one.
  var refusal: String?
  /// The names of the service in the other tool dependencies may use.
  var aliases: Set<String> = []

  init(name: String) { self.name = name }

  /// The number of keys and remarks, and of the settings that share keys.
  var size: Int { remarks.count + keys.reduce(0) { $0 + $1.settings.count } }

  func has(_ path: String...) -> Bool { keys.contains { $0.path == path } }

  /// Sets a key; one that is set already by another setting leaves that one as a remark.
  mutating func set(_ path: [String], _ value: Value, by setting: Setting) {
    if let index = keys.firstIndex(where: { $0.path == path }) {
      if keys[index].setting != setting { leave(keys[index].setting, "a later setting says the same: \(setting.name)") }
      keys[index] = Key(path: path, value: value, setting: setting)
    } else {
      keys.append(Key(path: path, value: value, setting: setting))
    }
  }

  mutating func set(_ path: String, _ value: Value, by setting: Setting) {
    set(path.split(separator: ".").map(String.init), value, by: setting)
  }

  mutating func leave(_ setting: Setting, _ reason: String) { remarks.append(Remark(setting: setting, reason: reason)) }
}

/// All services, and what concerns the file as a whole.
struct Drafts: Sendable {
  /// The directory of the service file: paths in it are taken from there.
  let directory: String
  var file = Draft(name: "")
  var services: [Draft] = []
  /// The dependencies by the other tool's names: resolved when all services are known.
  var dependencies: [Dependency] = []

  /// A wish for a dependency.
  struct Dependency: Sendable {
    /// The number of the service that has it.
    var service: Int
    /// The name of the other one, in the other tool's words.
    var other: String
    var options: [(key: String, value: Value)]
    var setting: Setting
  }

  init(directory: String) { self.directory = directory }

  /// Adds a service, whose name is made one that is legal and unique. Returns its number.
  mutating func add(_ name: String, aliases: Set<String> = []) -> Int {
    var legal = String(String.UnicodeScalarView(name.unicodeScalars.map { Self.isLegal($0) ? $0 : "-" }))
    legal = String(legal.drop { "-_.".contains($0) }.prefix(50))
    if legal.isEmpty { legal = "service" }
    var unique = legal
    var number = 2
    while services.contains(where: { $0.name == unique }) {
      unique = "\(legal)-\(number)"
      number += 1
    }
    var draft = Draft(name: unique)
    draft.aliases = aliases.union([name])
    services.append(draft)
    return services.count - 1
  }

  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_.-".unicodeScalars.contains(scalar))
  }

  /// Gives a setting its fate. One that the mapping has nothing to say of has no counterpart: so none is lost.
  mutating func account(
    for setting: Setting, in service: inout Draft, _ map: (inout Draft, inout Drafts) -> Void
  ) {
    let before = service.size + dependencies.count
    map(&service, &self)
    if service.size + dependencies.count == before { service.leave(setting, "its value has no counterpart") }
  }

  /// Turns wishes for dependencies into keys. A service that is not imported cannot be named.
  mutating func resolve() {
    for wish in dependencies {
      guard let other = services.firstIndex(where: { $0.aliases.contains(wish.other) }), other != wish.service else {
        services[wish.service].leave(wish.setting, "no service '\(wish.other)' was imported")
        continue
      }
      let path = ["depends_on", services[other].name]
      if let known = services[wish.service].keys.firstIndex(where: { $0.path == path }) {
        // One tool names order and need by two settings.
        services[wish.service].leave(
          wish.setting, "the dependency stands there already, by \(services[wish.service].keys[known].setting.name)")
      } else {
        services[wish.service].set(path, .mapping(wish.options), by: wish.setting)
      }
    }
    dependencies = []
  }
}
