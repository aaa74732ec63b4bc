// The format of a page by the headers of the scraper.
import Testing

@testable import Exposition

@Suite("Negotiation")
struct NegotiationTests {
  private static let text = "text/plain; version=0.0.4; charset=utf-8"
  private static let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
  private static let draft = "application/openmetrics-text; version=0.0.1; charset=utf-8"
  private static let protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

  // The same media types as clauses of a request.
  private static let askText = "text/plain;version=0.0.4"
  private static let askOpenMetrics = "application/openmetrics-text;version=1.0.0"
  private static let askDraft = "application/openmetrics-text;version=0.0.1"
  private static let askProtobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

  private static let scrapers: [(String?, String)] = [
    // Prometheus 2.42.
    (
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      openMetrics
    ),
    // With native histograms.
    (
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
        + "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      protobuf
    ),
    // Prometheus 3.
    (
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      openMetrics + "; escaping=allow-utf-8"
    ),
    // With native histograms.
    (
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      protobuf
    ),
    // vmagent, a browser, curl, and a client without the header.
    ("text/plain;version=0.0.4;q=1,*/*;q=0.1", text),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", text),
    ("*/*", text),
    (nil, text),
  ]

  @Test("every scraper gets the format that it likes best", arguments: scrapers)
  func scraper(accept: String?, type: String) {
    #expect(MediaType(accept: accept).description == type)
  }

  private static let rules: [(String, String)] = [
    // One clause.
    (askDraft, draft), ("application/openmetrics-text", draft), ("text/plain", text), ("text/*", text), ("application/json", text),
    // The highest weight of a known format, in any position; 0 is a refusal.
    ("\(askOpenMetrics);q=0.4,\(askText);q=0.5", text),
    ("*/*;q=0.9,\(askOpenMetrics);q=0.8", text),
    ("image/png,\(askProtobuf);q=0.001", protobuf),
    ("\(askProtobuf);q=0.0,\(askOpenMetrics);q=0.1", openMetrics),
    ("\(askOpenMetrics);q=0,\(askProtobuf);q=0.000", text),
    // Among equal weights, the richest format.
    ("\(askText),\(askProtobuf),\(askDraft),\(askOpenMetrics)", openMetrics),
    ("\(askDraft),\(askProtobuf),\(askText)", draft),
    ("\(askProtobuf),\(askText)", protobuf),
    ("\(askText);q=0.5,\(askProtobuf);q=0.50", protobuf),
    // Unknown formats are skipped.
    ("application/openmetrics-text;version=2.0.0,\(askDraft);q=0.5", draft),
    ("application/vnd.google.protobuf", text),
    ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text,\(askOpenMetrics);q=0.1", openMetrics),
    // The escaping is that of the chosen clause; an unknown one is not repeated.
    ("\(askProtobuf);escaping=values", protobuf + "; escaping=values"),
    ("\(askDraft);escaping=underscores", draft + "; escaping=underscores"),
    ("text/plain;version=1.0.0;escaping=dots;q=0.9", text + "; escaping=dots"),
    ("\(askOpenMetrics);q=0.5;escaping=dots,\(askText)", text),
    ("\(askOpenMetrics);escaping=nonsense", openMetrics),
    // The grammar: spaces, upper case, quotes, unknown parameters, empty clauses.
    ("  APPLICATION/OpenMetrics-Text ;\tVERSION=1.0.0 ; Q=0.5  ,\ttext/plain ; q=0.4 ", openMetrics),
    ("application/openmetrics-text;;charset=utf-8;version=\"1.0.0\";", openMetrics),
    ("text/html;note=\"a,\(askOpenMetrics),b\",image/png", text),
    (",,\(askOpenMetrics),,", openMetrics),
    // Weights that are not numbers from 0 to 1.
    ("\(askOpenMetrics);q=nan", text), ("\(askOpenMetrics);q=-1", text), ("\(askOpenMetrics);q=2", text), ("\(askOpenMetrics);q=", text),
    // Hostile headers.
    ("", text), (";q=1,=;=,/,/;q=0.5", text), (String(repeating: "\"", count: 1001), text), ("\u{0}\r\n,\u{feff}é/ü;ß=ÿ{}[]", text),
    (String(repeating: "a/b;q=0.9,", count: 1000) + askDraft, draft),
  ]

  @Test("the clause with the highest weight that can be met decides", arguments: rules)
  func rule(accept: String, type: String) {
    #expect(MediaType(accept: accept).description == type)
  }

  @Test(
    "a content type asked for as it was sent is sent again", arguments: [MediaType.Format.text, .openMetrics1, .openMetrics0, .protobuf])
  func roundTrip(format: MediaType.Format) {
    for escaping in [nil] + NameEscaping.allCases.map(Optional.some) {
      let type = MediaType(format, escaping: escaping)
      #expect(MediaType(accept: type.description) == type)
    }
  }
}
