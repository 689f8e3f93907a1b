#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <kymo/base/sha256.h>

namespace kymo::KYMO_ABI::monitor {

/// The logged-in browsers. Each holds a random id instead of the token, because a browser sends its cookies
/// to every port of a host. Another service there may see the id, and never the token.
///
/// An id has 256 random bits, so guesses need no limit. The table stores hashes: a look-up compares digests,
/// whose timing reveals nothing. A restart of the process ends all logins. Threads: any.
class Logins final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::hours kLifetime{7 * 24};
  static constexpr std::size_t kMost = 1000;  ///< at this number, a new one ends the oldest

  /// Begins a login and returns its id, 64 hexadecimal digits. Throws std::system_error without randomness.
  [[nodiscard]] std::string begin(Time now);
  [[nodiscard]] bool is_open(std::string_view id, Time now);
  /// False if no such login was open.
  bool end(std::string_view id);
  void end_all() noexcept;
  /// True if a login has expired or was evicted since the last call; its connections must be closed.
  [[nodiscard]] bool take_ended(Time now) noexcept;

  /// Logins evicted by newer ones.
  [[nodiscard]] std::uint64_t evicted() const;

 private:
  void end_expired(Time now) noexcept;

  mutable std::mutex mutex_;
  std::map<base::Sha256Digest, Time> ends_at_;
  std::uint64_t evicted_ = 0;
  bool has_ended_ = false;
};

}  // namespace kymo::KYMO_ABI::monitor
