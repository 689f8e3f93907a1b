// Every parser of the system layer on the same bytes, and the collector on a host whose files are all these
// bytes.

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/core/snapshot_builder.h>
#include <kymo/system/host.h>
#include <kymo/system/system_collector.h>

#include "tests/system/manual_clock.h"
#include "tests/system/parse_everything.h"

namespace {

using kymo::system::FileSystemSpace;
using kymo::system::HostIdentity;
using kymo::system::ResourceUsage;

/// Each of its files holds the fuzzer's bytes.
class OneTextHost final : public kymo::system::Host {
 public:
  explicit OneTextHost(std::string_view text) : text_(text) {}
  kymo::base::ReadResult read(std::string_view /*path*/, std::string& text) override {
    text = text_;
    return kymo::base::ReadResult::ok;
  }
  std::optional<FileSystemSpace> space(const std::string& mountpoint) override {
    return FileSystemSpace{
        .size_bytes = mountpoint.size(), .free_bytes = 1, .available_bytes = 2, .files = 0, .files_free = 0};
  }
  std::optional<std::uint64_t> open_files() override { return 1; }
  std::optional<ResourceUsage> usage() override { return ResourceUsage{}; }
  HostIdentity identity() override { return {}; }
  std::optional<double> boot_seconds() override { return 100.0; }
  std::uint64_t ticks_per_second() const noexcept override { return 100; }
  std::uint64_t page_bytes() const noexcept override { return 4096; }

 private:
  std::string_view text_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

void collect_twice(std::string_view text) {
  const auto clock = std::make_shared<kymo::system::ManualClock>();
  kymo::system::SystemCollector collector({}, clock, std::make_unique<OneTextHost>(text));
  for (int reading = 0; reading < 2; ++reading) {
    clock->advance(std::chrono::seconds(11));
    kymo::SnapshotBuilder builder;
    collector.collect(builder);
    const auto snapshot = builder.finish();
    for (const auto& family : snapshot->families) {
      for (std::size_t i = 0; i < family.size(); ++i) {
        const double value = kymo::to_double(family.point(i).number);
        require(std::isfinite(value) && value >= 0);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(kymo::system::parse_everything(text));
  collect_twice(text);
  return 0;
}
