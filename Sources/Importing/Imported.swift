// The import of files of other tools: the way from their settings to a service file that is accepted.
//
// A reader makes settings of a file, and a mapping gives each of them its fate: keys of the service file, or a comment with the reason. No
// setting has another way, so none is lost. A key that the service file's own reader refuses becomes a comment, too.

import ServiceFile

/// A written service file, and what became of the settings.
package struct Imported: Sendable {
  /// The text of the service file, which the reader accepts.
  package var text: String
  /// The number of services.
  package var services: Int
  /// The number of settings that have become keys, as a whole.
  package var taken: Int
  /// The number of those that stand there as comments, or in part.
  package var left: Int
  /// The places of all of them.
  package var places: Set<Place>

  /// Imports files, which are one service file then. Throws the faults of files that cannot be read.
  /// - Parameter exists: Whether there is a file at an absolute path; a Procfile's `.env` is named where it is there.
  package init(
    _ files: [ForeignFile], directory: String, exists: @Sendable (String) -> Bool = { _ in false }
  ) throws(ServiceFileError) {
    if let own = files.first(where: \.isServiceFile) {
      self = try Imported(unchanged: own, among: files, directory: directory)
      return
    }
    var drafts = Drafts(directory: directory)
    for file in files {
      switch file.tool {
      case .procfile: try Procfile(file).map(into: &drafts, exists)
      case .supervisord: try Supervisord(file).map(into: &drafts)
      case .systemd: try SystemdUnit(file).map(into: &drafts)
      case .processCompose: try ProcessCompose(file).map(into: &drafts)
      case .compose: try Compose(file).map(into: &drafts, exists)
      case .pm2: try PM2(file).map(into: &drafts)
      }
    }
    drafts.resolve()
    self = try drafts.written(from: files)
  }

  /// A service file stays as it is.
  private init(unchanged file: ForeignFile, among files: [ForeignFile], directory: String) throws(ServiceFileError) {
    guard files.count == 1 else {
      throw file.fault("it is a service file already: import the others, and name it under 'include'")
    }
    text = try file.text()
    services = try ForeignYAML.read(file.bytes, file: file.name)["services"]?.entries.count ?? 0
    (taken, left, places) = (0, 0, [])
  }

  init(text: String, services: Int, taken: Int, left: Int, places: Set<Place>) {
    (self.text, self.services, self.taken, self.left, self.places) = (text, services, taken, left, places)
  }
}
