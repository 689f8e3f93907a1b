#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/core/snapshot_builder.h>
#include <kymo/system/system_collector.h>

#include "golden_host.h"
#include "manual_clock.h"

namespace kymo::KYMO_ABI::system {

/// A collector on a golden host, with the clock and the host in the test's hands.
class CollectedHost final {
 public:
  explicit CollectedHost(
      const std::string& name, SystemOptions options = {},
      void (*prepare)(GoldenHost&) = [](GoldenHost&) {}) {
    auto golden = std::make_unique<GoldenHost>(std::string(KYMO_GOLDEN) + "/" + name);
    host = golden.get();
    if (const auto boot = host->boot_time())
      clock->set_system(std::chrono::sys_seconds(std::chrono::seconds(*boot)) +
                        std::chrono::duration_cast<std::chrono::system_clock::duration>(
                            std::chrono::duration<double>(host->boot_clock.value_or(0))));
    prepare(*host);
    collector_.emplace(std::move(options), clock, std::move(golden));
  }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  GoldenHost* host = nullptr;

  /// A Snapshot; `errors` then says what the builder refused.
  std::shared_ptr<const Snapshot> collect() {
    SnapshotBuilder builder;
    collector_->collect(builder);
    snapshot_ = builder.finish();
    errors = builder.errors();
    return snapshot_;
  }
  std::shared_ptr<const Snapshot> collect_after(std::chrono::nanoseconds time) {
    clock->advance(time);
    if (host->boot_clock) *host->boot_clock += std::chrono::duration<double>(time).count();
    return collect();
  }
  std::uint64_t errors = 0;

  /// A value of the last Snapshot; nothing when there is no such series.
  [[nodiscard]] std::optional<double> value(std::string_view name,
                                            std::initializer_list<Label> labels = {}) const {
    const std::optional<Point> point = snapshot_->find(name, labels);
    if (!point) return std::nullopt;
    return to_double(point->number);
  }
  [[nodiscard]] double collector_errors(std::string_view collector) const {
    return value("kymo_collector_errors_total", {{"collector", collector}}).value_or(-1);
  }
  [[nodiscard]] double omitted(std::string_view collector) const {
    return value("kymo_collector_omitted_items", {{"collector", collector}}).value_or(-1);
  }

 private:
  std::optional<SystemCollector> collector_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace kymo::KYMO_ABI::system
