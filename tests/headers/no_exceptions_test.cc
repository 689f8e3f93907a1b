// Core in a program without exceptions: a registration that fails gives an instrument that records into
// nothing.
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "failed: %s\n", what);
}

}  // namespace

int main() {
  std::string told;
  kymo::Registry registry({.error_sink = [&told](std::string_view message) { told = message; }});
  kymo::Counter counter = registry.counter("requests", "Requests.");
  kymo::Counter again = registry.counter("requests", "Requests.");
  kymo::Timing timing = registry.timing("handle.duration", "Handling.");
  std::thread([&] { counter.add(2); }).join();
  again.add(5);
  {
    const kymo::ScopedTimer timer(timing);
  }
  expect(counter.value() == 2, "the counter holds what was added");
  expect(again.value() == 0, "the second registration records into nothing");
  expect(told.find("already registered") != std::string::npos, "the error is told");
  expect(timing.value().count() == 1, "the scope was timed");
  expect(registry.snapshot()->find("requests") != nullptr, "the Snapshot has it");
  return failures == 0 ? 0 : 1;
}
