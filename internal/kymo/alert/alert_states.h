#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

#include <kymo/alert/rule_file.h>
#include <kymo/series/label_set.h>

namespace kymo::KYMO_ABI::alert {

enum class AlertState : std::uint8_t { inactive, pending, firing };

/// `inactive`, `pending` or `firing`, as Prometheus writes it.
[[nodiscard]] std::string_view state_text(AlertState state) noexcept;

/// Stands for a time that has not come. Others are milliseconds since 1970.
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

/// One series of an alerting query's result, with the labels of the rule.
struct AlertResult {
  series::LabelSet labels;
  TextPairs annotations = {};  ///< expanded
  double value = 0;
};

/// One alert of a rule.
struct Alert {
  series::LabelSet labels;     ///< `alertname` among them
  TextPairs annotations = {};  ///< expanded, at the last result
  AlertState state = AlertState::pending;
  double value = 0;
  std::int64_t active_ms = kNever;  ///< when the query first had the result; later where `for` was put off
  std::int64_t fired_ms = kNever;
  std::int64_t resolved_ms = kNever;
  std::int64_t keep_firing_since_ms = kNever;
  bool is_new = true;  ///< since the last evaluation
};

/// A change of one alert's state.
struct AlertTransition {
  std::string_view group = {};
  std::string_view rule = {};
  AlertState from = AlertState::inactive;
  Alert alert;  ///< as it is now
  std::int64_t time_ms = 0;
};

/// The alerts of one rule from evaluation to evaluation. Threads: one. Source: Prometheus 3.14, `rules`.
class AlertStates final {
 public:
  /// Resolved alerts are kept for receivers that did not get the news yet.
  static constexpr std::int64_t kKeepResolvedMs = std::int64_t{15} * 60 * 1000;

  using Alerts = std::map<series::LabelSet, Alert>;

  AlertStates(std::int64_t for_ms, std::int64_t keep_firing_ms) noexcept
      : for_ms_(for_ms), keep_firing_ms_(keep_firing_ms) {}

  /// Takes the results of the query at that time; each label set once. Returns the number of alerts that are
  /// pending or firing. Throws `std::bad_alloc`.
  std::size_t update(std::int64_t time_ms, std::vector<AlertResult> results,
                     std::vector<AlertTransition>& transitions);
  /// Forgets all alerts.
  void clear() noexcept { alerts_.clear(); }
  /// Time for which nothing was evaluated does not count towards `for`.
  void put_off(std::int64_t milliseconds) noexcept;

  [[nodiscard]] const Alerts& alerts() const noexcept { return alerts_; }
  [[nodiscard]] Alerts& alerts() noexcept { return alerts_; }

 private:
  void take(std::int64_t time_ms, std::vector<AlertResult> results);
  /// Whether the alert goes on without a result.
  [[nodiscard]] bool keeps_firing(Alert& alert, std::int64_t time_ms) const noexcept;

  std::int64_t for_ms_;
  std::int64_t keep_firing_ms_;
  Alerts alerts_;
  std::vector<const Alert*> present_;  ///< with a result, ascending by address
};

}  // namespace kymo::KYMO_ABI::alert
