// Checks a history against the invariants of the design, step by step.

import Orchestration

/// Reads a history and reports the first step that breaks an invariant.
package struct Checker: Sendable {
  var book: Book

  /// A checker of histories of these services.
  package init(_ specs: [ServiceSpec], at start: Instant) {
    book = Book(specs, at: start)
  }

  /// Reads one step.
  package mutating func read(_ step: Step) throws(Violation) {
    let before = book.node
    try book.reloadsChangeNothing(step)
    book.note(step)
    for action in step.actions {
      try book.endsForAReason(action)
      try book.oneLiveRun(action)
      try book.hooksInTheirPlaces(action)
      try book.startsWhatIsMet(action)
      try book.stopsDependentsFirst(action, step)
      try book.spawnsNothingUnwanted(action)
      try book.attemptsStayInTheLimit(action, step)
      try book.endsAtItsAge(action)
      try book.checksOneAtATime(action, step)
      try book.followsThresholds(action)
      try book.recordsInOrder(action)
      try book.registryTakesTurns(action)
      try book.reportsTheFullStop(action)
      try book.retiresOnce(action)
      try book.restartsNothingInVain(action)
      try book.signalsWhatLives(action)
      book.note(action)
    }
    try book.endsWhenItShould(step)
    try book.takeViews(step)
    try book.losesWhatIsLost()
    for view in step.touched {
      try book.viewsAgree(view.id.index)
      try book.attemptsAgree(view.id.index, step)
      try book.healthFitsTheState(view.id.index)
      try book.waitsForAReason(view.id.index)
      try book.asksTheRest(view.id.index)
    }
    try book.livesNoLongerThanAllowed()
    try book.endsInTime()
    try book.nodeIsTheSum(step, before)
  }

  /// Reads the end of a history whose faults ended long before.
  package func readEnd() throws(Violation) {
    // Runs that may live only so long begin again and again.
    if book.specs.allSatisfy({ $0.runtimeMax == nil }) { try book.hasSettled() }
  }
}
