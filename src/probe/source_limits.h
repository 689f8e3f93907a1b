#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kymo/net/resolve.h>

#include "echo_message.h"
#include "rate_limit.h"

namespace kymo::KYMO_ABI::probe {

/// Limits each source by itself and all together, with memory for a fixed number of sources. One that finds
/// no room takes that of the one that was quiet for longest among a few, chosen by a hash that nobody outside
/// knows; so the limit of one holds while there are not many more sources than there is room for, and that of
/// all always. Threads: one at a time.
class SourceLimits final {
 public:
  SourceLimits(double per_second, double per_second_per_source, std::size_t sources, std::uint64_t secret);

  /// Whether this source may have one more answer, which is then counted; else the limit that forbids it.
  [[nodiscard]] EchoLimit take(const net::SocketAddress& source, RateLimit::Time now) noexcept;

 private:
  struct Slot {
    std::uint64_t source = 0;  // of its address, by the secret
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

}  // namespace kymo::KYMO_ABI::probe
