#pragma once

#include <memory>

#include <kymo/base/clock.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/system/system_options.h>

namespace kymo::KYMO_ABI::system {

class Host;

/// Measures this host and this process: CPU, memory, load, pressure, disks, filesystems, network, cgroup and
/// /proc/self. The families, their units and how rates are made: docs/reference/system-metrics.md.
///
///     auto collector = std::make_shared<kymo::system::SystemCollector>();
///     kymo::Registration host = registry.add_producer(
///         [collector](kymo::SnapshotWriter& writer) { collector->collect(writer); });
///
/// Keep the Registration: its end removes the families. Threads: one at a time. The collector starts no
/// thread and never waits: rates come from the difference to the last call. Cost: below 1 ms of CPU a call on
/// a host with a few CPUs and devices; some 35 file descriptors stay open. Errors: none thrown. A file that
/// is missing or malformed omits its families and counts in `kymo_collector_errors_total`. After a fork, the
/// child's calls measure the child.
class KYMO_API SystemCollector final {
 public:
  /// Takes the first reading, the base of the first rates.
  explicit SystemCollector(const SystemOptions& options = {},
                           std::shared_ptr<const base::Clock> clock = nullptr);
  /// For tests: reads an artificial host.
  SystemCollector(SystemOptions options, std::shared_ptr<const base::Clock> clock,
                  std::unique_ptr<Host> host);
  ~SystemCollector();
  SystemCollector(SystemCollector&&) noexcept;
  SystemCollector& operator=(SystemCollector&&) noexcept;

  /// Reads everything that is switched on and writes its families. A Producer.
  void collect(SnapshotWriter& writer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::system
