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

/// The browsers that have logged in. Each holds a random id in place of the token, because a browser sends
/// its cookies to every port of a host: another service there may see the id, and never the token.
///
/// An id has 256 random bits, so guessing it needs no limit. The table keeps hashes: a look-up compares
/// digests, whose timing tells nothing of an id. A restart of the process ends all logins. Threads: any.
class Logins final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::hours kLifetime{7 * 24};
  static constexpr std::size_t kMost = 1000;  ///< one more ends the oldest

  /// A new login's id, 64 hexadecimal digits. Throws std::system_error where the system gives no randomness.
  [[nodiscard]] std::string begin(Time now);
  [[nodiscard]] bool is_open(std::string_view id, Time now);
  /// False where no such login was open.
  bool end(std::string_view id);
  void end_all() noexcept;

  /// Logins that ended early because there were too many.
  [[nodiscard]] std::uint64_t evicted() const;

 private:
  mutable std::mutex mutex_;
  std::map<base::Sha256Digest, Time> ends_at_;
  std::uint64_t evicted_ = 0;
};

}  // namespace kymo::KYMO_ABI::monitor
