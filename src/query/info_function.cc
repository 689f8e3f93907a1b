// info(): labels of info metrics for the series of the same target.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <re2/re2.h>

#include "pattern.h"
#include "vector_functions.h"

namespace kymo::KYMO_ABI::query {
namespace {

using series::Matcher;

/// Labels that tell which target a series is of.
constexpr std::array<std::string_view, 2> kIdentity = {"instance", "job"};
constexpr std::string_view kUsualInfo = "target_info";

Matcher pattern_matcher(std::string key, const std::string& expression) {
  std::string fault;
  return Matcher::match(std::move(key), expression, compile_pattern(expression, fault));
}

/// The conditions on the name of info metrics; the usual one where the call has none that chooses.
std::vector<Matcher> name_matchers(const std::vector<Matcher>& given) {
  std::vector<Matcher> names;
  bool chooses = false;
  for (const Matcher& one : given) {
    if (one.key() != series::kNameLabel) continue;
    names.push_back(one);
    chooses = chooses || one.kind() == Matcher::Kind::equal || one.kind() == Matcher::Kind::match;
  }
  if (names.empty()) {
    names.push_back(Matcher::equal(std::string(series::kNameLabel), std::string(kUsualInfo)));
  } else if (!chooses) {
    names.insert(names.begin(), pattern_matcher(std::string(series::kNameLabel), ".+_info"));
  }
  return names;
}

/// The shift of the first selector within an expression, and of the subqueries around it.
bool find_shift(const Evaluator& evaluator, const Expression& expression, Shift& shift) {
  const auto in_any = [&](const auto& expressions) {
    return std::ranges::any_of(expressions,
                               [&](const ExpressionPtr& one) { return find_shift(evaluator, *one, shift); });
  };
  const Expression& node = inner(expression);
  if (const auto* const selector = node.as<Selector>()) {
    shift = evaluator.shift_of(selector->shift);
    return true;
  }
  if (const auto* const range = node.as<RangeSelector>()) {
    shift = evaluator.shift_of(range->selector.shift);
    return true;
  }
  if (const auto* const subquery = node.as<Subquery>()) {
    if (!find_shift(evaluator, *subquery->operand, shift)) return false;
    if (!shift.at_ms) {
      const Shift outer = evaluator.shift_of(subquery->shift);
      shift.at_ms = outer.at_ms;
      shift.offset_ms += outer.offset_ms;
    }
    return true;
  }
  if (const auto* const unary = node.as<Unary>()) return find_shift(evaluator, *unary->operand, shift);
  if (const auto* const binary = node.as<Binary>()) {
    return find_shift(evaluator, *binary->left, shift) || find_shift(evaluator, *binary->right, shift);
  }
  if (const auto* const aggregation = node.as<Aggregation>()) {
    return find_shift(evaluator, *aggregation->operand, shift);
  }
  if (const auto* const call = node.as<Call>()) return in_any(call->arguments);
  return false;
}

/// An info series: at each step the time of its sample.
struct InfoSeries {
  EvalSeries times;
  std::string_view name;
};

class InfoJoin {
 public:
  InfoJoin(Evaluator& evaluator, const Expression& expression, const Call& node)
      : evaluator_(evaluator), node_(node), span_(expression.span) {
    if (node.arguments.size() > 1) given_ = inner(*node.arguments[1]).as<Selector>()->matchers;
    names_ = name_matchers(given_);
    for (const Matcher& one : given_) {
      if (one.key() != series::kNameLabel) data_.push_back(one);
    }
  }

  void run(const Evaluator::Consumer& consumer) {
    base_ = evaluator_.all(*node_.arguments.front());
    read_info();
    for (const EvalSeries& base : base_) join(base);
    std::vector<EvalSeries> all;
    for (auto& [labels, series] : results_) all.push_back(std::move(series));
    for (EvalSeries& series : all) evaluator_.emit(std::move(series), consumer);
  }

 private:
  /// An info metric itself stays as it is.
  [[nodiscard]] bool is_info(const series::LabelSet& labels) const {
    return std::ranges::all_of(names_, [&](const Matcher& one) { return one.matches(labels.name()); });
  }

  void read_info() {
    std::array<std::set<std::string, std::less<>>, kIdentity.size()> values;
    for (const EvalSeries& base : base_) {
      if (is_info(base.labels)) continue;
      for (std::size_t i = 0; i < kIdentity.size(); ++i) {
        const std::string_view value = base.labels.get(kIdentity.at(i));
        if (!value.empty()) values.at(i).emplace(value);
      }
    }
    std::vector<Matcher> matchers;
    for (std::size_t i = 0; i < kIdentity.size(); ++i) {
      if (values.at(i).empty()) continue;
      std::string expression;
      for (const std::string& value : values.at(i)) {
        if (!expression.empty()) expression += '|';
        expression += RE2::QuoteMeta(value);
      }
      std::string fault;
      auto pattern = compile_pattern(expression, fault);
      // A pattern of too many values: read all series.
      if (pattern == nullptr) continue;
      matchers.push_back(Matcher::match(std::string(kIdentity.at(i)), expression, std::move(pattern)));
    }
    if (std::ranges::all_of(values, [](const auto& one) { return one.empty(); })) return;
    matchers.insert(matchers.end(), data_.begin(), data_.end());
    matchers.insert(matchers.end(), names_.begin(), names_.end());
    select_info(matchers);
  }

  void select_info(const std::vector<Matcher>& matchers) {
    LastSamples::Settings settings;
    settings.part = SamplePart::time;
    settings.lookback_ms = evaluator_.context().lookback_ms();
    static_cast<void>(find_shift(evaluator_, *node_.arguments.front(), settings.shift));
    const Grid& grid = evaluator_.grid();
    const series::TimeRange range{settings.shift.reference(grid.start_ms) - settings.lookback_ms + 1,
                                  settings.shift.reference(grid.end_ms())};
    const series::ReadWish wish{series::SampleUse::edges, evaluator_.grid_of(settings.shift, 0)};
    evaluator_.each_series(
        matchers, range, wish, [&](const series::SeriesRef& one, series::SeriesScan& scan) {
          const series::LabelSet& labels = one->labels;
          InfoSeries made;
          made.times.labels = labels;
          LastSamples last(grid, settings);
          while (const series::SeriesChunk* const chunk = evaluator_.next_chunk(scan)) {
            if (has_histograms(*chunk)) {
              evaluator_.context().fail(
                  "this should be an info metric, with float samples: " + labels.to_string(), span_,
                  "name an info metric");
            }
            last.add(*chunk, made.times);
          }
          last.finish(made.times);
          if (made.times.empty()) return;
          made.times.hold(evaluator_.context());
          info_.push_back(std::move(made));
        });
    for (std::size_t i = 0; i < info_.size(); ++i) {
      info_[i].name = info_[i].times.labels.name();
      by_target_[info_[i].times.labels.only(kIdentity)][std::string(info_[i].name)].push_back(i);
    }
  }

  /// The newest series of an info metric at a step; null where there is none.
  const InfoSeries* newest(const std::vector<std::size_t>& places, std::size_t step) const {
    const InfoSeries* found = nullptr;
    for (const std::size_t place : places) {
      const InfoSeries& one = info_[place];
      const double time = one.times.number(step);
      if (is_absent(time)) continue;
      const double known = found == nullptr ? 0 : found->times.number(step);
      if (found != nullptr && known == time) {
        evaluator_.context().fail("found duplicate series for info metric: existing " +
                                      found->times.labels.to_string() + ", new " +
                                      one.times.labels.to_string(),
                                  span_, "keep one info series a target");
      }
      if (found == nullptr || known < time) found = &one;
    }
    return found;
  }

  void join(const EvalSeries& base) {
    const auto target = by_target_.find(base.labels.only(kIdentity));
    const bool stays = is_info(base.labels);
    for (std::size_t step = base.begin_step(); step < base.end_step(); ++step) {
      if (!base.has(step)) continue;
      series::LabelSet labels = base.labels;
      if (!stays && !add_labels(base, target == by_target_.end() ? nullptr : &target->second, step, labels)) {
        continue;
      }
      const auto [known, is_new] = results_.try_emplace(labels);
      EvalSeries& result = known->second;
      if (is_new) {
        result.labels = labels;
        result.drops_name = base.drops_name;
      }
      if (result.has(step)) {
        evaluator_.context().fail("vector cannot contain metrics with the same labelset", span_,
                                  "series " + labels.to_string() + " comes twice");
      }
      result.copy(step, base);
    }
  }

  using InfoByName = std::map<std::string, std::vector<std::size_t>>;

  /// False where a condition on the added labels refuses a series without info.
  bool add_labels(const EvalSeries& base, const InfoByName* target, std::size_t step,
                  series::LabelSet& labels) const {
    bool has_info = false;
    std::map<std::string_view, std::string_view> added;
    if (target != nullptr) {
      for (const auto& [name, places] : *target) {
        const InfoSeries* const info = newest(places, step);
        if (info == nullptr) continue;
        has_info = true;
        for (const Label label : info->times.labels) add_label(base, label, added);
      }
    }
    if (!has_info && !std::ranges::all_of(data_, [](const Matcher& one) { return one.matches(""); })) {
      return false;
    }
    for (const auto& [key, value] : added) labels = labels.with(key, value);
    return true;
  }

  void add_label(const EvalSeries& base, const Label& label,
                 std::map<std::string_view, std::string_view>& added) const {
    if (label.key == series::kNameLabel) return;
    const bool is_wanted = data_.empty() || std::ranges::find(data_, label.key, &Matcher::key) != data_.end();
    if (!is_wanted) return;
    const auto known = added.find(label.key);
    if (known != added.end() && known->second != label.value) {
      evaluator_.context().fail("conflicting label: " + std::string(label.key), span_,
                                "choose one info metric by its name");
    }
    if (base.labels.get(label.key).empty()) added[label.key] = label.value;
  }

  Evaluator& evaluator_;
  const Call& node_;
  Span span_;
  std::vector<Matcher> given_;
  std::vector<Matcher> names_;
  std::vector<Matcher> data_;  ///< conditions on the labels that are added
  std::vector<EvalSeries> base_;
  std::vector<InfoSeries> info_;
  std::unordered_map<series::LabelSet, InfoByName> by_target_;
  std::map<series::LabelSet, EvalSeries> results_;
};

}  // namespace

void evaluate_info(Evaluator& evaluator, const Expression& expression, const Call& node,
                   const Evaluator::Consumer& consumer) {
  InfoJoin(evaluator, expression, node).run(consumer);
}

}  // namespace kymo::KYMO_ABI::query
