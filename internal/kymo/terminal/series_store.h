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

/// What a frame says of a series.
using Reading = std::variant<double, HistogramReading, WindowReading>;
using LabelList = std::vector<std::pair<std::string, std::string>>;

/// Makes a World of what comes in, frame by frame. Frames closer than a second become one moment, so that
/// five minutes of any rate take the same memory: 8 bytes a moment and field, some 400 moments. Threads: one.
class SeriesStore final {
 public:
  /// Series beyond that are counted and not kept.
  static constexpr std::size_t kMaxSeries = 20'000;
  /// What the verdict looks back at, and some more.
  static constexpr double kKeptSeconds = 310;

  [[nodiscard]] const World& world() const noexcept { return world_; }
  /// Of the last frame; nothing where there was none.
  [[nodiscard]] std::optional<std::uint64_t> last_seq() const noexcept { return last_seq_; }

  /// `time`: of the server's clock. A server that started anew counts from 0: its series go on after a gap.
  /// Where its clock is behind, its moments have no place after those that were, and all begins anew.
  void hello(std::string_view instance, std::string_view server, double tick_seconds, double time);

  /// Ids hold until the next `forget_ids()`. An id that is not known is ignored.
  void forget_ids();
  void adopt_family(std::uint32_t id, std::string_view name, Kind kind, std::string_view unit);
  /// Whether it is there now. A frame that names all series ends those that it does not (`end_unnamed()`).
  bool adopt_series(std::uint32_t id, std::uint32_t family_id, LabelList labels);
  void end_unnamed();
  void end_series(std::uint32_t id);

  /// To be called before a frame that is no replay is begun. Where the server's clock was set back, all that
  /// is kept is moved back behind a gap, so that time goes on. The uptime tells by how much.
  void follow_clock(double time, double uptime_seconds);
  /// Begins a frame; false: it is older than what is known, and says nothing new.
  bool begin(std::optional<std::uint64_t> seq, double time);
  /// `from_nothing`: the series began since the frame before, so that all it counted is growth.
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
