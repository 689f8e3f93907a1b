#pragma once

#include <array>
#include <cstdint>

#include "echo_message.h"

namespace kymo::KYMO_ABI::probe {

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
