#include "openmetrics_parts.h"

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/utf8.h>
#include <kymo/core/histogram_buckets.h>

#include "past_text.h"

namespace kymo::KYMO_ABI::format {

using series::LabelSet;
using series::PastHistogram;

void fail(std::string cause, std::string_view remedy) {
  throw Fault{std::move(cause.append("; ").append(remedy))};
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 80;
  return '"' + base::to_utf8(base::cut_utf8(text, kShown)) + '"';
}

bool is_name(std::string_view name) {
  const auto fits = [](char c) { return base::is_alphanumeric(c) || c == '_' || c == ':'; };
  return !name.empty() && !base::is_digit(name.front()) && std::ranges::all_of(name, fits);
}

PastNumber of_double(double value) { return {std::bit_cast<std::uint64_t>(value), false}; }

PastNumber of_sum(PastNumber sum) { return sum.bits == series::kStaleBits ? sum : of_double(sum.real()); }

namespace {

std::optional<PastNumber> special_number(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == kStaleText) return PastNumber{series::kStaleBits, false};
  if (base::equals_ignoring_case(text, "nan")) return of_double(std::numeric_limits<double>::quiet_NaN());
  for (const std::string_view one : {"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}) {
    if (base::equals_ignoring_case(text, one)) return of_double(one.front() == '-' ? -kInfinity : kInfinity);
  }
  if (!text.starts_with(kNanBegin) || !text.ends_with(kNanEnd)) return std::nullopt;
  text.remove_prefix(kNanBegin.size());
  text.remove_suffix(kNanEnd.size());
  const auto bits = base::parse_number<std::uint64_t>(text, 16);
  if (!bits || !std::isnan(std::bit_cast<double>(*bits))) return std::nullopt;
  return PastNumber{*bits, false};
}

}  // namespace

std::optional<PastNumber> number_of(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, base::is_digit)) {
    if (const auto whole = base::parse_number<std::uint64_t>(text)) return PastNumber{*whole, true};
  }
  const bool has_plus = text.size() > 1 && text[0] == '+' && (base::is_digit(text[1]) || text[1] == '.');
  const auto value = base::parse_number<double>(text.substr(has_plus ? 1 : 0));
  if (value && std::isfinite(*value)) return of_double(*value);
  return special_number(text);
}

std::optional<std::int64_t> time_of(std::string_view text) {
  constexpr double kMostMs = 1e15;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (!whole.empty() && std::ranges::all_of(whole, base::is_digit) &&
      std::ranges::all_of(fraction, base::is_digit)) {
    const auto seconds = base::parse_number<std::int64_t>(whole);
    if (!seconds || static_cast<double>(*seconds) > kMostMs / 1000) return std::nullopt;
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 3; ++i) ms = ms * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    return *seconds * 1000 + ms;
  }
  const auto seconds = base::parse_number<double>(text);
  if (!seconds || !(std::abs(*seconds) < kMostMs / 1000)) return std::nullopt;
  return std::llround(*seconds * 1000);
}

std::string unescaped(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char next = text[++i];
    if (next != 'n' && next != '\\' && next != '"') plain += '\\';
    plain += next == 'n' ? '\n' : next;
  }
  return plain;
}

std::size_t series_length(std::string_view line) {
  const std::size_t begin = line.find_first_of("{ ");
  if (begin == std::string_view::npos || line[begin] == ' ') return std::min(begin, line.size());
  bool is_quoted = false;
  for (std::size_t i = begin + 1; i < line.size(); ++i) {
    if (is_quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && line[i] == '}') {
      return i + 1;
    }
  }
  fail("the labels have no end", "close them with }");
}

Labels labels_of(std::string_view text) {
  Labels labels;
  Cursor at(text.substr(1, text.size() - 2));
  while (!at.is_at_end()) {
    const std::string_view key = at.take_until("=\",");
    if (!is_name(key) || key.find(':') != std::string_view::npos || !at.skip("=\""))
      fail("a label begins with " + quoted(key), "write it as key=\"value\"");
    std::size_t end = 0;
    while (end < at.rest().size() && at.rest()[end] != '"') end += at.rest()[end] == '\\' ? 2U : 1U;
    if (end >= at.rest().size())
      fail("the value of the label " + quoted(key) + " has no end", "close its quotes");
    const std::string_view value = at.rest().substr(0, end);
    if (!base::is_utf8(value))
      fail("the value of the label " + quoted(key) + " is no UTF-8", "convert the text to UTF-8");
    if (std::ranges::find(labels, key, &Labels::value_type::first) != labels.end())
      fail("the label " + quoted(key) + " is there twice", "leave one of both out");
    if (key == series::kNameLabel) fail("a label is __name__", "write the name before the {");
    labels.emplace_back(key, unescaped(value));
    (void)at.skip(at.rest().substr(0, end + 1));
    if (!at.skip(",") && !at.is_at_end())
      fail("no comma follows the label " + quoted(key), "separate labels by commas");
  }
  return labels;
}

LabelSet label_set_of(std::string_view name, const Labels& labels, std::string_view without) {
  std::vector<Label> all = {{series::kNameLabel, name}};
  for (const auto& [key, value] : labels) {
    if (key != without) all.push_back({key, value});
  }
  return LabelSet(all);
}

std::uint64_t count_of(std::string_view text, std::string_view of) {
  constexpr double kTooLarge = 0x1p64;
  const auto number = number_of(text);
  if (number && number->is_whole) return number->bits;
  if (number && number->real() >= 0 && number->real() < kTooLarge &&
      number->real() == std::floor(number->real()))
    return static_cast<std::uint64_t>(number->real());
  fail(std::string(of) + " is " + quoted(text), "a count is a whole number from 0 to 2^64 - 1");
}

namespace {

/// The sample of a native histogram as `{count:5,sum:1.5,…}`.
class CompositeReader final {
 public:
  explicit CompositeReader(std::string_view text) {
    Cursor at(text);
    (void)at.skip("{");
    while (!at.is_at_end() && !at.skip("}")) {
      const std::string_view key = at.take_until(":");
      (void)at.skip(":");
      std::string_view value;
      if (at.skip("[")) {
        value = at.take_until("]");
        if (!at.skip("]")) fail("a list of the histogram has no end", "close it with ]");
      } else {
        value = at.take_until(",}");
      }
      if (!parts_.emplace(key, value).second)
        fail("the histogram has " + quoted(key) + " twice", "leave one of both out");
      (void)at.skip(",");
    }
    for (const auto& [key, value] : parts_) {
      if (std::ranges::find(kKeys, key) == kKeys.end())
        fail("the histogram has " + quoted(key), "kymo reads native histograms without negative values only");
    }
  }

  [[nodiscard]] PastNumber sum() const {
    const auto sum = number_of(part("sum"));
    if (!sum) fail("the sum is " + quoted(part("sum")), "write a number");
    return of_sum(*sum);
  }
  [[nodiscard]] PastHistogram histogram() const {
    PastHistogram made;
    const std::string_view schema = part("schema");
    const bool is_custom = schema == kCustomSchema;
    if (!is_custom && schema != kOwnSchema)
      fail("the schema is " + quoted(schema), "kymo keeps the schemas 6 and -53 only");
    if (is_custom) {
      std::vector<double> bounds;
      for (const std::string_view text : list("custom_values")) {
        const auto bound = number_of(text);
        if (!bound || !std::isfinite(bound->real()) || (!bounds.empty() && bounds.back() >= bound->real()))
          fail("a bound is " + quoted(text), "bounds are finite numbers that ascend");
        bounds.push_back(bound->real());
      }
      if (bounds.empty()) fail("custom_values is empty", "name the bounds of the histogram");
      made.bounds = std::make_shared<const std::vector<double>>(std::move(bounds));
    }
    std::uint64_t total = 0;
    if (const std::string_view zeros = part("zero_count"); !zeros.empty() && zeros != "0") {
      if (is_custom) fail("a histogram with own bounds has a zero_count", "count these in a bucket");
      total = count_of(zeros, "zero_count");
      made.buckets.emplace_back(series::kZeroBucket, total);
    }
    add_buckets(made, is_custom, total);
    if (count_of(part("count"), "count") != total)
      fail("count is not the sum of the buckets", "the line was changed; export it again");
    return made;
  }

 private:
  static constexpr std::array<std::string_view, 8> kKeys = {
      "count",      "sum",           "schema",         "zero_threshold",
      "zero_count", "custom_values", "positive_spans", "positive_buckets"};

  [[nodiscard]] std::string_view part(std::string_view key) const {
    const auto found = parts_.find(key);
    return found == parts_.end() ? std::string_view() : found->second;
  }
  [[nodiscard]] std::vector<std::string_view> list(std::string_view key) const {
    std::vector<std::string_view> items;
    Cursor at(part(key));
    while (!at.is_at_end()) {
      items.push_back(at.take_until(","));
      (void)at.skip(",");
      if (items.size() > kMostBuckets) fail("a histogram has too many buckets", "8192 are the most");
    }
    return items;
  }

  void add_buckets(PastHistogram& made, bool is_custom, std::uint64_t& total) const {
    const std::vector<std::string_view> counts = list("positive_buckets");
    const std::int64_t least = is_custom ? 0 : HistogramBuckets::kLeastIndex + 1;
    const std::int64_t most =
        is_custom ? static_cast<std::int64_t>(made.bounds->size())
                  : std::int64_t{HistogramBuckets::kLeastIndex} + HistogramBuckets::kOtherIndex;
    auto count = counts.begin();
    std::int64_t index = 0;
    bool is_first = true;
    for (const std::string_view span : list("positive_spans")) {
      const std::size_t colon = span.find(':');
      const auto offset = base::parse_number<std::int32_t>(span.substr(0, colon));
      const auto length = base::parse_number<std::uint32_t>(
          colon == std::string_view::npos ? std::string_view() : span.substr(colon + 1));
      if (!offset || !length || (!is_first && *offset < 0) ||
          *length > static_cast<std::size_t>(counts.end() - count))
        fail("a span is " + quoted(span), "spans are offset:length, with a bucket for each place");
      index += *offset;
      is_first = false;
      for (std::uint32_t i = 0; i < *length; ++i, ++index, ++count) {
        if (index < least || index > most)
          fail("a bucket is " + std::to_string(index), "the histogram cannot have this bucket");
        const std::uint64_t is = count_of(*count, "a bucket");
        if (is > std::numeric_limits<std::uint64_t>::max() - total)
          fail("the buckets together exceed 2^64 - 1", "the line was changed; export it again");
        total += is;
        // A bucket is named after its lower border in the store, and after its upper one in the text.
        if (is != 0) made.buckets.emplace_back(static_cast<std::int32_t>(is_custom ? index : index - 1), is);
      }
    }
    if (count != counts.end()) fail("some buckets are in no span", "the line was changed; export it again");
  }

  std::map<std::string_view, std::string_view> parts_;
};

}  // namespace

PastHistogram read_composite(std::string_view text, PastNumber& sum) {
  const CompositeReader composite(text);
  sum = composite.sum();
  return composite.histogram();
}

}  // namespace kymo::KYMO_ABI::format
