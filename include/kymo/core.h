#pragma once

/// All instruments, the registry and the Snapshot: all that a program needs to measure itself. For short
/// compile times in many files, include `<kymo/core/counter.h>` and its siblings instead.
#include <kymo/core/collector.h>
#include <kymo/core/counter.h>
#include <kymo/core/family.h>
#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>
#include <kymo/core/histogram_value.h>
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>
#include <kymo/core/snapshot.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/core/stopwatch.h>
#include <kymo/core/timing.h>
#include <kymo/core/window.h>
