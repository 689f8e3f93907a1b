#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

struct HistogramReading {
  double count = 0;
  double sum = 0;
  double min = kUnknown;
  double max = kUnknown;
  Buckets buckets;  ///< totals
};

struct WindowReading {
  double count = 0;
  double mean = kUnknown;
  double p50 = kUnknown;
  double p95 = kUnknown;
  double p99 = kUnknown;
};

/// A series' value in a frame.
using Reading = std::variant<double, HistogramReading, WindowReading>;
using LabelList = std::vector<std::pair<std::string, std::string>>;

/// Builds a World frame by frame. Frames closer than a second become one moment, so five minutes of any rate
/// take the same memory: 8 bytes a moment and field, some 400 moments. Threads: one.
class SeriesStore final {
 public:
  /// Series beyond this are counted and not kept.
  static constexpr std::size_t kMaxSeries = 20'000;
  /// The range of the verdict, and some more.
  static constexpr double kKeptSeconds = 310;

  [[nodiscard]] const World& world() const noexcept { return world_; }
  /// Of the last frame; nothing before the first.
  [[nodiscard]] std::optional<std::uint64_t> last_seq() const noexcept { return last_seq_; }

  /// `time`: of the server's clock. A restarted server counts from 0: its series go on after a gap. If its
  /// clock is behind, its moments would come before the old ones, so all data begin anew.
  void hello(std::string_view instance, std::string_view server, double tick_seconds, double time);

  /// Ids are valid until the next `forget_ids()`. An unknown id is ignored.
  void forget_ids();
  void adopt_family(std::uint32_t id, std::string_view name, Kind kind, std::string_view unit);
  /// True if the series is stored now. A frame with all series ends the others (`end_unnamed()`).
  bool adopt_series(std::uint32_t id, std::uint32_t family_id, LabelList labels);
  void end_unnamed();
  void end_series(std::uint32_t id);

  /// Call it before begin() of a frame that is no replay. If the server's clock was set back, all data are
  /// moved back behind a gap, so time goes on. The uptime tells by how much.
  void follow_clock(double time, double uptime_seconds);
  /// Begins a frame. False: the frame is older than the stored data.
  bool begin(std::optional<std::uint64_t> seq, double time);
  /// `from_nothing`: the series began since the frame before, so its whole count is growth.
  void set(std::uint32_t id, const Reading& reading, bool from_nothing);
  void set_uptime(double seconds) noexcept { world_.uptime_seconds = seconds; }

 private:
  struct Place {
    Family* family;
    Series* series;
  };
  void push(double time, std::size_t back);
  void push_gap(double time);
  void compact();
  void set_buckets(Series& series, const HistogramReading& reading, bool from_nothing) const;

  World world_;
  std::string instance_;
  std::optional<std::uint64_t> last_seq_;
  std::unordered_map<std::uint32_t, Family*> families_;
  std::unordered_map<std::uint32_t, Place> series_;
  std::size_t count_ = 0;
  double moment_began_ = kUnknown;
  bool has_restarted_ = false;  ///< since the last moment
  bool is_cut_off_ = false;     ///< the next moment does not go on from the last one
};

}  // namespace kymo::KYMO_ABI::terminal
