// swift-metrics on the exposition.

import CoreMetrics
import Exposition
