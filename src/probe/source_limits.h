#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <kymo/net/resolve.h>

#include "echo_message.h"
#include "rate_limit.h"

namespace kymo::KYMO_ABI::probe {

/// Limits each source and all sources together, with memory for a fixed number of sources. A new source
/// without room replaces the longest quiet one among a few; a secret hash selects these. So the limit of
/// one holds up to about that number of sources, and the limit of all holds always. Threads: one at a
/// time.
class SourceLimits final {
 public:
  SourceLimits(double per_second, double per_second_per_source, std::size_t sources, std::uint64_t secret);

  /// Counts one more answer for this source if allowed; otherwise returns the refusing limit.
  [[nodiscard]] EchoLimit take(const net::SocketAddress& source, RateLimit::Time now) noexcept;

 private:
  struct Slot {
    std::uint64_t source = 0;  // hash of its address, with the secret
    RateLimit limit;
    RateLimit::Time last;
  };
  [[nodiscard]] std::uint64_t hash(const net::SocketAddress& source) const noexcept;
  [[nodiscard]] Slot& slot_of(std::uint64_t source) noexcept;

  RateLimit::Rate all_rate_;
  RateLimit::Rate source_rate_;
  std::uint64_t secret_;
  RateLimit all_;
  std::vector<Slot> slots_;
};

/// Records which of each session's last probes a limit refused, so one notice can report many. Has
/// a fixed number of places; a session that collides with another begins anew. Threads: one at a
/// time.
class RefusalLog final {
 public:
  explicit RefusalLog(std::uint64_t secret) : secret_(secret) {}

  /// Of a session, up to its highest refused sequence number.
  struct Entry {
    std::uint64_t session = 0;
    std::uint64_t highest = 0;
    RefusedProbes refused{};
  };
  const Entry& add(std::uint64_t session, std::uint64_t sequence) noexcept;

 private:
  std::uint64_t secret_;
  std::array<Entry, 1024> entries_{};
};

}  // namespace kymo::KYMO_ABI::probe
