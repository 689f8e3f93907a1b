#include <kymo/alert/evaluator.h>

#include <algorithm>
#include <bit>
#include <exception>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

#include <kymo/alert/template.h>
#include <kymo/query/printer.h>

namespace kymo::KYMO_ABI::alert {
namespace {

using series::LabelSet;

constexpr std::string_view kAlerts = "ALERTS";
constexpr std::string_view kForState = "ALERTS_FOR_STATE";
constexpr std::string_view kAlertName = "alertname";
constexpr std::string_view kAlertState = "alertstate";
constexpr std::int64_t kMsPerSecond = 1000;

using Points = std::vector<std::pair<LabelSet, double>>;

/// Rules set labels over those of their group.
TextPairs merged(TextPairs own, const TextPairs& of_group) {
  for (const auto& pair : of_group) {
    if (std::ranges::find(own, pair.first, &TextPairs::value_type::first) == own.end()) own.push_back(pair);
  }
  return own;
}

LabelSet label_set(const TextPairs& pairs) {
  std::vector<Label> labels;
  labels.reserve(pairs.size());
  for (const auto& [key, value] : pairs) labels.emplace_back(key, value);
  return LabelSet(labels);
}

/// Spreads groups over their interval. FNV-1a, because the offset must be the same after a restart.
std::int64_t offset_of(const std::string& file, const std::string& name, std::int64_t interval_ms) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  std::string key = file;
  key.append(1, '\0').append(name);
  for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(interval_ms));
}

std::int64_t floored(std::int64_t value, std::int64_t step) noexcept {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

double stale() noexcept { return std::bit_cast<double>(series::kStaleBits); }

LabelSet alert_series(const Alert& alert) {
  return alert.labels.with(series::kNameLabel, kAlerts).with(kAlertState, state_text(alert.state));
}

}  // namespace

struct Evaluator::ActiveRule {
  Rule rule;
  TextPairs label_texts;  ///< with those of the group
  AlertStates states;
  std::set<LabelSet> written;  ///< series that have no end yet
  bool is_restored = true;
  RuleStatus status;

  [[nodiscard]] bool is_same_as(const ActiveRule& other) const {
    return rule.kind == other.rule.kind && rule.name == other.rule.name &&
           status.labels == other.status.labels;
  }
};

struct Evaluator::Group {
  std::int64_t offset_ms = 0;
  std::int64_t query_offset_ms = 0;
  std::int64_t next_ms = 0;  ///< the next time of an evaluation
  bool must_restore = false;
  std::uint64_t runs = 0;  ///< since the group came
  GroupStatus status;      ///< its `rules` are empty
  std::vector<ActiveRule> rules;
};

/// One evaluation of one group.
class Evaluator::Iteration final {
 public:
  Iteration(Evaluator& evaluator, Group& group, std::int64_t time_ms, const std::stop_token& stop)
      : evaluator_(evaluator), group_(group), time_ms_(time_ms), stop_(stop) {}

  void run();

 private:
  /// Throws where the rule has no result.
  void evaluate(ActiveRule& rule);
  void finish(ActiveRule& rule, std::chrono::nanoseconds duration, const std::string* error);
  Points query(std::string_view text, bool takes_histograms) const;
  Points recorded(const ActiveRule& rule);
  Points alerted(ActiveRule& rule);
  std::vector<AlertResult> results_of(const ActiveRule& rule);
  /// The text of a template. One that fails is shown in it, and reported behind the evaluation.
  std::string expand(std::string_view text, const TemplateContext& context);
  void write(ActiveRule& rule, const Points& points);

  [[nodiscard]] std::int64_t sample_ms() const noexcept { return time_ms_ - group_.query_offset_ms; }
  void check_limit(std::size_t count, std::string_view what) const {
    const std::size_t limit = group_.status.limit;
    if (limit == 0 || count <= limit) return;
    throw std::runtime_error("exceeded limit of " + std::to_string(limit) + " with " + std::to_string(count) +
                             ' ' + std::string(what) + "; raise \"limit\" of the group, or narrow the query");
  }

  Evaluator& evaluator_;
  Group& group_;
  const std::int64_t time_ms_;
  const std::stop_token& stop_;
  std::uint64_t samples_ = 0;
  std::vector<AlertTransition> transitions_;
  std::optional<std::string> template_fault_;  ///< of the rule at hand
};

Points Evaluator::Iteration::query(std::string_view text, bool takes_histograms) const {
  query::QueryResult result = evaluator_.engine_.run(
      evaluator_.store_, {.query = text, .start_ms = sample_ms(), .end_ms = sample_ms(), .stop = stop_});
  Points points;
  if (result.type == query::ValueType::scalar) {
    points.emplace_back(LabelSet(), result.scalar);
  } else if (result.type != query::ValueType::vector) {
    throw std::runtime_error("rule result is not a vector or scalar; change the query");
  }
  for (query::ResultSeries& one : result.series) {
    if (!one.numbers.empty()) {
      points.emplace_back(std::move(one.labels), one.numbers.front().value);
    } else if (takes_histograms) {
      points.emplace_back(std::move(one.labels), 0);
    } else {
      throw std::runtime_error(
          "the result has native histograms, which are not recorded; take histogram_quantile, "
          "histogram_count or histogram_sum of them");
    }
  }
  return points;
}

Points Evaluator::Iteration::recorded(const ActiveRule& rule) {
  Points points = query(rule.rule.query, false);
  std::set<std::string_view> seen;
  for (auto& [labels, value] : points) {
    labels = labels.with(series::kNameLabel, rule.rule.name);
    for (const auto& [key, text] : rule.label_texts) labels = labels.with(key, text);
  }
  for (const auto& [labels, value] : points) {
    if (!seen.insert(labels.bytes()).second) {
      throw std::runtime_error("vector contains metrics with the same labelset after applying rule labels: " +
                               labels.to_string() + "; aggregate the query, or set fewer labels");
    }
  }
  check_limit(points.size(), "series");
  return points;
}

std::string Evaluator::Iteration::expand(std::string_view text, const TemplateContext& context) {
  auto expanded = expand_template(text, context);
  if (auto* const plain = std::get_if<std::string>(&expanded)) return std::move(*plain);
  const auto& problem = std::get<TemplateProblem>(expanded);
  if (!template_fault_) template_fault_ = "a template failed: " + problem.text;
  return expand_or_explain(text, context);
}

std::vector<AlertResult> Evaluator::Iteration::results_of(const ActiveRule& rule) {
  std::vector<AlertResult> results;
  std::set<LabelSet> seen;
  TemplateContext context;
  context.now_ms = time_ms_;
  context.external_labels = evaluator_.options_.external_labels;
  context.external_url = evaluator_.options_.external_url;
  context.query = [this](std::string_view text) {
    std::vector<TemplateSample> samples;
    for (auto& [labels, value] : query(text, true)) samples.push_back({std::move(labels), value});
    return samples;
  };
  for (auto& [labels, value] : query(rule.rule.query, true)) {
    context.labels = labels;
    context.value = value;
    AlertResult result{.labels = labels.with(series::kNameLabel, {}), .value = value};
    for (const auto& [key, text] : rule.label_texts)
      result.labels = result.labels.with(key, expand(text, context));
    result.labels = result.labels.with(kAlertName, rule.rule.name);
    for (const auto& [key, text] : rule.rule.annotations)
      result.annotations.emplace_back(key, expand(text, context));
    if (!seen.insert(result.labels).second) {
      throw std::runtime_error(
          "vector contains metrics with the same labelset after applying alert labels: " +
          result.labels.to_string() + "; aggregate the query, or set fewer labels");
    }
    results.push_back(std::move(result));
  }
  return results;
}

Points Evaluator::Iteration::alerted(ActiveRule& rule) {
  std::vector<AlertResult> results = results_of(rule);
  Points points;
  const std::lock_guard lock(evaluator_.mutex_);
  std::vector<AlertTransition> transitions;
  const std::size_t active = rule.states.update(time_ms_, std::move(results), transitions);
  const std::size_t limit = group_.status.limit;
  if (limit != 0 && active > limit) rule.states.clear();
  check_limit(active, "alerts");
  for (AlertTransition& one : transitions) {
    one.group = group_.status.name;
    one.rule = rule.rule.name;
    transitions_.push_back(std::move(one));
  }
  for (const auto& [labels, alert] : rule.states.alerts()) {
    if (alert.state == AlertState::inactive || !rule.is_restored) continue;
    points.emplace_back(alert_series(alert), 1);
    points.emplace_back(labels.with(series::kNameLabel, kForState),
                        static_cast<double>(floored(alert.active_ms, kMsPerSecond)) / kMsPerSecond);
  }
  return points;
}

/// Series that were there at the last evaluation and are no more, end.
void Evaluator::Iteration::write(ActiveRule& rule, const Points& points) {
  std::vector<series::Sample> samples;
  std::set<LabelSet> now;
  for (const auto& [labels, value] : points) {
    samples.push_back({.labels = labels, .value = value});
    now.insert(labels);
  }
  for (const LabelSet& labels : rule.written) {
    if (!now.contains(labels)) samples.push_back({.labels = labels, .value = stale()});
  }
  if (samples.empty()) return;
  const series::SinkResult result = evaluator_.sink_.append(sample_ms(), samples);
  rule.written = std::move(now);
  samples_ += result.taken;
  const std::size_t lost = result.late + result.refused;
  if (lost == 0) return;
  throw std::runtime_error(
      std::to_string(lost) + " of " + std::to_string(samples.size()) + " samples were not written" +
      (result.refused != 0
           ? ": the history is full, or another source writes a series of that name; rename "
             "the rule or raise limits.series"
           : ": the history has newer samples of these series, as after a step of the clock"));
}

void Evaluator::Iteration::evaluate(ActiveRule& rule) {
  template_fault_.reset();
  write(rule, rule.rule.kind == RuleKind::recording ? recorded(rule) : alerted(rule));
  if (template_fault_) throw std::runtime_error(*template_fault_);
}

void Evaluator::Iteration::finish(ActiveRule& rule, std::chrono::nanoseconds duration,
                                  const std::string* error) {
  const std::lock_guard lock(evaluator_.mutex_);
  ++group_.status.evaluations;
  if (error != nullptr) ++group_.status.failures;
  rule.status.health = error == nullptr ? RuleHealth::ok : RuleHealth::bad;
  rule.status.error = error == nullptr ? std::string() : *error;
  rule.status.evaluated_ms = time_ms_;
  rule.status.duration = duration;
}

void Evaluator::Iteration::run() {
  const auto begun = evaluator_.clock_.steady_now();
  for (ActiveRule& rule : group_.rules) {
    const auto rule_begun = evaluator_.clock_.steady_now();
    std::optional<std::string> error;
    try {
      evaluate(rule);
    } catch (const std::exception& failure) {
      error = failure.what();
    }
    if (stop_.stop_requested()) return;
    finish(rule, evaluator_.clock_.steady_now() - rule_begun, error ? &*error : nullptr);
  }
  ++group_.runs;
  {
    const std::lock_guard lock(evaluator_.mutex_);
    ++group_.status.iterations;
    group_.status.evaluated_ms = time_ms_;
    group_.status.duration = evaluator_.clock_.steady_now() - begun;
    group_.status.total_duration += group_.status.duration;
    group_.status.samples = samples_;
  }
  evaluator_.tell(transitions_);
}

Evaluator::Evaluator(const series::SeriesReader& store, series::SampleSink& sink, const query::Engine& engine,
                     const base::Clock& clock, EvaluatorOptions options)
    : store_(store), sink_(sink), engine_(engine), clock_(clock), options_(std::move(options)) {}

Evaluator::~Evaluator() = default;

void Evaluator::tell(const std::vector<AlertTransition>& transitions) noexcept {
  if (!options_.on_transition) return;
  for (const AlertTransition& one : transitions) {
    try {
      options_.on_transition(one);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      ++callback_failures_;
    }
  }
}

std::uint64_t Evaluator::callback_failures() const noexcept {
  const std::lock_guard lock(mutex_);
  return callback_failures_;
}

std::shared_ptr<Evaluator::Group> Evaluator::make_group(RuleGroup group, const std::string& file,
                                                        std::int64_t now_ms) const {
  auto made = std::make_shared<Group>();
  GroupStatus& status = made->status;
  status.name = std::move(group.name);
  status.file = file;
  status.interval_ms = std::max<std::int64_t>(group.interval_ms.value_or(options_.interval.count()), 1);
  status.limit = group.limit;
  made->offset_ms = offset_of(file, status.name, status.interval_ms);
  made->query_offset_ms = group.query_offset_ms.value_or(options_.query_offset.count());
  made->next_ms =
      floored(now_ms - made->offset_ms, status.interval_ms) + made->offset_ms + status.interval_ms;
  for (Rule& rule : group.rules) {
    TextPairs texts = merged(rule.labels, group.labels);
    RuleStatus seen{.kind = rule.kind,
                    .name = rule.name,
                    .query = query::print(*rule.expression),
                    .for_ms = rule.for_ms,
                    .keep_firing_ms = rule.keep_firing_ms,
                    .labels = label_set(texts),
                    .annotations = rule.annotations};
    AlertStates states(rule.for_ms, rule.keep_firing_ms);
    made->rules.push_back({.rule = std::move(rule),
                           .label_texts = std::move(texts),
                           .states = std::move(states),
                           .written = {},
                           .status = std::move(seen)});
  }
  return made;
}

/// Moves the alerts and series of the earlier group to the rules that are the same; each to one rule.
void Evaluator::take_over(Group& group, Group& before) {
  if (group.status.interval_ms == before.status.interval_ms) group.next_ms = before.next_ms;
  group.must_restore = before.must_restore;
  group.runs = before.runs;
  GroupStatus status = before.status;
  status.interval_ms = group.status.interval_ms;
  status.limit = group.status.limit;
  group.status = std::move(status);
  std::vector<bool> is_taken(before.rules.size());
  for (ActiveRule& rule : group.rules) {
    for (std::size_t i = 0; i < before.rules.size(); ++i) {
      ActiveRule& old = before.rules[i];
      if (is_taken[i] || !rule.is_same_as(old)) continue;
      is_taken[i] = true;
      rule.states.alerts() = old.states.alerts();
      rule.written = old.written;
      rule.is_restored = old.is_restored;
      rule.status.health = old.status.health;
      rule.status.error = old.status.error;
      rule.status.evaluated_ms = old.status.evaluated_ms;
      rule.status.duration = old.status.duration;
      break;
    }
  }
}

void Evaluator::use(std::vector<RuleSource> sources, std::int64_t now_ms) {
  const std::lock_guard evaluating(evaluating_);
  std::vector<std::shared_ptr<Group>> next;
  const bool is_first = groups_.empty();
  for (RuleSource& source : sources) {
    for (RuleGroup& group : source.groups) {
      next.push_back(make_group(std::move(group), source.file, now_ms));
      Group& made = *next.back();
      const auto before = std::ranges::find_if(groups_, [&](const auto& old) {
        return old->status.file == made.status.file && old->status.name == made.status.name;
      });
      if (before != groups_.end()) {
        take_over(made, **before);
        continue;
      }
      made.must_restore = is_first && options_.restores;
      for (ActiveRule& rule : made.rules)
        rule.is_restored = !made.must_restore || rule.rule.for_ms < options_.for_grace_period.count();
    }
  }
  std::set<LabelSet> kept;
  for (const auto& group : next) {
    for (const ActiveRule& rule : group->rules) kept.insert(rule.written.begin(), rule.written.end());
  }
  std::set<LabelSet> ended;
  for (const auto& group : groups_) {
    for (const ActiveRule& rule : group->rules)
      std::ranges::set_difference(rule.written, kept, std::inserter(ended, ended.end()));
  }
  std::vector<series::Sample> samples;
  for (const LabelSet& labels : ended) samples.push_back({.labels = labels, .value = stale()});
  if (!samples.empty()) (void)sink_.append(now_ms, samples);
  const std::lock_guard lock(mutex_);
  groups_ = std::move(next);
}

void Evaluator::tick(std::int64_t now_ms, bool is_after_gap, const std::stop_token& stop) {
  const std::lock_guard evaluating(evaluating_);
  struct Due {
    std::int64_t time_ms;
    Group* group;
  };
  std::vector<Due> due;
  for (const auto& group : groups_) {
    if (now_ms < group->next_ms) continue;
    const std::int64_t interval = group->status.interval_ms;
    const std::lock_guard lock(mutex_);
    std::int64_t time = group->next_ms + (now_ms - group->next_ms) / interval * interval;
    const bool is_skipped = is_after_gap && time != now_ms;
    if (is_skipped) time += interval;
    const auto missed = static_cast<std::uint64_t>((time - group->next_ms) / interval);
    group->status.missed += missed;
    group->status.iterations += missed;
    if (is_after_gap) {
      for (ActiveRule& rule : group->rules) rule.states.put_off(time - group->next_ms);
    }
    group->next_ms = is_skipped ? time : time + interval;
    if (!is_skipped) due.push_back({time, group.get()});
  }
  std::ranges::stable_sort(due, {}, &Due::time_ms);
  for (const Due& one : due) {
    Iteration(*this, *one.group, one.time_ms, stop).run();
    if (stop.stop_requested()) return;
    // The rules that others need have a result after the first evaluation.
    if (one.group->must_restore && one.group->runs >= 2) restore(*one.group, one.time_ms);
  }
}

/// Source: Prometheus 3.14, Group.RestoreForState.
void Evaluator::restore(Group& group, std::int64_t time_ms) {
  for (ActiveRule& rule : group.rules) {
    try {
      if (!rule.is_restored) restore_rule(rule, time_ms);
    } catch (const std::exception&) {  // without memory; the alerts begin anew
    }
    rule.is_restored = true;
  }
  group.must_restore = false;
}

void Evaluator::restore_rule(ActiveRule& rule, std::int64_t time_ms) {
  const std::vector<series::Matcher> matchers = {
      series::Matcher::equal(std::string(series::kNameLabel), std::string(kForState)),
      series::Matcher::equal(std::string(kAlertName), rule.rule.name)};
  const series::TimeRange range{time_ms - options_.outage_tolerance.count(), time_ms};
  const auto scan = store_.scan();
  for (const series::SeriesRef& found : store_.find(matchers, range)) {
    std::int64_t down_ms = 0;
    double value = stale();
    scan->open(found, range);
    while (const series::SeriesChunk* const chunk = scan->next()) {
      if (chunk->times_ms.empty()) continue;
      down_ms = chunk->times_ms.back();
      value = chunk->values.back();
    }
    if (std::bit_cast<std::uint64_t>(value) == series::kStaleBits) continue;
    const std::lock_guard lock(mutex_);
    const auto alert = rule.states.alerts().find(found->labels.with(series::kNameLabel, {}));
    if (alert == rule.states.alerts().end() || alert->second.state == AlertState::inactive) continue;
    std::int64_t active_ms = static_cast<std::int64_t>(value) * kMsPerSecond;
    const std::int64_t left = rule.rule.for_ms - (down_ms - active_ms);
    if (left > 0 && left < options_.for_grace_period.count()) {
      active_ms = time_ms + options_.for_grace_period.count() - rule.rule.for_ms;
    } else if (left > 0) {
      active_ms += time_ms - down_ms;
    }
    alert->second.active_ms = active_ms;
  }
}

std::vector<GroupStatus> Evaluator::groups() const {
  const std::lock_guard lock(mutex_);
  std::vector<GroupStatus> all;
  for (const auto& group : groups_) {
    GroupStatus& status = all.emplace_back(group->status);
    for (const ActiveRule& rule : group->rules) {
      RuleStatus& one = status.rules.emplace_back(rule.status);
      for (const auto& [labels, alert] : rule.states.alerts()) {
        if (alert.state != AlertState::inactive) one.alerts.push_back(alert);
      }
    }
  }
  return all;
}

}  // namespace kymo::KYMO_ABI::alert
