#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::packs {

/// Degree of a session's reduced service, from none to a failover to another provider.
enum class DegradeLevel : std::uint8_t { normal, warning, degrade, emergency, failover };

/// "NORMAL", "WARNING", "DEGRADE", "EMERGENCY", "FAILOVER".
[[nodiscard]] KYMO_API std::string_view name_of(DegradeLevel level) noexcept;

/// The level for a realtime factor: NORMAL below 0.8, WARNING below 1.0, DEGRADE up to 1.2, above it
/// EMERGENCY. No factor leads to FAILOVER.
[[nodiscard]] KYMO_API DegradeLevel level_for(double realtime_factor) noexcept;

/// An action at a level: take a smaller model, skip every other chunk.
struct KYMO_API DegradeAction {
  DegradeLevel level = DegradeLevel::degrade;  ///< the action is in force from this level on
  std::string name;                            ///< its name in messages
  std::function<void()> apply;                 ///< called when the level, or a worse one, is entered
  std::function<void()> undo = {};             ///< called when the level is left for a better one
};

/// A signal of overload demands a level when its value is above that level's threshold.
struct KYMO_API DegradeThresholds {
  double warning = 0;
  double degrade = 0;
  double emergency = 0;

  /// The signal never demands a level.
  [[nodiscard]] static constexpr DegradeThresholds off() noexcept {
    constexpr double kNever = std::numeric_limits<double>::infinity();
    return {kNever, kNever, kNever};
  }
  /// The level that a value demands. NaN demands NORMAL.
  [[nodiscard]] DegradeLevel level_for(double value) const noexcept;
};

/// The signals that lead a ladder. The factor alone misses a queue that nobody empties: waiting time is no
/// part of a chunk's processing time.
struct DegradeReading {
  /// Processing time over the length of the audio. Empty, NaN or negative: no new chunks.
  std::optional<double> realtime_factor = {};
  double backlog_seconds = 0;  ///< length of the waiting audio
  double fill_ratio = 0;       ///< of the queue
  double drop_ratio = 0;       ///< see SourceFigures::drop_ratio
};

struct DegradeChange {
  DegradeLevel from = DegradeLevel::normal;
  DegradeLevel to = DegradeLevel::normal;
  std::optional<double> realtime_factor;  ///< empty where the reading had none, or there was no reading
};

struct DegradeStatus {
  DegradeLevel level = DegradeLevel::normal;
  double seconds_at_level = 0;
  std::uint64_t provider_crashes = 0;
  std::vector<std::string> actions = {};  ///< actions in force, in the order they were applied
  /// The signals that demand more than NORMAL now: of `realtime_factor`, `backlog`, `fill` and `drops`.
  std::vector<std::string> causes = {};
};

struct DegradeOptions {
  std::vector<DegradeAction> actions = {};
  std::function<void(const DegradeChange&)> on_change = {};  ///< after the actions
  /// Gets each exception of a callback: the callback's name and the message.
  std::function<void(std::string_view what)> on_fault = {};
  std::chrono::steady_clock::duration stay = std::chrono::seconds(10);  ///< before it gets worse
  std::chrono::steady_clock::duration calm = std::chrono::seconds(30);  ///< calm time before each step back
  /// Seconds of waiting audio. Raise them where one chunk alone is that long.
  DegradeThresholds backlog_seconds = {1, 2, 4};
  /// Fill of a queue. The first two are those of the `buffering` and the `overloaded` status; only a queue
  /// above its own limit is an EMERGENCY by this signal.
  DegradeThresholds fill_ratio = {0.85, 0.95, 1};
  /// The share of dropped chunks in the last 10 s: WARNING for any, DEGRADE above 5 %, EMERGENCY
  /// above 20 %.
  DegradeThresholds drop_ratio = {0, 0.05, 0.2};
};

/// Decides how far to reduce a session's service, by its audio's processing time, backlog and drops.
///
/// - The ladder goes to the worst level that any signal demands, after at least `stay` at its level.
/// - The ladder goes one step back when, for `calm`, every factor was below 0.7 (or there was none), and no
///   other signal demanded more than NORMAL.
/// - The next step back needs as long again.
/// - A provider's crash leads to FAILOVER at once. The way back is the same as from any other level.
///
/// The ladder also applies the actions of levels that it passes. Threads: one at a time; callbacks run
/// within the call. Errors: an exception goes to `on_fault`. That action is not in force, and the ladder
/// moves all the same. Source of the factor's rule: docs/reference/stream.md.
class KYMO_API DegradeLadder final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Factors below this are calm.
  static constexpr double kCalmBelow = 0.7;

  explicit DegradeLadder(Time start, DegradeOptions options = {});
  DegradeLadder(const DegradeLadder&) = delete;
  DegradeLadder& operator=(const DegradeLadder&) = delete;

  /// Takes a new reading. A reading without a factor has an effect only if another signal demands more than
  /// NORMAL. Before the first factor the other signals lead alone, up and down: some audio has no length.
  void observe(Time now, const DegradeReading& reading);
  void observe(Time now, double realtime_factor) {
    observe(now, DegradeReading{.realtime_factor = realtime_factor});
  }
  void provider_crashed(Time now);
  /// No more audio arrives: NORMAL at once, all actions undone.
  void idle(Time now);

  [[nodiscard]] DegradeLevel level() const noexcept { return level_; }
  [[nodiscard]] DegradeStatus status(Time now) const;

 private:
  DegradeLevel judge(const DegradeReading& reading, bool has_factor);
  void change(Time now, DegradeLevel to, std::optional<double> factor);
  void apply(DegradeLevel entered);
  void undo(DegradeLevel left);
  template <class Call>
  bool guarded(std::string_view whose, const Call& call) const;

  DegradeOptions options_;
  DegradeLevel level_ = DegradeLevel::normal;
  Time since_;
  std::optional<Time> calm_since_;
  std::uint64_t crashes_ = 0;
  std::optional<double> last_factor_;           // of the last reading that had one
  std::vector<std::string> causes_;             // as of the last reading
  std::vector<const DegradeAction*> in_force_;  // of options_, in the order applied
};

}  // namespace kymo::KYMO_ABI::packs
