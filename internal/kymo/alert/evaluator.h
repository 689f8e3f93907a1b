#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/alert/alert_states.h>
#include <kymo/alert/rule_file.h>
#include <kymo/base/clock.h>
#include <kymo/query/engine.h>
#include <kymo/series/sample_sink.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::alert {

/// The rules of one file, or of a text of the application.
struct RuleSource {
  std::string file;  ///< its path, or a name
  std::vector<RuleGroup> groups;
};

struct EvaluatorOptions {
  std::chrono::milliseconds interval = std::chrono::minutes(1);  ///< of groups that have none
  std::chrono::milliseconds query_offset{0};                     ///< of groups that have none
  /// An alert with a longer `for` goes on where an earlier process left it, and fires this time after the
  /// start at the earliest. Others begin anew. Source: Prometheus, `--rules.alert.for-grace-period`.
  std::chrono::milliseconds for_grace_period = std::chrono::minutes(10);
  /// States older than that are not taken up again.
  std::chrono::milliseconds outage_tolerance = std::chrono::hours(1);
  /// The store has the states of an earlier process.
  bool restores = false;
  // For templates.
  series::LabelSet external_labels = {};
  std::string external_url = {};
  /// Called after the evaluation that changed the state, on its thread. An exception is counted.
  std::function<void(const AlertTransition&)> on_transition = nullptr;
};

enum class RuleHealth : std::uint8_t { unknown, ok, bad };

/// A rule, and its last evaluation. Values; nothing points into the evaluator.
struct RuleStatus {
  RuleKind kind = RuleKind::recording;
  std::string name;
  std::string query;  ///< in its canonical form
  std::int64_t for_ms = 0;
  std::int64_t keep_firing_ms = 0;
  series::LabelSet labels;  ///< as in the file, with those of the group
  TextPairs annotations;
  RuleHealth health = RuleHealth::unknown;
  std::string error = {};
  std::int64_t evaluated_ms = kNever;
  std::chrono::nanoseconds duration{0};
  std::vector<Alert> alerts = {};  ///< pending and firing
};

struct GroupStatus {
  std::string name;
  std::string file;
  std::int64_t interval_ms = 0;
  std::size_t limit = 0;
  std::int64_t evaluated_ms = kNever;
  std::chrono::nanoseconds duration{0};
  std::vector<RuleStatus> rules;
  // Since the group came.
  std::uint64_t iterations = 0;  ///< those that were missed among them
  std::uint64_t missed = 0;
  std::uint64_t evaluations = 0;  ///< of rules
  std::uint64_t failures = 0;
  std::uint64_t samples = 0;  ///< of the last iteration
  std::chrono::nanoseconds total_duration{0};
};

/// Evaluates groups of rules over a store, and writes their series into it: the recorded ones, `ALERTS` and
/// `ALERTS_FOR_STATE`.
///
/// Groups are evaluated at multiples of their interval, each shifted by an offset of its own, as in
/// Prometheus. Threads: tick() and use() one at a time, which a lock ensures; the rest any, without waiting
/// for an evaluation. All parameters must outlive the evaluator. Source: Prometheus 3.14, `rules`.
class Evaluator final {
 public:
  Evaluator(const series::SeriesReader& store, series::SampleSink& sink, const query::Engine& engine,
            const base::Clock& clock, EvaluatorOptions options);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  ~Evaluator();

  /// Takes these rules in place of those before. A group of the same file and name goes on, and its rules of
  /// the same name and labels keep their alerts. Series of rules that left end at `now_ms`. Waits for a
  /// running evaluation. Throws `std::bad_alloc`; then the rules before stay.
  void use(std::vector<RuleSource> sources, std::int64_t now_ms);

  /// Evaluates the groups that are due. The store has all samples up to that time. Times that passed since
  /// the last call are missed, except the latest. `is_after_gap`: the store has no samples of the time since
  /// the last call. Then no time before now is evaluated, and that time does not count towards `for`.
  void tick(std::int64_t now_ms, bool is_after_gap, const std::stop_token& stop = {});

  [[nodiscard]] std::vector<GroupStatus> groups() const;
  /// Calls of `on_transition` that threw.
  [[nodiscard]] std::uint64_t callback_failures() const noexcept;

 private:
  struct Group;
  struct ActiveRule;
  class Iteration;

  [[nodiscard]] std::shared_ptr<Group> make_group(RuleGroup group, const std::string& file,
                                                  std::int64_t now_ms) const;
  static void take_over(Group& group, Group& before);
  void end_series(Group& group, std::int64_t now_ms);
  void restore(Group& group, std::int64_t time_ms);
  void restore_rule(ActiveRule& rule, std::int64_t time_ms);
  void tell(const std::vector<AlertTransition>& transitions) noexcept;

  const series::SeriesReader& store_;
  series::SampleSink& sink_;
  const query::Engine& engine_;
  const base::Clock& clock_;
  const EvaluatorOptions options_;
  std::mutex evaluating_;     ///< before mutex_
  mutable std::mutex mutex_;  ///< the states, which the evaluating thread alone changes
  std::vector<std::shared_ptr<Group>> groups_;
  std::uint64_t callback_failures_ = 0;
};

}  // namespace kymo::KYMO_ABI::alert
