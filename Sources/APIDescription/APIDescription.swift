// The files that describe the HTTP interface, inside the program.
//
// A target of their own, as Shipped is: compiling a file's bytes takes longer than compiling all of the Stoker target, and so happens only when
// they change.

/// The files of the HTTP interface's description.
package enum APIDescription {
  /// OpenAPI 3.1 as JSON. Its version is a word to be replaced: see ``versionMark``.
  package static var openAPI: [UInt8] { PackageResources.openapi_json }

  /// What stands in ``openAPI`` for the version of the build.
  package static let versionMark = "0.0.0-source"

  /// The style of the page that is made of it.
  package static var style: [UInt8] { PackageResources.reference_css }
}
