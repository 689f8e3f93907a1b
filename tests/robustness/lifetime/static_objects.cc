#include "tests/robustness/lifetime/static_objects.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace kymo::robustness {

using namespace std::chrono_literals;

bool is_variant(std::string_view name) {
  const char* variant = std::getenv("LIFETIME_VARIANT");
  return variant != nullptr && name == variant;
}

void require(bool holds, const char* what) {
  if (holds) return;
  dprintf(STDERR_FILENO, "does not hold: %s\n", what);
  _exit(9);
}

Instruments::Instruments(Registry& registry, std::string_view prefix) {
  const auto name = [prefix](const char* what) { return std::string(prefix) + "_" + what; };
  counter = registry.counter(name("counter"), "C.");
  fractions = registry.double_counter(name("fractions"), "F.");
  balance = registry.up_down_counter(name("balance"), "B.");
  histogram = registry.histogram(name("histogram"), "H.");
  timing = registry.timing(name("timing"), "T.");
  window = registry.window(name("window"), "W.");
  gauge = registry.gauge(name("gauge"), "G.");
}

void Instruments::record() {
  counter.add(1);
  fractions.add(0.5);
  balance.add(2);
  histogram.record(8);
  timing.record(1s);
  window.record(4);
  gauge.set(6);
}

void Instruments::require_records(std::uint64_t times) const {
  const auto expected = static_cast<double>(times);
  require(counter.value() == times, "the counter is exact");
  require(fractions.value() == 0.5 * expected, "the fractions are exact");
  require(balance.value() == static_cast<std::int64_t>(2 * times), "the balance is exact");
  require(histogram.value().count() == times, "the histogram is exact");
  require(timing.value().sum() == expected, "the timing is exact");
  require(window.value().total_count == times, "the window is exact");
  require(gauge.statistics().count == times, "the gauge's statistics are exact");
}

Registry& mortal_registry() {
  static Registry registry;
  return registry;
}

StaticObject::StaticObject(std::string_view name) : name_(name) {
  if (is_variant("static_mortal_registry")) {
    instruments_ = new Instruments(mortal_registry(), name);
  } else if (!is_variant("static_destructor_registers")) {
    instruments_ = new Instruments(default_registry(), name);
  }
  constructed_ = true;
  if (is_variant("static_constructor_scrapes")) (void)default_registry().snapshot();
  record_now();
}

void StaticObject::record_now() {
  if (!constructed_ || instruments_ == nullptr) return;
  instruments_->record();
  ++recorded_;
  // A forked child counts from zero.
  if (getpid() == process_) instruments_->require_records(recorded_);
}

StaticObject::~StaticObject() {
  // Its neighbours may be gone already, or be yet to go.
  if (is_variant("static_destructor_registers")) {
    instruments_ = new Instruments(default_registry(), name_);
  }
  record_now();
  if (is_variant("static_destructor_scrapes")) {
    require(default_registry().snapshot()->find(std::string(name_) + "_counter") != nullptr,
            "a late Snapshot has the family");
  }
  if (is_variant("static_destructor_threads")) std::thread([this] { record_now(); }).join();
  delete instruments_;
  instruments_ = nullptr;
}

}  // namespace kymo::robustness
