// The errors that keep a supervisor from starting, with their exit codes.

import Addresses
import HTTPServer
import Processes
import Stoker

extension Failure {
  /// The error's sentence and advice, with the exit code by which a script knows the kind of error.
  /// - Parameter hasFile: Whether there is a service file to change; the demo has none.
  init(starting error: any Error, hasFile: Bool) {
    func other(_ advice: String, _ key: String) -> String {
      hasFile ? advice : "write the demo to a file, with another \(key): 'stoker demo --print > stoker.yaml', then 'stoker run'"
    }
    switch error {
    case let failure as Failure: self = failure
    case let error as ServerError:
      let advice = other("choose another under stoker.listen", "stoker.listen")
      switch error {
      case .addressInUse(let address):
        let holder = AddressHolder.text(of: address).map { ", \($0)" } ?? ""
        self.init(.unavailable, "\(error)\(holder); stop what uses it, or \(advice)")
      case .unsafe: self.init(.unavailable, "\(error), or \(advice)")
      case .pathTooLong(.unix, _):
        self.init(.noStateDirectory, "\(error); \(other("choose a shorter stoker.state_dir", "stoker.state_dir"))")
      default: self.init(.unavailable, "\(error)")
      }
    case let error as StateLockError:
      switch error {
      case .held:
        let advice = other("give each a stoker.state_dir of its own", "stoker.listen")
        self.init(.locked, "\(error); stop that one first, or \(advice)")
      case .unreachable, .foreign:
        self.init(.noStateDirectory, "\(error); \(other("choose another with stoker.state_dir", "stoker.state_dir"))")
      case .untrusted: self.init(.noStateDirectory, "\(error)")
      }
    case let error as DescriptorShortage: self.init(.tooFewDescriptors, "\(error); nothing was started")
    case let error as RuntimeRecordError: self.init(.noStateDirectory, "\(error)")
    default: self.init(.failure, "\(error)")
    }
  }
}
