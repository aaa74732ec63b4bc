// Tests of the swift-metrics factory.
import Testing
