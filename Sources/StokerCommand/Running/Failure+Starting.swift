// What keeps a supervisor from starting, and the exit code for it.

import Addresses
import HTTPServer
import Processes
import Stoker

extension Failure {
  /// The sentence of what was thrown, with the exit code that tells a script what kind of trouble it is.
  init(starting error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ServerError:
      switch error {
      case .addressInUse: self.init(.unavailable, "\(error); stop what uses it, or choose another under stoker.listen")
      case .pathTooLong(.unix, _): self.init(.noStateDirectory, "\(error); choose a shorter stoker.state_dir")
      default: self.init(.unavailable, "\(error)")
      }
    case let error as StateLockError:
      switch error {
      case .held: self.init(.locked, "\(error); stop that one first, or give each a stoker.state_dir of its own")
      case .unusable: self.init(.noStateDirectory, "\(error); choose another with stoker.state_dir")
      }
    default: self.init(.failure, "\(error)")
    }
  }
}
