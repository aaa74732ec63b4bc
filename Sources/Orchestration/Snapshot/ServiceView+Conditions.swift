// When a dependency is met: the one place where the core, the metrics and the answers find out.

extension ServiceView.Values {
  /// Whether a dependency on this service, which is `spec`, is met (rule 15). A oneshot that is done has started, was ready and is well.
  public func meets(_ condition: Dependency.Condition, as spec: ServiceSpec) -> Bool {
    switch status {
    case .completed:
      return condition == .completed || spec.kind == .oneshot
    case .running:
      guard isDesiredUp, !isStopDue else { return false }
      switch condition {
      case .started, .ready: return true
      case .healthy: return spec.check == nil || (hasSucceeded && health != .unhealthy)
      case .completed: return false
      }
    case .starting:
      return condition == .started && isReadying && isDesiredUp && !isStopDue
    case .stopped, .waiting, .backoff, .stopping, .failed:
      return false
    }
  }
}
