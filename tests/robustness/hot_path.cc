// Contains the commonest lines of a user; hot_path_test reads their machine code.

#include <kymo/core/counter.h>
#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>

void hot_counter(kymo::Counter& counter) { counter.add(1); }
void hot_up_down_counter(kymo::UpDownCounter& counter) { counter.sub(2); }
void hot_gauge(kymo::Gauge& gauge, double value) { gauge.set(value); }
void hot_double_counter(kymo::DoubleCounter& counter) { counter.add(0.5); }
// Some compilers leave the record itself as a call: this is about what it does, not where it stands.
__attribute__((flatten)) void hot_histogram(kymo::Histogram& histogram, double value) {
  histogram.record(value);
}
