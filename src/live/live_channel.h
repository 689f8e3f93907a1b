#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>

#include "client_message.h"
#include "series_table.h"

namespace kymo::KYMO_ABI::live {

class LiveClient;

/// Limits of the frames that a channel keeps for returning clients, and whether clients share encodings.
struct ChannelLimits {
  std::size_t replay_frames = 120;
  std::size_t replay_bytes = 4 * 1024 * 1024;
  bool shares_frames = true;
};

/// All clients of one subscription. Their frames are made here, once each.
///
/// Frames come at multiples of 1/rate_hz since `begin`, and the multiple is their number. So it grows by one
/// a frame, and is equal for all channels of one rate. Threads: one at a time.
class LiveChannel final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Text = std::shared_ptr<const std::string>;
  using OnEncoded = std::function<void(std::chrono::nanoseconds)>;

  LiveChannel(Subscription subscription, Time begin, ChannelLimits limits, OnEncoded on_encoded);
  LiveChannel(const LiveChannel&) = delete;
  LiveChannel& operator=(const LiveChannel&) = delete;

  [[nodiscard]] const Subscription& subscription() const noexcept { return subscription_; }
  /// When the next frame is due.
  [[nodiscard]] Time next_due() const noexcept;
  /// Makes a Snapshot the frame at `now`.
  void advance(const std::shared_ptr<const Snapshot>& snapshot, Time now);

  /// The last frame's number.
  [[nodiscard]] Seq seq() const noexcept { return seq_; }
  /// The whole last frame; before it the kept frames after `since`.
  [[nodiscard]] Text full(std::optional<Seq> since);
  /// The changes from frame `since` to the last one. Null if `since` is too old.
  [[nodiscard]] Text delta(Seq since);

  std::vector<std::shared_ptr<LiveClient>> clients;
  Time abandoned{};  ///< when the last client left

 private:
  struct Frame {
    Seq seq = 0;
    std::string head;  ///< `"seq":…,"time":…`
    Text delta;
    SeriesTable::ValuesPlace values;  ///< in `delta`
  };
  struct Encoded {
    Seq since = 0;
    Text text;
  };

  [[nodiscard]] Time time_of(Seq seq) const noexcept;
  [[nodiscard]] std::string frame_head() const;
  Text encode_full(std::optional<Seq> since);
  Text encode_delta(Seq since, SeriesTable::ValuesPlace& values);
  void keep(Frame frame);
  void write_replay(Seq since, std::string& out) const;
  template <class Write>
  Text timed(const Write& write);

  const Subscription subscription_;
  const Time begin_;
  const ChannelLimits limits_;
  const OnEncoded on_encoded_;
  SeriesTable table_;
  Seq seq_ = 0;
  std::shared_ptr<const Snapshot> snapshot_;  ///< of the last frame; holds its times
  std::deque<Frame> replay_;
  std::size_t replay_bytes_ = 0;
  Text full_;                     ///< of the last frame, once requested
  std::vector<Encoded> deltas_;   ///< to the last frame, as requested
  std::string scratch_;           ///< buffer for deltas
  std::size_t largest_full_ = 0;  ///< capacity to reserve
};

}  // namespace kymo::KYMO_ABI::live
