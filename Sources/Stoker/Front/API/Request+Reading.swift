// Parts of a request that handlers read: flags of a JSON body, query parameters, `wait`, and the origin.

import HTTPServer
import Orchestration

/// `?wait=`: the state that the answer to a command waits for.
enum WaitOption: String {
  case running, healthy, completed, none
  /// Without a word: the start is done, and the process has lived for a moment.
  case started = ""

  init(_ request: Request) throws(HTTPFault) {
    guard let text = request.first(query: "wait") else {
      self = .started
      return
    }
    guard let wait = WaitOption(rawValue: text), wait != .started else {
      throw .malformed("'wait' is 'running', 'healthy', 'completed' or 'none', not '\(text)'")
    }
    self = wait
  }
}

extension Request {
  /// The body as a JSON object; no body is an empty object.
  func object(allowing names: [String]) throws(HTTPFault) -> JSON {
    guard !body.isEmpty else { return [:] }
    let json: JSON
    do {
      json = try JSON(parsing: body)
    } catch {
      throw .malformed("The body is \(error)")
    }
    guard let members = json.members else { throw .malformed("The body must be a JSON object") }
    for member in members where !names.contains(member.name) {
      let known = names.isEmpty ? "none are known here" : "known are " + names.map { "'\($0)'" }.joined(separator: ", ")
      throw .malformed("Unknown key '\(member.name)' in the body; \(known)")
    }
    return json
  }

  /// The truth values of these keys of the body.
  func flags(_ names: [String]) throws(HTTPFault) -> [String: Bool] {
    let object = try object(allowing: names)
    var flags: [String: Bool] = [:]
    for member in object.members ?? [] {
      guard let value = member.value.bool else { throw .malformed("'\(member.name)' must be true or false") }
      flags[member.name] = value
    }
    return flags
  }

  /// A number in the query, or `default`. `meaning` describes it in the error message: "a number of lines".
  func number(query name: String, in range: ClosedRange<Int>, default number: Int, meaning: String) throws(HTTPFault) -> Int {
    guard let text = first(query: name) else { return number }
    guard let number = Int(text), range.contains(number) else {
      throw .malformed("'\(name)' is \(meaning) from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return number
  }

  /// Whether a flag is set in the query, with a value or by its name alone; `words` lists the values in the error message.
  func isOn(query name: String, words: String) throws(HTTPFault) -> Bool {
    switch first(query: name) {
    case nil, "0", "false": return false
    case "", "1", "true": return true
    case .some(let text): throw .malformed("'\(name)' is \(words), not '\(text)'")
    }
  }

  /// The origin of the request (rule 27). The command line names itself in its `User-Agent`; the process and the user behind a Unix socket
  /// are named by the kernel.
  var origin: Origin {
    get async {
      var user: String?
      if case .unix(let process?) = peer { user = await UserNames.system.name(of: process.user) }
      let peer = peer.text(user: user)
      return header("User-Agent")?.hasPrefix(APIClient.userAgentPrefix) == true ? .commandLine(peer: peer) : .api(peer: peer)
    }
  }
}

extension HTTPFault {
  /// 400 with this sentence.
  static func malformed(_ message: String) -> HTTPFault {
    HTTPFault(status: 400, code: "malformed", message: message)
  }
}
