#include <atomic>
#include <memory>
#include <optional>

#include <kymo/core/snapshot_builder.h>
#include <kymo/system/system_collector.h>

#include "family_cache.h"
#include "part.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

system::SystemOptions system_options(const MonitorOptions& options) {
  const bool host = options.system;
  system::SystemOptions system;
  system.cpu = system.memory = system.load = system.pressure = host;
  system.disk = system.filesystem = system.network = system.cgroup = host;
  system.process = options.process;
  system.node_memory = system::NodeMemory::lint_clean;
  return system;
}

class Host final {
 public:
  explicit Host(const system::SystemOptions& options) : options_(options) {}

  /// Ready after the first measurement, even a failed one: the server has other figures.
  void measure() {
    try {
      if (!collector_) collector_.emplace(options_);
      SnapshotBuilder builder;
      collector_->collect(builder);
      families_.replace(builder.take_families());
    } catch (...) {
      is_measured_.store(true, std::memory_order_relaxed);
      throw;
    }
    is_measured_.store(true, std::memory_order_relaxed);
  }

  void write(SnapshotWriter& writer) const { families_.write(writer); }
  [[nodiscard]] bool is_measured() const noexcept { return is_measured_.load(std::memory_order_relaxed); }

 private:
  const system::SystemOptions options_;
  std::optional<system::SystemCollector> collector_;
  FamilyCache families_;
  std::atomic<bool> is_measured_{false};
};

}  // namespace

Part make_host_part(const PartContext& context) {
  Part part{.name = "host"};
  if (!context.options.system && !context.options.process) return part;
  const auto host = std::make_shared<Host>(system_options(context.options));
  part.on_tick = [host](const pulse::Tick&) { host->measure(); };
  part.write = [host](SnapshotWriter& writer) { host->write(writer); };
  part.why_not_ready = [host]() -> std::string {
    return host->is_measured() ? "" : "the first measurement is not made yet";
  };
  return part;
}

Part make_history_part(history::Store* store, const live::SystemHistory& history) {
  Part part{.name = "history", .routes = {live::system_history_route(history)}};
  if (store == nullptr) return part;
  part.wants_snapshot = true;
  part.on_tick = [store](const pulse::Tick& tick) {
    if (tick.snapshot != nullptr) (void)store->append(tick.time, *tick.snapshot);
  };
  part.write = [store](SnapshotWriter& writer) { store->write(writer); };
  return part;
}

}  // namespace kymo::KYMO_ABI::monitor
