#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/voice_protocol.h"

namespace voice {

/// Puts the datagrams of one UDP stream back in order, by their 16-bit sequence numbers.
///
/// A datagram that arrives too early waits for those before it, or until one arrives that is `kWindow` ahead:
/// then the missing ones count as lost. A jump of more than 3 000 forward or 100 back is a restarted sender.
/// Bounded: holds `kWindow` datagrams. Threads: one at a time. Source: RFC 3550, appendix A.1 (the limits of
/// a jump).
class ReorderBuffer final {
 public:
  static constexpr std::size_t kWindow = 8;  // 160 ms

  /// The effect of one datagram.
  struct Outcome {
    std::vector<AudioDatagram> in_order;  ///< for the pipeline, now
    std::size_t lost = 0;                 ///< counted as lost
    std::size_t gaps = 0;                 ///< 1 if numbers before this one are missing so far
    std::size_t late = 0;                 ///< 1 if it already counted as lost
    std::size_t duplicates = 0;           ///< 1 if it had arrived before
    std::size_t restarts = 0;             ///< 1 if the sender restarted
  };

  [[nodiscard]] Outcome push(AudioDatagram datagram);

  /// Returns all waiting datagrams; for the end of a stream.
  [[nodiscard]] Outcome flush();

 private:
  void begin_at(std::uint16_t sequence);
  void restart_at(std::uint16_t sequence, Outcome& outcome);
  void keep(AudioDatagram datagram, Outcome& outcome);
  void count_old(std::size_t age, Outcome& outcome) const;
  void advance(Outcome& outcome);
  void give_up_before(std::uint16_t sequence, Outcome& outcome);
  [[nodiscard]] std::optional<AudioDatagram>& slot(std::uint16_t sequence) {
    return slots_[sequence % kWindow];
  }

  static constexpr int kLongestJump = 3'000;
  static constexpr int kOldest = 100;

  bool started_ = false;
  std::uint16_t next_ = 0;   // the next number for the pipeline
  std::uint16_t ahead_ = 0;  // one after the highest number seen
  std::array<std::optional<AudioDatagram>, kWindow> slots_;
  std::bitset<kOldest + 1> delivered_;  // bit i: next_ - 1 - i was returned
};

}  // namespace voice
