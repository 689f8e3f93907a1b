#include "tests/robustness/plugins/plugin.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kThreads = 4;
constexpr int kRecords = 1000;

kymo::Registry* default_registry() { return &kymo::default_registry(); }

int record_on_threads() {
  kymo::Registry registry;
  kymo::Counter counter = registry.counter("plugin.counter", "A plugin's counter.");
  kymo::Histogram histogram = registry.histogram("plugin.histogram", "A plugin's histogram.");
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRecords; ++i) counter.add(1), histogram.record(i);
    });
  }
  for (auto& thread : threads) thread.join();
  if (counter.value() != kThreads * kRecords) return 1;
  if (histogram.value().count() != kThreads * kRecords) return 2;
  return registry.snapshot()->find("plugin.counter") == nullptr ? 3 : 0;
}

void count(kymo::Registry& registry, const std::string& name, std::uint64_t n) {
  registry.counter(name, "Counted by a plugin.").add(n);
}

std::optional<kymo::Registry> own_registry;
kymo::Counter kept;

void record_here() {
  if (!own_registry) {
    own_registry.emplace();
    kept = own_registry->counter("plugin.kept", "A plugin's counter.");
  }
  kept.add(1);
}

void drop_handles() {
  kept = {};
  own_registry.reset();
}

kymo::Registration observed;

void observe(kymo::Registry& registry) {
  auto captured = std::make_shared<std::string>("of the plugin");
  observed = registry.observe_gauge("plugin.observed", "A plugin's figure.",
                                    [captured] { return static_cast<double>(captured->size()); });
}

void end_observing() { observed.end(); }

}  // namespace

extern "C" __attribute__((visibility("default"))) const KymoTestPlugin* kymo_test_plugin() {
  static constexpr KymoTestPlugin kPlugin{default_registry, record_on_threads, count,        record_here,
                                          drop_handles,     observe,           end_observing};
  return &kPlugin;
}
