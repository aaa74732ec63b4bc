// The errors that keep a supervisor from starting, with their exit codes.

import Addresses
import HTTPServer
import Processes
import Stoker

extension Failure {
  /// The error's sentence and advice, with the exit code by which a script knows the kind of error.
  init(starting error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ServerError:
      switch error {
      case .addressInUse: self.init(.unavailable, "\(error); stop what uses it, or choose another under stoker.listen")
      case .unsafe: self.init(.unavailable, "\(error), or choose another under stoker.listen")
      case .pathTooLong(.unix, _): self.init(.noStateDirectory, "\(error); choose a shorter stoker.state_dir")
      default: self.init(.unavailable, "\(error)")
      }
    case let error as StateLockError:
      switch error {
      case .held: self.init(.locked, "\(error); stop that one first, or give each a stoker.state_dir of its own")
      case .unreachable, .foreign: self.init(.noStateDirectory, "\(error); choose another with stoker.state_dir")
      case .untrusted: self.init(.noStateDirectory, "\(error)")
      }
    case let error as DescriptorShortage: self.init(.tooFewDescriptors, "\(error); nothing was started")
    case let error as RuntimeRecordError: self.init(.noStateDirectory, "\(error)")
    default: self.init(.failure, "\(error)")
    }
  }
}
