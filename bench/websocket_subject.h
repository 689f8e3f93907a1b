#pragma once

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <kymo/core/gauge.h>
#include <kymo/core/registry.h>
#include <kymo/core/snapshot.h>

/// What the servers of bench/websocket serve, and how they are measured.
namespace kymo::KYMO_ABI::bench {

/// CPU time of this process.
inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Memory of this process, without the kernel's socket buffers.
inline long resident_bytes() {
  long size = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

/// `series` gauges, all of them new at each Snapshot; the first tells when it was taken.
class Subject final {
 public:
  explicit Subject(int series) {
    taken_ = registry_.gauge("a.taken", "When the values were taken.");
    for (int i = 1; i < series; ++i) {
      const std::string name = "bench.value." + std::to_string(i);
      gauges_.push_back(registry_.gauge(name, "A value that changes."));
    }
  }
  std::shared_ptr<const Snapshot> snapshot() {
    tick_ += 1;
    for (std::size_t i = 0; i < gauges_.size(); ++i) gauges_[i].set(tick_ + static_cast<double>(i) * 0.25);
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    taken_.set(now.count());
    return registry_.snapshot();
  }

 private:
  Registry registry_;
  Gauge taken_;
  std::vector<Gauge> gauges_;
  double tick_ = 0;
};

}  // namespace kymo::KYMO_ABI::bench
