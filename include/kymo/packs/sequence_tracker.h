#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::packs {

/// Width of a sequence number on the wire; it wraps around at 2^16 or 2^32.
enum class SequenceBits : std::uint8_t { k16, k32 };

/// Limits of a SequenceTracker, clamped to 1 … 32 767.
struct SequenceOptions {
  SequenceBits bits = SequenceBits::k16;
  /// A number further ahead is a jump and no loss.
  std::uint32_t max_ahead = 3000;
  /// A number further behind is a jump and not late. Duplicates are detected this far back.
  std::uint32_t max_behind = 100;
  /// A packet this many numbers behind is too late to be useful: the depth of the reader's jitter buffer.
  std::uint32_t late_after = 8;
};

/// The effect of one packet; add the fields up for totals.
struct SequenceChange {
  std::int64_t dropped = 0;      ///< change of the count of missing numbers; negative: fewer are missing
  std::uint32_t gaps = 0;        ///< 1 where numbers before this one were skipped
  std::uint32_t reordered = 0;   ///< 1 where a higher number had come before
  std::uint32_t late = 0;        ///< 1 where it is reordered by `late_after` or more
  std::uint32_t duplicates = 0;  ///< 1 where the number had come before
  std::uint32_t strays = 0;      ///< 1 where a single packet turned out to belong nowhere
  std::uint32_t restarts = 0;    ///< 1 where the sender turned out to have begun anew

  friend bool operator==(const SequenceChange&, const SequenceChange&) = default;
};

/// Follows the sequence numbers of one stream of packets, and reports loss, reordering, duplicates and
/// restarts of the sender.
///
/// Between restarts, dropped is the count of numbers from the lowest to the highest seen, less the different
/// ones seen. A packet that arrives after all takes its drop back. A number outside `max_ahead` and
/// `max_behind` is held. If the next such number is within `late_after` of it, the sender began anew there.
/// Else, or when the old sequence goes on, the held packet was a stray and changes nothing. A restart within
/// `max_behind` looks like duplicates; a caller that knows of it calls restart(). Threads: one at a time.
/// Cost: a few nanoseconds; for a jump ahead, one bit for each skipped number, at most `max_behind`. Source:
/// RFC 3550, A.1 (limits of a jump, two packets for a restart); RFC 4737 (reordered).
class KYMO_API SequenceTracker final {
 public:
  explicit SequenceTracker(const SequenceOptions& options = {});

  /// Records a packet. Bits beyond the number's width are ignored.
  SequenceChange receive(std::uint32_t number);

  /// The sender begins anew: the next number becomes the first, without a loss.
  void restart() noexcept;

  /// The highest number of the sequence, as on the wire; nothing before the first packet.
  [[nodiscard]] std::optional<std::uint32_t> current() const noexcept;

 private:
  [[nodiscard]] std::int64_t distance(std::uint32_t from, std::uint32_t to) const noexcept;
  [[nodiscard]] std::uint32_t wire(std::int64_t number) const noexcept {
    return static_cast<std::uint32_t>(number) & mask_;
  }
  [[nodiscard]] std::vector<bool>::reference seen(std::int64_t number);
  void begin_at(std::uint32_t number);
  void take(std::int64_t ahead, SequenceChange& change);
  void advance(std::int64_t ahead, SequenceChange& change);
  void look_back(std::int64_t behind, SequenceChange& change);
  void set_aside(std::uint32_t number, SequenceChange& change);

  std::uint32_t mask_;
  std::int64_t max_ahead_;
  std::int64_t max_behind_;
  std::int64_t late_after_;
  std::int64_t near_;  // distance to a held number that confirms a new sequence
  bool started_ = false;
  std::int64_t lowest_ = 0;  // both count on where the number on the wire wraps around
  std::int64_t highest_ = 0;
  std::vector<bool> seen_;  // of the numbers from highest_ - max_behind_ to highest_, by remainder
  std::optional<std::uint32_t> aside_;
};

}  // namespace kymo::KYMO_ABI::packs
