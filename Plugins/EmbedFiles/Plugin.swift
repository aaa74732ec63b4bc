// Has the files of a target written into its code before it is built.

import Foundation
import PackagePlugin

/// Writes the files in the folder `Files` of a target into a source file of it, whenever one of them has changed.
///
/// SwiftPM's own `embedInCode` makes a list of numbers of them, which takes the compiler minutes; text takes it a second.
@main
struct Plugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Files")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
    let output = context.pluginWorkDirectoryURL.appending(path: "PackageResources.swift")
    return [
      .buildCommand(
        displayName: "Writing the files of \(target.name)", executable: try context.tool(named: "embed-files").url,
        arguments: [output.path()] + files.map { $0.path() },
        // A link may lead to a file that changes.
        inputFiles: files.map { $0.resolvingSymlinksInPath() }, outputFiles: [output])
    ]
  }
}
