// stoker import: files of other tools become a service file.

import ArgumentParser
import Glibc
import Importing
import Linux
import ServiceFile

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a service file of files of Compose, process-compose, supervisord, systemd, pm2, or a Procfile.",
    discussion: """
      Several files become one service file; of a directory all units of systemd are taken. Each setting is a key of the service file, or \
      a comment with its place and the reason. The file is one that 'stoker check' accepts. Nothing is run, and no other file is read but \
      the named ones:

        stoker import /etc/supervisor/conf.d/*.conf --output stoker.yaml
        stoker import Procfile

      The exit code is \(ExitStatus.incomplete.rawValue) where settings are left as comments.
      """)

  @Argument(help: ArgumentHelp("The files, or directories with units of systemd.", valueName: "file"), completion: .file())
  var files: [String]

  @Option(help: "The tool that all files are of, where their names and contents do not tell.")
  var from: Tool?

  @Option(
    name: [.short, .long], help: ArgumentHelp("The service file to write. (default: print it)", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var output: String?

  @Flag(help: "Replace the file if it exists.")
  var force = false

  /// A tool, as an option names it.
  enum Tool: String, ExpressibleByArgument, CaseIterable {
    case compose, supervisord, systemd, procfile, pm2
    case processCompose = "process-compose"

    var tool: ForeignTool {
      switch self {
      case .compose: .compose
      case .supervisord: .supervisord
      case .systemd: .systemd
      case .procfile: .procfile
      case .pm2: .pm2
      case .processCompose: .processCompose
      }
    }
  }

  func run() throws {
    let name = output ?? UsualFile().local
    let imported: Imported
    do {
      let foreign = try files.flatMap(foreignFiles)
      guard !foreign.isEmpty else { throw Failure(.usage, "there are no units of systemd in \(files.joined(separator: ", "))") }
      let target = try ServiceFile.anchored(name)
      imported = try Imported(foreign, directory: Self.directory(of: target)) { access($0, F_OK) == 0 }
    } catch let error as ServiceFileError {
      var failure = Failure(.badServiceFile, "nothing was imported")
      failure.details = error.diagnostics.map { TerminalText.line($0.description) }
      throw failure
    }
    if output == nil { Console.print(imported.text) } else { try OutputFile.write(imported.text, to: name, replacing: force) }
    Console.report(
      "\(Phrase.count(imported.services, "service")): \(Phrase.count(imported.taken, "setting")) taken over, "
        + (imported.left == 0 ? "none left" : imported.left == 1 ? "one left as a comment" : "\(imported.left) left as comments"))
    if imported.left > 0 { throw ExitCode(ExitStatus.incomplete.rawValue) }
  }

  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "/"
  }

  /// A file, or the units in a directory.
  private func foreignFiles(_ name: String) throws -> [ForeignFile] {
    guard let path = ServiceFile.absolutePath(name) else { throw Failure(.unavailable, "the working directory is gone") }
    guard FileFacts.of(path)?.kind == .folder else {
      return [try ForeignFile(name: name, path: path, bytes: try ForeignYAML.bytes(of: path, shown: name), tool: from?.tool)]
    }
    let units = ((try? OpenFolder(path))?.names() ?? []).filter {
      $0.hasSuffix(".service") && FileFacts.of("\(path)/\($0)")?.kind == .regular
    }.sorted()
    return try units.map { unit in
      let shown = name.hasSuffix("/") ? name + unit : "\(name)/\(unit)"
      return try ForeignFile(
        name: shown, path: "\(path)/\(unit)", bytes: try ForeignYAML.bytes(of: "\(path)/\(unit)", shown: shown), tool: .systemd)
    }
  }
}
