#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace kymo::monitor {

/// Lets each address guess wrongly five times a second. Memory is bounded: addresses share places, so that
/// two that share one also share its five; which do differs from process to process. Threads: any.
class AttemptLimit final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kFailuresPerSecond = 5;

  AttemptLimit() noexcept;

  /// `remote`: an address with its port. An IPv6 address counts as its /64, which one machine has whole.
  [[nodiscard]] bool is_blocked(std::string_view remote, Time now) noexcept;
  void count_failure(std::string_view remote, Time now) noexcept;

 private:
  static constexpr std::size_t kPlaces = 1024;
  struct Place {
    std::int64_t second = 0;
    int failures = 0;
  };

  [[nodiscard]] Place& place_of(std::string_view remote, Time now) noexcept;

  const std::uint64_t seed_;
  std::mutex mutex_;
  std::array<Place, kPlaces> places_{};
};

}  // namespace kymo::monitor
