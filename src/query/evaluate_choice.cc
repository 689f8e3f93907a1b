// Aggregators that choose series within a group.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grouping.h"
#include "number_texts.h"
#include "order.h"

namespace kymo::KYMO_ABI::query {
namespace {

/// Fails where the parameters of topk, bottomk or limitk are no counts.
void check_counts(Evaluator& evaluator, const Aggregation& node, const std::vector<double>& parameters) {
  constexpr double kMostOfInt64 = 9.2233720368547758e18;
  const Span at = inner(*node.parameter).span;
  const QueryContext& context = evaluator.context();
  const auto [least, most] = std::ranges::minmax(parameters);
  if (std::ranges::any_of(parameters, [](double one) { return std::isnan(one); })) {
    context.fail("Parameter value is NaN", at, "give a number of series");
  }
  if (most < 1) return;
  if (least <= -kMostOfInt64)
    context.fail("Scalar value " + general_number_text(least) + " underflows int64", at);
  if (most >= kMostOfInt64)
    context.fail("Scalar value " + general_number_text(most) + " overflows int64", at);
}

/// topk and bottomk: the best series of each group, at each step. Keeps the best samples so far, not the
/// series.
template <bool is_top>
class Ranking {
 public:
  Ranking(Evaluator& evaluator, const Expression& expression, const Aggregation& node)
      : evaluator_(evaluator),
        node_(node),
        span_(expression.span),
        parameters_(evaluator.scalar(*node.parameter)) {}

  void run(const Evaluator::Consumer& consumer) {
    check_counts(evaluator_, node_, parameters_);
    const Grouping grouping(node_);
    std::unordered_map<series::LabelSet, std::size_t> places;
    std::vector<Group> groups;
    evaluator_.each(*node_.operand, [&](EvalSeries&& series) {
      const auto [known, is_new] = places.try_emplace(grouping.of(series.labels), groups.size());
      if (is_new) groups.emplace_back(parameters_.size());
      rank(series, groups[known->second]);
    });
    std::vector<std::size_t> order;
    for (Group& group : groups) {
      for (std::size_t step = 0; step < group.size(); ++step) {
        std::ranges::sort(group[step], is_before);
        for (const Entry& one : group[step]) {
          chosen_[one.place].set(step, one.number);
          order.push_back(one.place);
        }
        if (group.size() > 1) order.clear();
      }
    }
    // An instant query gives the chosen series in their order.
    if (evaluator_.grid().count > 1) {
      for (std::size_t i = 0; i < chosen_.size(); ++i) order.push_back(i);
    }
    for (const std::size_t place : order) evaluator_.emit(std::move(chosen_[place]), consumer);
  }

 private:
  struct Entry {
    double number = 0;
    std::size_t place = 0;  ///< of the series among those chosen
  };
  /// The best samples of each step, as a heap with the worst of them in front.
  using Group = std::vector<std::vector<Entry>>;

  /// NaN comes last.
  static bool is_better(double a, double b) noexcept {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
    return is_top ? a > b : a < b;
  }
  static bool is_before(const Entry& a, const Entry& b) noexcept {
    if (is_better(a.number, b.number)) return true;
    return !is_better(b.number, a.number) && a.place < b.place;
  }

  void rank(const EvalSeries& series, Group& group) {
    std::size_t entered = 0;
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      const double number = series.number(step);
      if (parameters_[step] < 1) continue;
      if (is_absent(number)) {
        if (series.histogram(step) == nullptr) continue;
        evaluator_.context().notes().add(Note::ignored_in_aggregation, span_, node_.op->name);
        continue;
      }
      std::vector<Entry>& best = group[step];
      if (static_cast<double>(best.size() + 1) > parameters_[step]) {
        if (!is_better(number, best.front().number)) continue;
        std::ranges::pop_heap(best, is_before);
        best.pop_back();
      }
      best.push_back({number, chosen_.size()});
      std::ranges::push_heap(best, is_before);
      ++entered;
    }
    if (entered == 0) return;
    chosen_.emplace_back();
    chosen_.back().labels = series.labels;
    chosen_.back().drops_name = series.drops_name;
    holds_.emplace_back(evaluator_.context(), sizeof(EvalSeries) + entered * sizeof(Entry));
  }

  Evaluator& evaluator_;
  const Aggregation& node_;
  Span span_;
  std::vector<double> parameters_;
  std::vector<EvalSeries> chosen_;
  std::vector<Hold> holds_;
};

/// limitk and limit_ratio: some series of each group, at each step.
class Choice {
 public:
  Choice(Evaluator& evaluator, const Aggregation& node)
      : evaluator_(evaluator),
        node_(node),
        is_ratio_(node.op->name == "limit_ratio"),
        parameters_(evaluator.scalar(*node.parameter)) {}

  void run(const Evaluator::Consumer& consumer) {
    series_ = evaluator_.all(*node_.operand);
    if (is_ratio_) {
      check_ratios();
    } else {
      check_counts(evaluator_, node_, parameters_);
    }
    const Grouping grouping(node_);
    std::unordered_map<series::LabelSet, std::size_t> places;
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const auto [known, is_new] = places.try_emplace(grouping.of(series_[i].labels), groups.size());
      if (is_new) groups.emplace_back();
      groups[known->second].push_back(i);
    }
    chosen_.resize(series_.size());
    for (std::size_t i = 0; i < series_.size(); ++i) {
      chosen_[i].labels = series_[i].labels;
      chosen_[i].drops_name = series_[i].drops_name;
    }
    std::vector<std::size_t> order;
    for (const auto& group : groups) {
      evaluator_.context().check_time();
      for (std::size_t step = 0; step < evaluator_.grid().count; ++step) choose(group, step, order);
    }
    // An instant query gives the chosen series in their order.
    if (evaluator_.grid().count > 1) {
      order.resize(series_.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    }
    for (const std::size_t place : order) evaluator_.emit(std::move(chosen_[place]), consumer);
  }

 private:
  void check_ratios() {
    const Span at = inner(*node_.parameter).span;
    if (std::ranges::any_of(parameters_, [](double one) { return std::isnan(one); })) {
      evaluator_.context().fail("Ratio value is NaN", at, "give a ratio between -1 and 1");
    }
    const auto [least, most] = std::ranges::minmax(parameters_);
    Annotations& notes = evaluator_.context().notes();
    if (most > 1) notes.add(Note::invalid_ratio, at, general_number_text(most), "1");
    if (least < -1) notes.add(Note::invalid_ratio, at, general_number_text(least), "-1");
  }

  void choose(const std::vector<std::size_t>& group, std::size_t step, std::vector<std::size_t>& order) {
    std::vector<std::size_t>& there = there_;
    there.clear();
    const double parameter = parameters_[step];
    if (is_ratio_ ? parameter == 0 : parameter < 1) return;
    for (const std::size_t place : group) {
      if (!series_[place].has(step)) continue;
      if (!is_ratio_ || is_in_ratio(series_[place].labels, std::clamp(parameter, -1.0, 1.0))) {
        there.push_back(place);
      }
    }
    if (!is_ratio_ && parameter < static_cast<double>(there.size())) {
      there.resize(static_cast<std::size_t>(parameter));
    }
    for (const std::size_t place : there) {
      chosen_[place].copy(step, series_[place]);
      order.push_back(place);
    }
    if (evaluator_.grid().count > 1) order.clear();
  }

  /// A share of all series, the same at each step and in each query. `-0.3` takes those that `0.7` leaves.
  static bool is_in_ratio(const series::LabelSet& labels, double ratio) {
    constexpr double kAll = 18446744073709551616.0;
    const double place = static_cast<double>(spread_hash(labels.bytes())) / kAll;
    return ratio >= 0 ? place < ratio : place >= 1 + ratio;
  }

  Evaluator& evaluator_;
  const Aggregation& node_;
  bool is_ratio_;
  std::vector<double> parameters_;
  std::vector<EvalSeries> series_;
  std::vector<EvalSeries> chosen_;
  std::vector<std::size_t> there_;
};

}  // namespace

void evaluate_choice(Evaluator& evaluator, const Expression& expression, const Aggregation& node,
                     const Evaluator::Consumer& consumer) {
  if (node.op->name == "topk") {
    Ranking<true>(evaluator, expression, node).run(consumer);
  } else if (node.op->name == "bottomk") {
    Ranking<false>(evaluator, expression, node).run(consumer);
  } else {
    Choice(evaluator, node).run(consumer);
  }
}

}  // namespace kymo::KYMO_ABI::query
