#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

/// Knows the addresses with more than five wrong guesses in this second. Each address counts separately.
/// Beyond the memory limit of 4096 addresses a second, further ones are not counted. A guesser with more
/// addresses gains little, and no other client is mistaken for a guesser. Threads: any.
class AttemptLimit final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kFailuresPerSecond = 5;
  static constexpr std::size_t kAddresses = 4096;

  AttemptLimit();

  /// `remote`: an address with its port. An IPv6 address counts as its /64, which one machine owns.
  [[nodiscard]] bool is_over(std::string_view remote, Time now) noexcept;
  void count_failure(std::string_view remote, Time now) noexcept;

 private:
  using Network = std::array<std::uint8_t, 17>;  ///< 4 or 6, then the address
  /// Seeded, so nobody can choose addresses that slow the table down.
  struct Hash {
    std::uint64_t seed;
    [[nodiscard]] std::size_t operator()(const Network& network) const noexcept;
  };

  [[nodiscard]] static Network network_of(std::string_view remote) noexcept;
  void forget_before(std::int64_t second) noexcept;

  std::mutex mutex_;
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();  ///< the second of the failures
  std::unordered_map<Network, int, Hash> failures_;
};

}  // namespace kymo::KYMO_ABI::monitor
