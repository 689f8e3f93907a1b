#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kymo::packs {

/// How far a session's service is cut down, from nothing to another provider.
enum class DegradeLevel : std::uint8_t { normal, warning, degrade, emergency, failover };

/// "NORMAL", "WARNING", "DEGRADE", "EMERGENCY", "FAILOVER".
[[nodiscard]] std::string_view name_of(DegradeLevel level) noexcept;

/// The level that a realtime factor asks for: NORMAL below 0.8, WARNING below 1.0, DEGRADE up to 1.2, above
/// it EMERGENCY. FAILOVER is not a matter of factors.
[[nodiscard]] DegradeLevel level_for(double realtime_factor) noexcept;

/// What is done at a level: take a smaller model, leave out every other chunk.
struct DegradeAction {
  DegradeLevel level = DegradeLevel::degrade;  ///< from this one on
  std::string name;                            ///< as the messages tell it
  std::function<void()> apply;                 ///< when the level, or a worse one, is entered
  std::function<void()> undo = {};             ///< when the level is left for a better one
};

struct DegradeChange {
  DegradeLevel from = DegradeLevel::normal;
  DegradeLevel to = DegradeLevel::normal;
  std::optional<double> realtime_factor;  ///< nothing where the provider crashed
};

struct DegradeStatus {
  DegradeLevel level = DegradeLevel::normal;
  double seconds_at_level = 0;
  std::uint64_t provider_crashes = 0;
  std::vector<std::string> actions = {};  ///< those in force, in the order they were applied
};

struct DegradeOptions {
  std::vector<DegradeAction> actions = {};
  std::function<void(const DegradeChange&)> on_change = {};  ///< after the actions
  /// Told of each callback that threw: whose, and what.
  std::function<void(std::string_view what)> on_fault = {};
  std::chrono::steady_clock::duration stay = std::chrono::seconds(10);  ///< before it goes worse
  std::chrono::steady_clock::duration calm = std::chrono::seconds(30);  ///< before it goes one step back
};

/// Decides how far to cut a session's service down, by how long its audio takes to process.
///
/// - It goes worse to the level that the factor asks for, not before it has been `stay` at the one it is at.
/// - It goes one step back when every factor was below 0.7 for `calm`; the next step needs as long again.
/// - A provider's crash leads to FAILOVER at once; back from there as from any other level.
///
/// A level that is passed on the way has its actions applied, too. Threads: one at a time; callbacks run
/// within the call. Errors: a callback that throws is told to `on_fault`; its action is not in force, and the
/// ladder stands where it would anyhow.
class DegradeLadder final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Factors below this are calm.
  static constexpr double kCalmBelow = 0.7;

  explicit DegradeLadder(Time start, DegradeOptions options = {});
  DegradeLadder(const DegradeLadder&) = delete;
  DegradeLadder& operator=(const DegradeLadder&) = delete;

  /// A new reading. NaN and negative ones change nothing. Without readings the ladder stands still.
  void observe(Time now, double realtime_factor);
  void provider_crashed(Time now);

  [[nodiscard]] DegradeLevel level() const noexcept { return level_; }
  [[nodiscard]] DegradeStatus status(Time now) const;

 private:
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
  std::vector<const DegradeAction*> in_force_;  // of options_, in the order applied
};

}  // namespace kymo::packs
