// Durations in messages.

extension Duration {
  /// The duration for messages: `5 s`, `1.5 s`, `250 ms`; fractions of a millisecond are cut off.
  package var text: String {
    let (seconds, attoseconds) = components
    let milliseconds = Int(attoseconds / 1_000_000_000_000_000)
    if seconds == 0 && milliseconds != 0 { return "\(milliseconds) ms" }
    guard milliseconds != 0 else { return "\(seconds) s" }
    var fraction = String(1000 + milliseconds).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(seconds).\(fraction) s"
  }
}
