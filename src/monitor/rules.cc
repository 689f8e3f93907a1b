#include "rules.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <string_view>
#include <utility>

#include <kymo/base/thread.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

/// Ticks without which the past has a gap.
constexpr int kGapTicks = 3;
constexpr std::chrono::seconds kCheckFilesEvery{2};

std::int64_t milliseconds_of(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

AlertState state_of(alert::AlertState state) {
  switch (state) {
    case alert::AlertState::inactive: return AlertState::inactive;
    case alert::AlertState::pending: return AlertState::pending;
    case alert::AlertState::firing: return AlertState::firing;
  }
  return AlertState::inactive;
}

AlertEvent event_of(const alert::AlertTransition& transition) {
  using std::chrono::milliseconds;
  AlertEvent event{
      .group = std::string(transition.group),
      .alert = std::string(transition.rule),
      .from = state_of(transition.from),
      .to = state_of(transition.alert.state),
      .labels = {},
      .annotations = transition.alert.annotations,
      .value = transition.alert.value,
      .time = std::chrono::system_clock::time_point(milliseconds(transition.time_ms)),
      .active_since = std::chrono::system_clock::time_point(milliseconds(transition.alert.active_ms))};
  for (const Label label : transition.alert.labels) event.labels.emplace_back(label.key, label.value);
  return event;
}

std::function<void(const alert::AlertTransition&)> listener_of(const RuleOptions& options) {
  if (!options.on_alert) return nullptr;
  return [on_alert = options.on_alert](const alert::AlertTransition& one) { on_alert(event_of(one)); };
}

std::size_t count_of(const std::vector<alert::RuleSource>& sources) {
  std::size_t rules = 0;
  for (const alert::RuleSource& source : sources) {
    for (const alert::RuleGroup& group : source.groups) rules += group.rules.size();
  }
  return rules;
}

}  // namespace

Rules::Rules(const PartContext& context, history::Store* store)
    : logger_(context.logger),
      clock_(context.clock),
      tick_interval_(context.options.tick_interval),
      view_(store == nullptr ? std::nullopt
                             : std::optional<query::ClassicView>(std::in_place,
                                                                 static_cast<series::SeriesReader&>(*store))),
      engine_(engine_options(context.options.query)) {
  if (store != nullptr) {
    evaluator_.emplace(*view_, *store, engine_, clock_,
                       alert::EvaluatorOptions{.interval = context.options.rules.interval,
                                               .restores = !context.options.history.directory.empty(),
                                               .on_transition = listener_of(context.options.rules)});
  }
  use(load(context.options.rules));
}

LoadedRules Rules::load(const RuleOptions& options) const {
  LoadedRules loaded = load_rules(options);
  if (!evaluator_ && count_of(loaded.sources) != 0) {
    throw ConfigError(
        "rules.files: rules need a past to query, and history.memory is 0; set it, or no rules");
  }
  return loaded;
}

void Rules::count_refused() noexcept {
  const std::lock_guard lock(mutex_);
  is_reload_good_ = false;
}

void Rules::use(LoadedRules rules) {
  const std::lock_guard loading(loading_);
  const std::size_t count = count_of(rules.sources);
  if (evaluator_) evaluator_->use(std::move(rules.sources), milliseconds_of(clock_.system_now()));
  rules.sources.clear();
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(rules);
  seen_marks_ = loaded_.marks;
  has_rules_ = count != 0;
  is_reload_good_ = true;
  reloaded_ms_ = milliseconds_of(clock_.system_now());
  if (is_started_) start_thread();
}

/// Under the lock. A Monitor without rules and files has no thread for them.
void Rules::start_thread() {
  if (thread_.joinable() || !evaluator_ || (!has_rules_ && loaded_.options.files.empty())) return;
  try {
    thread_ = base::start_thread("kymo-rules", [this] { run(); });
  } catch (const std::system_error& error) {
    logger_.error("rules are not evaluated: no thread could be made", {{"reason", error.what()}});
  }
}

void Rules::start() {
  const std::lock_guard loading(loading_);
  const std::lock_guard lock(mutex_);
  is_started_ = true;
  start_thread();
}

void Rules::stop() noexcept {
  stop_.request_stop();
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    is_started_ = false;
    thread = std::move(thread_);
  }
  wake_.notify_all();
  if (thread.joinable()) thread.join();
}

/// A wall clock that was set back makes ticks that the history refuses. A pause, of the process or of the
/// machine, leaves a gap in the history.
void Rules::on_tick(const pulse::Tick& tick) {
  if (tick.snapshot == nullptr) return;
  const std::int64_t time = milliseconds_of(tick.time);
  {
    const std::lock_guard lock(mutex_);
    const bool is_first = last_tick_ms_ == 0;
    if (time <= last_tick_ms_) return;
    const auto most = kGapTicks * tick_interval_;
    const bool is_gap = !is_first && (std::chrono::milliseconds(time - last_tick_ms_) > most ||
                                      tick.steady - last_tick_ > most);
    last_tick_ms_ = time;
    last_tick_ = tick.steady;
    if (!thread_.joinable()) return;
    pending_ = {.time_ms = time, .is_after_gap = is_gap || (pending_ && pending_->is_after_gap)};
  }
  wake_.notify_one();
}

void Rules::run() {
  auto next_check = std::chrono::steady_clock::now() + kCheckFilesEvery;
  while (!stop_.stop_requested()) {
    std::optional<Pending> now;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next_check, [&] { return pending_ || stop_.stop_requested(); });
      now = std::exchange(pending_, std::nullopt);
    }
    if (stop_.stop_requested()) return;
    if (now) evaluator_->tick(now->time_ms, now->is_after_gap, stop_.get_token());
    if (std::chrono::steady_clock::now() < next_check) continue;
    check_files();
    next_check = std::chrono::steady_clock::now() + kCheckFilesEvery;
  }
}

/// Files that changed are read once they rest: an editor may write one in steps.
void Rules::check_files() noexcept try {
  RuleOptions options;
  {
    const std::lock_guard loading(loading_);
    if (loaded_.options.files.empty()) return;
    std::vector<FileMark> marks = marks_of(loaded_.options.files);
    const bool rests = marks == seen_marks_;
    seen_marks_ = marks;
    if (!rests || marks == loaded_.marks || marks == refused_marks_) return;
    refused_marks_ = std::move(marks);
    options = loaded_.options;
  }
  use(load(options));
  logger_.info("rules reloaded, for their files changed");
} catch (const std::exception& error) {
  count_refused();
  logger_.error("rules refused, the old ones stay", {{"reason", error.what()}});
}

void Rules::write(SnapshotWriter& writer) const {
  if (!evaluator_) return;
  const std::vector<alert::GroupStatus> groups = evaluator_->groups();
  {
    const std::lock_guard lock(mutex_);
    if (groups.empty() && loaded_.options.files.empty()) return;
    writer
        .gauge(
            {"kymo_rule_last_reload_successful", "Whether the last reload of the rules was taken: 1 or 0."})
        .add(is_reload_good_ ? 1 : 0);
    writer
        .gauge({"kymo_rule_last_reload_success_timestamp_seconds",
                "Time of the last reload of the rules that was taken.", "seconds"})
        .add(static_cast<double>(reloaded_ms_) / 1e3);
  }
  using Status = alert::GroupStatus;
  const auto each = [&](FamilyWriter family, auto value) {
    for (const Status& group : groups) {
      const std::string name = group.file + ';' + group.name;
      const Label label{"rule_group", name};
      family.add(Labels(&label, 1), static_cast<double>(value(group)));
    }
  };
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  each(writer.counter({"kymo_rule_evaluations_total", "Evaluations of rules."}),
       [](const Status& group) { return group.evaluations; });
  each(writer.counter({"kymo_rule_evaluation_failures_total", "Evaluations of rules that failed."}),
       [](const Status& group) { return group.failures; });
  each(writer.counter({"kymo_rule_group_iterations_total",
                       "Times at which a group was due, those that were missed among them."}),
       [](const Status& group) { return group.iterations; });
  each(writer.counter({"kymo_rule_group_iterations_missed_total",
                       "Times at which a group was not evaluated: after a pause, or for slow queries."}),
       [](const Status& group) { return group.missed; });
  each(writer.counter({"kymo_rule_group_evaluation_seconds_total", "Time to evaluate groups.", "seconds"}),
       [&](const Status& group) { return seconds(group.total_duration); });
  each(writer.gauge({"kymo_rule_group_interval_seconds", "The interval of a group.", "seconds"}),
       [](const Status& group) { return static_cast<double>(group.interval_ms) / 1e3; });
  each(writer.gauge(
           {"kymo_rule_group_last_duration_seconds", "Time that the last evaluation took.", "seconds"}),
       [&](const Status& group) { return seconds(group.duration); });
  each(writer.gauge(
           {"kymo_rule_group_last_evaluation_samples", "Samples that the last evaluation of a group wrote."}),
       [](const Status& group) { return group.samples; });
  each(writer.gauge({"kymo_rule_group_last_evaluation_timestamp_seconds",
                     "Time of the last evaluation of a group; 0: none yet.", "seconds"}),
       [](const Status& group) {
         return group.evaluated_ms == alert::kNever ? 0.0 : static_cast<double>(group.evaluated_ms) / 1e3;
       });
  each(writer.gauge({"kymo_rule_group_rules", "Rules of a group."}),
       [](const Status& group) { return group.rules.size(); });
  writer.counter({"kymo_rule_callback_failures_total", "Calls of the application's on_alert that threw."})
      .add(static_cast<double>(evaluator_->callback_failures()));
}

Part make_rules_part(const std::shared_ptr<Rules>& rules) {
  Part part{.name = "rules", .wants_snapshot = true};
  part.start = [rules] { rules->start(); };
  part.stop = [rules] { rules->stop(); };
  part.on_tick = [rules](const pulse::Tick& tick) { rules->on_tick(tick); };
  part.write = [rules](SnapshotWriter& writer) { rules->write(writer); };
  return part;
}

}  // namespace kymo::KYMO_ABI::monitor
