// Functions of the numbers of a vector, and of time.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "order.h"
#include "vector_functions.h"

namespace kymo::KYMO_ABI::query {
namespace {

using Consumer = Evaluator::Consumer;

/// Changes each number, leaves out histograms, and removes the name.
template <class Change>
void change_numbers(Evaluator& evaluator, const Call& node, const Consumer& consumer, Change change) {
  evaluator.transform(*node.arguments.front(), true, consumer, [&](EvalSeries& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (const double number = series.number(step); !is_absent(number)) {
        series.set(step, change(number, step));
      } else if (series.histogram(step) != nullptr) {
        series.remove(step);
      }
    }
  });
}

template <double (*function)(double)>
void apply_math(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  change_numbers(evaluator, node, consumer, [](double number, std::size_t) { return function(number); });
}

double absolute_of(double x) { return std::abs(x); }
double arc_cosine_of(double x) { return std::acos(x); }
double area_cosine_of(double x) { return std::acosh(x); }
double arc_sine_of(double x) { return std::asin(x); }
double area_sine_of(double x) { return std::asinh(x); }
double arc_tangent_of(double x) { return std::atan(x); }
double area_tangent_of(double x) { return std::atanh(x); }
double ceiling_of(double x) { return std::ceil(x); }
double cosine_of(double x) { return std::cos(x); }
double hyperbolic_cosine_of(double x) { return std::cosh(x); }
double degrees_of(double x) { return x * 180 / std::numbers::pi; }
double exponential_of(double x) { return std::exp(x); }
double floor_of(double x) { return std::floor(x); }
double logarithm_of(double x) { return std::log(x); }
double decadic_logarithm_of(double x) { return std::log10(x); }
double dyadic_logarithm_of(double x) { return std::log2(x); }
double radians_of(double x) { return x * std::numbers::pi / 180; }
double sign_of(double x) { return x < 0 ? -1 : x > 0 ? 1 : x; }
double sine_of(double x) { return std::sin(x); }
double hyperbolic_sine_of(double x) { return std::sinh(x); }
double root_of(double x) { return std::sqrt(x); }
double tangent_of(double x) { return std::tan(x); }
double hyperbolic_tangent_of(double x) { return std::tanh(x); }

void clamp(Evaluator& evaluator, const Call& node, const Consumer& consumer, const std::vector<double>& least,
           const std::vector<double>& most) {
  evaluator.transform(*node.arguments.front(), true, consumer, [&](EvalSeries& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      const double number = series.number(step);
      if (is_absent(number) || most[step] < least[step]) {
        series.remove(step);
      } else {
        series.set(step, greater_of(least[step], lesser_of(most[step], number)));
      }
    }
  });
}

std::vector<double> each_step(const Evaluator& evaluator, double value) {
  return std::vector<double>(evaluator.grid().count, value);
}

constexpr double kInfinite = std::numeric_limits<double>::infinity();

void evaluate_clamp(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  clamp(evaluator, node, consumer, evaluator.scalar(*node.arguments[1]),
        evaluator.scalar(*node.arguments[2]));
}
void evaluate_clamp_max(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  clamp(evaluator, node, consumer, each_step(evaluator, -kInfinite), evaluator.scalar(*node.arguments[1]));
}
void evaluate_clamp_min(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  clamp(evaluator, node, consumer, evaluator.scalar(*node.arguments[1]), each_step(evaluator, kInfinite));
}

void evaluate_round(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  const std::vector<double> nearest =
      node.arguments.size() > 1 ? evaluator.scalar(*node.arguments[1]) : each_step(evaluator, 1);
  change_numbers(evaluator, node, consumer, [&](double number, std::size_t step) {
    // Divided by the inverse, a tenth stays exact.
    const double inverse = 1 / nearest[step];
    return std::floor(number * inverse + 0.5) / inverse;
  });
}

/// A date and time of the day, in UTC.
struct Moment {
  std::chrono::year_month_day date;
  std::chrono::sys_days day;
  std::int64_t second = 0;  ///< of the day
};

Moment moment_of(double seconds) {
  // The years that <chrono> has.
  constexpr double kMostSeconds = 1.03e12;
  const double whole = std::isnan(seconds) ? -kMostSeconds : std::trunc(seconds);
  const std::chrono::sys_seconds time{
      std::chrono::seconds(static_cast<std::int64_t>(std::clamp(whole, -kMostSeconds, kMostSeconds)))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {std::chrono::year_month_day(day), day, (time - day).count()};
}

double day_of_month(const Moment& moment) { return static_cast<unsigned>(moment.date.day()); }
double day_of_week(const Moment& moment) { return std::chrono::weekday(moment.day).c_encoding(); }
double day_of_year(const Moment& moment) {
  const std::chrono::sys_days first = moment.date.year() / std::chrono::January / 1;
  return static_cast<double>((moment.day - first).count() + 1);
}
double days_in_month(const Moment& moment) {
  const std::chrono::year_month_day_last last = moment.date.year() / moment.date.month() / std::chrono::last;
  return static_cast<unsigned>(last.day());
}
double hour_of(const Moment& moment) {
  const std::int64_t hour = moment.second / 3600;
  return static_cast<double>(hour);
}
double minute_of(const Moment& moment) {
  const std::int64_t minute = moment.second / 60 % 60;
  return static_cast<double>(minute);
}
double month_of(const Moment& moment) { return static_cast<unsigned>(moment.date.month()); }
double year_of(const Moment& moment) { return static_cast<int>(moment.date.year()); }

template <double (*function)(const Moment&)>
void apply_date(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  if (!node.arguments.empty()) {
    change_numbers(evaluator, node, consumer,
                   [](double number, std::size_t) { return function(moment_of(number)); });
    return;
  }
  EvalSeries now;
  for (std::size_t step = 0; step < evaluator.grid().count; ++step) {
    const std::int64_t second = evaluator.grid().time_of(step) / 1000;
    now.set(step, function(moment_of(static_cast<double>(second))));
  }
  evaluator.emit(std::move(now), consumer);
}

void evaluate_vector(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  EvalSeries made;
  const std::vector<double> values = evaluator.scalar(*node.arguments.front());
  for (std::size_t step = 0; step < values.size(); ++step) made.set(step, values[step]);
  evaluator.emit(std::move(made), consumer);
}

void evaluate_absent(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  std::vector<bool> is_there(evaluator.grid().count);
  evaluator.each(*node.arguments.front(), [&](EvalSeries&& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (series.has(step)) is_there[step] = true;
    }
  });
  EvalSeries absent;
  absent.labels = labels_of_absent(*node.arguments.front());
  for (std::size_t step = 0; step < is_there.size(); ++step) {
    if (!is_there[step]) absent.set(step, 1);
  }
  evaluator.emit(std::move(absent), consumer);
}

/// Gives each series of a selector a time of its samples: their own, or when their count began.
template <bool is_start>
void evaluate_times(Evaluator& evaluator, const Expression&, const Call& node, const Consumer& consumer) {
  constexpr double kMillisecondsPerSecond = 1000;
  const Expression& argument = inner(*node.arguments.front());
  const auto* const selector = argument.as<Selector>();
  const bool has_starts = evaluator.context().options().uses_start_times;
  if (selector == nullptr || selector->edges != RangeEdges::plain) {
    // Other vectors have the time of their step, and no start.
    evaluator.transform(argument, true, consumer, [&](EvalSeries& series) {
      for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
        if (!series.has(step)) continue;
        if (is_start) {
          series.remove(step);
        } else {
          series.set(step, static_cast<double>(evaluator.grid().time_of(step)) / kMillisecondsPerSecond);
        }
      }
    });
    return;
  }
  if (is_start && !has_starts) return;
  std::vector<EvalSeries> made;
  evaluator.each_selected(*selector, is_start ? SamplePart::start : SamplePart::time,
                          [&](EvalSeries&& series) {
                            evaluator.remove_name(series);
                            made.push_back(std::move(series));
                          });
  for (EvalSeries& series : evaluator.joined(std::move(made), argument.span)) {
    evaluator.emit(std::move(series), consumer);
  }
}

/// Orders the series of an instant query by value; NaN last. The answer to a range query is always in the
/// order of labels.
template <bool is_descending>
void evaluate_sort(Evaluator& evaluator, const Expression& expression, const Call& node,
                   const Consumer& consumer) {
  if (evaluator.grid().count > 1) evaluator.context().notes().add(Note::sort_in_range_query, expression.span);
  std::vector<EvalSeries> sorted = evaluator.all(*node.arguments.front());
  for (EvalSeries& series : sorted) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (series.histogram(step) != nullptr) series.remove(step);
    }
  }
  if (evaluator.grid().count == 1) {
    std::ranges::stable_sort(sorted, [](const EvalSeries& a, const EvalSeries& b) {
      const double left = a.number(0);
      const double right = b.number(0);
      if (std::isnan(left) || std::isnan(right)) return !std::isnan(left) && std::isnan(right);
      return is_descending ? left > right : left < right;
    });
  }
  for (EvalSeries& series : sorted) evaluator.emit(std::move(series), consumer);
}

using NumberRow = std::pair<std::string_view, VectorFunction>;
constexpr std::array kNumberFunctions = {
    NumberRow{"abs", apply_math<absolute_of>},
    NumberRow{"absent", evaluate_absent},
    NumberRow{"acos", apply_math<arc_cosine_of>},
    NumberRow{"acosh", apply_math<area_cosine_of>},
    NumberRow{"asin", apply_math<arc_sine_of>},
    NumberRow{"asinh", apply_math<area_sine_of>},
    NumberRow{"atan", apply_math<arc_tangent_of>},
    NumberRow{"atanh", apply_math<area_tangent_of>},
    NumberRow{"ceil", apply_math<ceiling_of>},
    NumberRow{"clamp", evaluate_clamp},
    NumberRow{"clamp_max", evaluate_clamp_max},
    NumberRow{"clamp_min", evaluate_clamp_min},
    NumberRow{"cos", apply_math<cosine_of>},
    NumberRow{"cosh", apply_math<hyperbolic_cosine_of>},
    NumberRow{"day_of_month", apply_date<day_of_month>},
    NumberRow{"day_of_week", apply_date<day_of_week>},
    NumberRow{"day_of_year", apply_date<day_of_year>},
    NumberRow{"days_in_month", apply_date<days_in_month>},
    NumberRow{"deg", apply_math<degrees_of>},
    NumberRow{"exp", apply_math<exponential_of>},
    NumberRow{"floor", apply_math<floor_of>},
    NumberRow{"hour", apply_date<hour_of>},
    NumberRow{"ln", apply_math<logarithm_of>},
    NumberRow{"log10", apply_math<decadic_logarithm_of>},
    NumberRow{"log2", apply_math<dyadic_logarithm_of>},
    NumberRow{"minute", apply_date<minute_of>},
    NumberRow{"month", apply_date<month_of>},
    NumberRow{"rad", apply_math<radians_of>},
    NumberRow{"round", evaluate_round},
    NumberRow{"sgn", apply_math<sign_of>},
    NumberRow{"sin", apply_math<sine_of>},
    NumberRow{"sinh", apply_math<hyperbolic_sine_of>},
    NumberRow{"sort", evaluate_sort<false>},
    NumberRow{"sort_desc", evaluate_sort<true>},
    NumberRow{"sqrt", apply_math<root_of>},
    NumberRow{"start_timestamp", evaluate_times<true>},
    NumberRow{"tan", apply_math<tangent_of>},
    NumberRow{"tanh", apply_math<hyperbolic_tangent_of>},
    NumberRow{"timestamp", evaluate_times<false>},
    NumberRow{"vector", evaluate_vector},
    NumberRow{"year", apply_date<year_of>},
};

}  // namespace

VectorFunction find_number_function(std::string_view name) noexcept {
  const auto found = std::ranges::find(kNumberFunctions, name, &NumberRow::first);
  return found == kNumberFunctions.end() ? nullptr : found->second;
}

}  // namespace kymo::KYMO_ABI::query
