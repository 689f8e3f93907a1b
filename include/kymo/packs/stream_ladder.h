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

/// How far a session's service is cut down, from nothing to another provider.
enum class DegradeLevel : std::uint8_t { normal, warning, degrade, emergency, failover };

/// "NORMAL", "WARNING", "DEGRADE", "EMERGENCY", "FAILOVER".
[[nodiscard]] KYMO_API std::string_view name_of(DegradeLevel level) noexcept;

/// The level that a realtime factor asks for: NORMAL below 0.8, WARNING below 1.0, DEGRADE up to 1.2, above
/// it EMERGENCY. FAILOVER is not a matter of factors.
[[nodiscard]] KYMO_API DegradeLevel level_for(double realtime_factor) noexcept;

/// What is done at a level: take a smaller model, leave out every other chunk.
struct KYMO_API DegradeAction {
  DegradeLevel level = DegradeLevel::degrade;  ///< from this one on
  std::string name;                            ///< as the messages tell it
  std::function<void()> apply;                 ///< when the level, or a worse one, is entered
  std::function<void()> undo = {};             ///< when the level is left for a better one
};

/// The values above which a sign of overload asks for a level.
struct KYMO_API DegradeThresholds {
  double warning = 0;
  double degrade = 0;
  double emergency = 0;

  /// The sign never asks for a level.
  [[nodiscard]] static constexpr DegradeThresholds off() noexcept {
    constexpr double kNever = std::numeric_limits<double>::infinity();
    return {kNever, kNever, kNever};
  }
  /// The level that a value asks for. NaN asks for NORMAL.
  [[nodiscard]] DegradeLevel level_for(double value) const noexcept;
};

/// The signs that a ladder is led by. The factor alone is blind to a queue that nobody empties: the time that
/// a chunk waits is no part of its processing time.
struct DegradeReading {
  /// Processing time over the length of the audio. Nothing, NaN and a negative one: no new chunks.
  std::optional<double> realtime_factor = {};
  double backlog_seconds = 0;  ///< length of the audio that waits
  double fill_ratio = 0;       ///< of the queue
  double drop_ratio = 0;       ///< see SourceFigures::drop_ratio
};

struct DegradeChange {
  DegradeLevel from = DegradeLevel::normal;
  DegradeLevel to = DegradeLevel::normal;
  std::optional<double> realtime_factor;  ///< nothing where the reading had none, or there was no reading
};

struct DegradeStatus {
  DegradeLevel level = DegradeLevel::normal;
  double seconds_at_level = 0;
  std::uint64_t provider_crashes = 0;
  std::vector<std::string> actions = {};  ///< those in force, in the order they were applied
  /// The signs that ask for more than NORMAL now: of `realtime_factor`, `backlog`, `fill` and `drops`.
  std::vector<std::string> causes = {};
};

struct DegradeOptions {
  std::vector<DegradeAction> actions = {};
  std::function<void(const DegradeChange&)> on_change = {};  ///< after the actions
  /// Told of each callback that threw: whose, and what.
  std::function<void(std::string_view what)> on_fault = {};
  std::chrono::steady_clock::duration stay = std::chrono::seconds(10);  ///< before it goes worse
  std::chrono::steady_clock::duration calm = std::chrono::seconds(30);  ///< before it goes one step back
  /// Seconds of audio that wait. Raise them where one chunk alone is that long.
  DegradeThresholds backlog_seconds = {1, 2, 4};
  /// How full a queue is. The first two are those of the `buffering` and the `overloaded` status; only a
  /// queue above its own limit is an EMERGENCY by this sign.
  DegradeThresholds fill_ratio = {0.85, 0.95, 1};
  /// The share of chunks that were dropped in the last 10 s: WARNING for any, DEGRADE above 5 %, EMERGENCY
  /// above 20 %.
  DegradeThresholds drop_ratio = {0, 0.05, 0.2};
};

/// Decides how far to cut a session's service down, by how long its audio takes to process and by how much of
/// it waits or is dropped.
///
/// - The ladder goes to the worst level that any sign asks for, not before it has been `stay` at its level.
/// - The ladder goes one step back when every factor, if there are any, was below 0.7 for `calm`, and no
/// other sign asked for
///   more than NORMAL. The next step needs as long again.
/// - A provider's crash leads to FAILOVER at once; back from there as from any other level.
///
/// A level that is passed on the way has its actions applied, too. Threads: one at a time; callbacks run
/// within the call. Errors: a callback that throws is told to `on_fault`; its action is not in force, and the
/// ladder stands where it would anyhow. Source of the factor's rule: docs/reference/stream.md.
class KYMO_API DegradeLadder final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Factors below this are calm.
  static constexpr double kCalmBelow = 0.7;

  explicit DegradeLadder(Time start, DegradeOptions options = {});
  DegradeLadder(const DegradeLadder&) = delete;
  DegradeLadder& operator=(const DegradeLadder&) = delete;

  /// A new reading. One without a factor changes nothing unless another sign asks for more than NORMAL.
  /// Before the first factor the other signs alone lead, up and down: some audio has no length.
  void observe(Time now, const DegradeReading& reading);
  void observe(Time now, double realtime_factor) {
    observe(now, DegradeReading{.realtime_factor = realtime_factor});
  }
  void provider_crashed(Time now);
  /// No audio comes any more: NORMAL at once, all actions undone.
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
