#include "tests/format/random_exposition.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

namespace kymo::KYMO_ABI::format {
namespace {

using Limits = std::numeric_limits<double>;

constexpr std::string_view kReplacement = "\uFFFD";

// Pieces that have broken an exposition somewhere: delimiters, escapes, every kind of line end and space,
// long characters.
constexpr std::array<std::string_view, 40> kPieces = {
    "\"",  "\\",   "\n",     "\r",     "\t",     "{",      "}",      ",",          "=",  " ",
    " # ", "#",    "\\n",    "\\\\",   "n",      "abc",    "/v1/",   "a.b",        "}",  "é",
    "Ж",   "漢",   "🎉",     "\u2028", "\u2029", "\u0085", "\u00A0", "\uFEFF",     "\b", "\f",
    "\v",  "\x1b", "\u202E", "\u0301", "\uFFFD", "\uE000", "\x7f",   "\U0010FFFF", "le", "# EOF"};
constexpr std::array<std::string_view, 4> kBadBytes = {"\xFF", "\xC0", "\xF5", std::string_view("\0", 1)};

std::string mapped(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c == '.' || c == '-' || c == '/' ? '_' : c;
  return out;
}

std::vector<Label> views(const OwnedLabels& labels) {
  std::vector<Label> out;
  for (const auto& [key, value] : labels) out.push_back({key, value});
  return out;
}

OwnedLabels with(OwnedLabels labels, std::string key, std::string value) {
  labels.emplace_back(std::move(key), std::move(value));
  return labels;
}

// The bounds that a histogram of that unit shows when nothing else was asked for.
std::vector<double> usual_bounds(std::string_view unit) {
  struct Range {
    int first, last, step;
  };
  const Range range = unit == "seconds" ? Range{-16, 6, 1}
                      : unit == "bytes" ? Range{4, 30, 2}
                      : unit == "ratio" ? Range{-8, 4, 1}
                                        : Range{-4, 24, 2};
  std::vector<double> bounds;
  for (int i = range.first; i <= range.last; i += range.step) bounds.push_back(std::exp2(i));
  return bounds;
}

double nearest_rank(std::vector<double> values, double q) {
  if (values.empty()) return Limits::quiet_NaN();
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()))) - 1];
}

}  // namespace

RandomExposition::RandomExposition(std::uint64_t seed) : random_(seed) {
  for (int i = 0; i < 5; ++i) {
    add_counters();
    add_gauges();
  }
  for (int i = 0; i < 2; ++i) {
    add_double_counters();
    add_up_down_counters();
    add_windows();
    add_exponential_histograms();
    add_explicit_histograms();
  }
  add_counters_with_exemplars();
  add_producer();
}

std::uint64_t RandomExposition::below(std::uint64_t end) { return random_() % end; }

RandomExposition::Text RandomExposition::any_text(std::size_t max_pieces) {
  Text text;
  for (std::uint64_t pieces = below(max_pieces + 1); pieces > 0; --pieces) {
    const bool bad = once_in(20);
    const std::string_view piece = bad ? kBadBytes[below(kBadBytes.size())] : kPieces[below(kPieces.size())];
    text.raw += piece;
    text.clean += bad ? kReplacement : piece;
  }
  return text;
}

double RandomExposition::any_double() {
  constexpr std::array<double, 14> kEdges = {0,
                                             -0.0,
                                             Limits::infinity(),
                                             -Limits::infinity(),
                                             Limits::denorm_min(),
                                             -Limits::denorm_min(),
                                             Limits::min(),
                                             1e6,
                                             1e-5,
                                             Limits::max(),
                                             0x1p53 - 1,
                                             0x1p53 + 2,
                                             -0x1p63,
                                             0x1p64};
  if (once_in(3)) return kEdges[below(kEdges.size())];
  if (once_in(2)) return static_cast<double>(below(2'000'001)) - 1e6;
  for (;;) {
    const auto number = std::bit_cast<double>(random_());
    if (!std::isnan(number)) return number;
  }
}

std::uint64_t RandomExposition::any_count() {
  constexpr std::array<std::uint64_t, 8> kEdges = {0,
                                                   1,
                                                   (std::uint64_t{1} << 53U) - 1,
                                                   (std::uint64_t{1} << 53U) + 1,
                                                   (std::uint64_t{1} << 63U) - 1,
                                                   std::uint64_t{1} << 63U,
                                                   std::numeric_limits<std::uint64_t>::max() - 1,
                                                   std::numeric_limits<std::uint64_t>::max()};
  return once_in(3) ? kEdges[below(kEdges.size())] : random_() >> below(64);
}

RandomExposition::Name RandomExposition::any_name(bool is_counter) {
  constexpr std::array<std::string_view, 8> kWords = {"http", "Request", "queue.depth", "a-b",
                                                      "x/y",  "_z",      "rtt9",        "c:d"};
  constexpr std::array<std::string_view, 4> kUnits = {"", "seconds", "bytes", "ratio"};
  Name name;
  name.unit = kUnits[below(kUnits.size())];
  name.help = any_text(12);
  name.registered = std::string(kWords[below(kWords.size())]) + "." +
                    std::string(kWords[below(kWords.size())]) + "." + std::to_string(names_++);
  const bool unit_in_name = once_in(2);
  if (unit_in_name && !name.unit.empty()) name.registered += "_" + name.unit;
  name.family = mapped(name.registered);
  if (!unit_in_name && !name.unit.empty()) name.family += "_" + name.unit;
  if (is_counter && unit_in_name) name.registered += once_in(2) ? "_total" : ".total";
  return name;
}

// Each series has a number of its own, so that two never differ in nothing but what replaces bad bytes.
std::vector<RandomExposition::SeriesLabels> RandomExposition::any_series() {
  constexpr std::array<std::string_view, 6> kKeys = {"a", "method", "zone_2", "_x", "Path", "n"};
  std::vector<SeriesLabels> all(1 + below(24));
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == 0 && once_in(2)) continue;  // no labels at all
    all[i].raw.emplace_back("series", std::to_string(i));
    all[i].clean = all[i].raw;
    for (const std::string_view key : kKeys) {
      if (!once_in(3)) continue;
      const Text value = any_text(10);
      all[i].raw.emplace_back(key, value.raw);
      all[i].clean.emplace_back(key, value.clean);
    }
  }
  return all;
}

std::vector<double> RandomExposition::any_values(bool negative) {
  constexpr std::array<double, 8> kEdges = {0, -0.0, Limits::denorm_min(), 0x1p-41, 1, 16, 0x1p-16, 1e12};
  std::vector<double> values(below(30));
  for (double& value : values) {
    value = once_in(4) ? kEdges[below(kEdges.size())] : static_cast<double>(below(1U << 20U)) / 1024;
    if (negative && once_in(3)) value = -value;
  }
  return values;
}

ExpectedFamily& RandomExposition::expect(const Name& name, std::string type) {
  expected_.push_back({name.family, std::move(type), name.unit, name.help.clean, {}, {}});
  return expected_.back();
}

void RandomExposition::expect_created(ExpectedFamily& family, const Name& name, const OwnedLabels& labels) {
  family.samples.push_back({.name = name.family + "_created",
                            .labels = labels,
                            .value = {},
                            .shown_in = ShownIn::openmetrics_only,
                            .is_creation_time = true});
}

void RandomExposition::add_counters() {
  const Name name = any_name(true);
  auto counters = registry_.family<Counter>(name.registered, name.help.raw, {.unit = name.unit});
  ExpectedFamily& family = expect(name, "counter");
  for (const SeriesLabels& labels : any_series()) {
    const std::uint64_t count = any_count();
    counters.with(views(labels.raw)).add(count);
    family.samples.push_back({.name = name.family + "_total", .labels = labels.clean, .value = count});
    expect_created(family, name, labels.clean);
    family.json.push_back({"counters", name.registered, labels.clean, count});
  }
}

void RandomExposition::add_counters_with_exemplars() {
  const Name name = any_name(true);
  auto counters = registry_.family<Counter>(name.registered, name.help.raw,
                                            {.unit = name.unit, .exemplars = Exemplars::on});
  ExpectedFamily& family = expect(name, "counter");
  for (const SeriesLabels& labels : any_series()) {
    Counter counter = counters.with(views(labels.raw));
    // Python's reader takes the first `}` behind an exemplar's `{` for its end, and the core keeps no
    // exemplar that needs escapes.
    const std::string trace = std::to_string(random_()) + " # Ж🎉,=";
    counter.add_with_exemplar(3, {{"trace_id", "older"}});
    counter.add_with_exemplar(4, {{"trace_id", trace}});
    family.samples.push_back({.name = name.family + "_total",
                              .labels = labels.clean,
                              .value = std::uint64_t{7},
                              .exemplar = ExpectedExemplar{{{"trace_id", trace}}, 4}});
    expect_created(family, name, labels.clean);
  }
}

void RandomExposition::add_double_counters() {
  const Name name = any_name(true);
  auto counters = registry_.family<DoubleCounter>(name.registered, name.help.raw, {.unit = name.unit});
  ExpectedFamily& family = expect(name, "counter");
  for (const SeriesLabels& labels : any_series()) {
    DoubleCounter counter = counters.with(views(labels.raw));
    double sum = 0;
    for (std::uint64_t i = below(4); i > 0; --i) {
      const double amount = std::abs(any_double());
      if (!std::isfinite(amount)) continue;
      counter.add(amount);
      sum = std::min(sum + amount, Limits::max());
    }
    family.samples.push_back({.name = name.family + "_total", .labels = labels.clean, .value = sum});
    expect_created(family, name, labels.clean);
  }
}

void RandomExposition::add_up_down_counters() {
  const Name name = any_name(false);
  auto counters = registry_.family<UpDownCounter>(name.registered, name.help.raw, {.unit = name.unit});
  ExpectedFamily& family = expect(name, "gauge");
  for (const SeriesLabels& labels : any_series()) {
    const auto number = static_cast<std::int64_t>(any_count());
    counters.with(views(labels.raw)).add(number);
    family.samples.push_back({.name = name.family, .labels = labels.clean, .value = number});
    family.json.push_back({"counters", name.registered, labels.clean, number});
  }
}

void RandomExposition::add_gauges() {
  const Name name = any_name(false);
  const GaugeTracking tracking = once_in(2) ? GaugeTracking::on : GaugeTracking::off;
  auto gauges =
      registry_.family<Gauge>(name.registered, name.help.raw, {.unit = name.unit, .statistics = tracking});
  ExpectedFamily& family = expect(name, "gauge");
  for (const SeriesLabels& labels : any_series()) {
    const double number = any_double();
    gauges.with(views(labels.raw)).set(number);
    family.samples.push_back({.name = name.family, .labels = labels.clean, .value = number});
    family.json.push_back({"gauges", name.registered, labels.clean, number});
  }
}

void RandomExposition::expect_histogram(ExpectedFamily& family, const Name& name, const OwnedLabels& labels,
                                        const std::vector<double>& bounds,
                                        const std::vector<double>& values) {
  const auto expect_bucket = [&](double bound) {
    const auto count =
        std::count_if(values.begin(), values.end(), [&](double value) { return value <= bound; });
    family.samples.push_back({.name = name.family + "_bucket",
                              .labels = labels,
                              .value = static_cast<std::uint64_t>(count),
                              .le = bound});
  };
  for (const double bound : bounds) expect_bucket(bound);
  expect_bucket(Limits::infinity());
  const auto is_negative = [](double number) { return number < 0; };
  const bool may_fall = std::any_of(bounds.begin(), bounds.end(), is_negative) ||
                        std::any_of(values.begin(), values.end(), is_negative);
  const ShownIn shown_in = may_fall ? ShownIn::text_only : ShownIn::both;
  family.samples.push_back({.name = name.family + "_sum",
                            .labels = labels,
                            .value = std::accumulate(values.begin(), values.end(), 0.0),
                            .shown_in = shown_in});
  family.samples.push_back({.name = name.family + "_count",
                            .labels = labels,
                            .value = std::uint64_t{values.size()},
                            .shown_in = shown_in});
  expect_created(family, name, labels);
}

void RandomExposition::add_exponential_histograms() {
  const Name name = any_name(false);
  auto histograms = registry_.family<Histogram>(name.registered, name.help.raw, {.unit = name.unit});
  ExpectedFamily& family = expect(name, "histogram");
  for (const SeriesLabels& labels : any_series()) {
    Histogram histogram = histograms.with(views(labels.raw));
    const std::vector<double> values = any_values(false);
    for (const double value : values) histogram.record(value);
    expect_histogram(family, name, labels.clean, usual_bounds(name.unit), values);
  }
}

void RandomExposition::add_explicit_histograms() {
  const Name name = any_name(false);
  const bool negative = once_in(2);
  const std::vector<double> bounds = negative ? std::vector<double>{-100, -0.5, 0, 0.1, 1e6}
                                              : std::vector<double>{0.005, 0.1, 1, 2.5, 10, 12345.678};
  auto histograms =
      registry_.family<Histogram>(name.registered, name.help.raw, {.unit = name.unit, .bounds = bounds});
  ExpectedFamily& family = expect(name, "histogram");
  for (const SeriesLabels& labels : any_series()) {
    Histogram histogram = histograms.with(views(labels.raw));
    const std::vector<double> values = any_values(negative || once_in(4));
    for (const double value : values) histogram.record(value);
    expect_histogram(family, name, labels.clean, bounds, values);
  }
}

void RandomExposition::add_windows() {
  const Name name = any_name(false);
  constexpr std::size_t kCapacity = 10;
  auto windows =
      registry_.family<Window>(name.registered, name.help.raw, {.unit = name.unit, .capacity = kCapacity});
  ExpectedFamily& family = expect(name, "summary");
  for (const SeriesLabels& labels : any_series()) {
    Window window = windows.with(views(labels.raw));
    std::vector<double> values = any_values(once_in(3));
    for (double& value : values)
      value += 0.0;  // -0 becomes 0: which of equal values is the quantile is not defined
    for (const double value : values) window.record(value);
    const std::vector<double> last(
        values.end() - static_cast<std::ptrdiff_t>(std::min(values.size(), kCapacity)), values.end());
    for (const auto& [q, label] : {std::pair{0.5, "0.5"}, {0.95, "0.95"}, {0.99, "0.99"}}) {
      const double quantile = nearest_rank(last, q);
      family.samples.push_back({.name = name.family,
                                .labels = with(labels.clean, "quantile", label),
                                .value = quantile,
                                .shown_in = quantile < 0 ? ShownIn::text_only : ShownIn::both});
    }
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    family.samples.push_back({.name = name.family + "_sum",
                              .labels = labels.clean,
                              .value = sum,
                              .shown_in = sum < 0 ? ShownIn::text_only : ShownIn::both});
    family.samples.push_back(
        {.name = name.family + "_count", .labels = labels.clean, .value = std::uint64_t{values.size()}});
    expect_created(family, name, labels.clean);
  }
}

// Only a producer can write these: numbers that no instrument records, and series without a time of their
// beginning.
void RandomExposition::add_producer() {
  const Name gauge = any_name(false);
  const Name counter = any_name(true);
  const std::array<double, 4> numbers = {Limits::quiet_NaN(), -1.5, Limits::infinity(), any_double()};
  registrations_.push_back(registry_.add_producer([=](SnapshotWriter& writer) {
    auto gauges = writer.gauge({gauge.registered, gauge.help.raw, gauge.unit});
    auto counters = writer.counter({counter.registered, counter.help.raw, counter.unit});
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      gauges.add({{"i", std::to_string(i)}}, numbers[i]);
      counters.add({{"i", std::to_string(i)}}, numbers[i]);
    }
  }));
  ExpectedFamily& gauges = expect(gauge, "gauge");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    gauges.samples.push_back(
        {.name = gauge.family, .labels = {{"i", std::to_string(i)}}, .value = numbers[i]});
  }
  ExpectedFamily& counters = expect(counter, "counter");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    counters.samples.push_back({.name = counter.family + "_total",
                                .labels = {{"i", std::to_string(i)}},
                                .value = numbers[i],
                                .shown_in = numbers[i] >= 0 ? ShownIn::both : ShownIn::text_only});
  }
}

}  // namespace kymo::KYMO_ABI::format
