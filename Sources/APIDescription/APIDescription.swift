// The files that describe the HTTP interface, inside the program.

/// The files of the HTTP interface's description.
package enum APIDescription {
  /// OpenAPI 3.1 as JSON. Its version is a mark to be replaced: see ``versionMark``.
  package static var openAPI: [UInt8] { PackageResources.openapi_json }

  /// The mark in ``openAPI`` that the version of the build replaces.
  package static let versionMark = "0.0.0-source"

  /// The style sheet of the reference page.
  package static var style: [UInt8] { PackageResources.reference_css }
}
