// Files of other tools, and the tool that each is of.

import ServiceFile

/// A tool whose files are understood.
package enum ForeignTool: String, Sendable, CaseIterable {
  case compose, processCompose = "process-compose", supervisord, systemd, procfile, pm2

  /// Its name for people.
  package var name: String {
    switch self {
    case .compose: "Compose"
    case .processCompose: "process-compose"
    case .supervisord: "supervisord"
    case .systemd: "systemd"
    case .procfile: "Procfile"
    case .pm2: "pm2"
    }
  }
}

/// A file to import.
package struct ForeignFile: Sendable {
  /// The path, as messages show it.
  package var name: String
  /// Its absolute path.
  package var path: String
  package var bytes: [UInt8]
  package var tool: ForeignTool
  /// Whether it is a service file already.
  var isServiceFile = false

  /// A file of a tool; `tool` nil: the one that its name and content tell. Throws where they tell none.
  package init(name: String, path: String, bytes: [UInt8], tool: ForeignTool?) throws(ServiceFileError) {
    (self.name, self.path, self.bytes) = (name, path, bytes)
    if tool == nil, Self.isServiceFile(name, bytes) {
      self.tool = .compose
      isServiceFile = true
      return
    }
    guard let tool = tool ?? ForeignTool(of: name, bytes) else {
      let tools = ForeignTool.allCases.map(\.rawValue).joined(separator: ", ")
      throw Self.fault("it is not clear which tool this file is of: say it with --from (\(tools))", of: name)
    }
    self.tool = tool
  }

  /// A service file has `version: 1`, a number; Compose and process-compose write a text, or another number.
  private static func isServiceFile(_ name: String, _ bytes: [UInt8]) -> Bool {
    guard name.hasSuffix(".yaml") || name.hasSuffix(".yml"), let root = try? ForeignYAML.read(bytes, file: name) else { return false }
    return root["version"]?.content == .text("1", isPlain: true) && root["services"] != nil
  }

  /// A fault of the file, or of one of its lines.
  func fault(_ message: String, line: Int = 0) -> ServiceFileError { Self.fault(message, of: name, line: line) }

  static func fault(_ message: String, of file: String, line: Int = 0) -> ServiceFileError {
    ServiceFileError(diagnostics: [Diagnostic(file: file, line: line, column: line > 0 ? 1 : 0, message: message)])
  }

  /// The directory of the file.
  var directory: String {
    let parent = path.split(separator: "/", omittingEmptySubsequences: true).dropLast().joined(separator: "/")
    return "/\(parent)"
  }
}

extension ForeignTool {
  /// The tool of a file, by its name, else by its content.
  init?(of name: String, _ bytes: [UInt8]) {
    let file = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let ending = file.split(separator: ".").last.map(String.init) ?? ""
    switch (file, ending) {
    case ("procfile", _), (_, "procfile"): self = .procfile
    case _ where file.hasPrefix("procfile."): self = .procfile
    case (_, "service"), (_, "socket"), (_, "timer"), (_, "target"), (_, "path"), (_, "mount"), (_, "slice"): self = .systemd
    case (_, "conf"), (_, "ini"): self = .supervisord
    case (_, "json"): self = .pm2
    case (_, "yaml"), (_, "yml"):
      guard let root = try? ForeignYAML.read(bytes, file: name) else {
        self = file.contains("process-compose") ? .processCompose : .compose
        return
      }
      if root["processes"] != nil {
        self = .processCompose
      } else if root["apps"] != nil {
        self = .pm2
      } else if root["services"] != nil {
        self = .compose
      } else {
        return nil
      }
    default: return nil
    }
  }
}

extension ForeignFile {
  /// The file as text. A byte order mark is no part of it.
  func text() throws(ServiceFileError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw fault("the file is not text in UTF-8; save it as that")
    }
    return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
  }

  func lines() throws(ServiceFileError) -> [String] {
    try text().split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.map(String.init)
  }

  /// The file as YAML or JSON.
  func tree() throws(ServiceFileError) -> ForeignValue {
    _ = try text()
    return try ForeignYAML.read(bytes, file: name)
  }
}
