#include "query_view.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include <kymo/base/amount_text.h>
#include <kymo/base/json_value.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/utf8.h>
#include <kymo/core/names.h>
#include <kymo/format/iso_time.h>
#include <kymo/log/format.h>

namespace kymo::KYMO_ABI::cli {
namespace {

using base::find;
using base::find_as;
using base::JsonValue;

/// Answers come from a server that may be anyone's.
constexpr base::JsonLimits kAnswerLimits{.levels = 12, .fields = 512};
constexpr std::size_t kMostCurves = 12;
constexpr std::string_view kLetters = "abcdefghijkl";
constexpr std::array<std::string_view, 6> kColors = {"\x1b[36m", "\x1b[33m", "\x1b[32m",
                                                     "\x1b[35m", "\x1b[34m", "\x1b[31m"};
constexpr std::string_view kNoColor = "\x1b[0m";

[[noreturn]] void fail_strange() {
  throw std::runtime_error("the answer is none of Prometheus' HTTP API; is this the address of a kymo?");
}

const JsonValue::Object& object_in(const JsonValue& value) {
  const auto* const object = std::get_if<JsonValue::Object>(&value.held);
  if (object == nullptr) fail_strange();
  return *object;
}

const JsonValue::Array& array_in(const JsonValue* value) {
  const auto* const array = value == nullptr ? nullptr : std::get_if<JsonValue::Array>(&value->held);
  if (array == nullptr) fail_strange();
  return *array;
}

JsonValue read_envelope(std::string_view json) {
  auto read = base::read_json(json, kAnswerLimits);
  if (std::holds_alternative<base::JsonError>(read)) fail_strange();
  JsonValue value = std::move(std::get<JsonValue>(read));
  if (const auto* const error = find_as<std::string>(object_in(value), "error"))
    throw std::runtime_error(*error);
  return value;
}

std::string name_of(const JsonValue::Object& labels) {
  std::string name;
  std::string pairs;
  for (const base::JsonField& label : labels) {
    const auto* const text = std::get_if<std::string>(&label.value.held);
    if (text == nullptr) fail_strange();
    if (label.name == "__name__") {
      name = *text;
      continue;
    }
    pairs += (pairs.empty() ? "" : ", ") + label.name + "=\"" + *text + '"';
  }
  if (pairs.empty()) return log::one_line(name.empty() ? "{}" : name);
  return log::one_line(name + '{' + pairs + '}');
}

ShownSample number_sample(const JsonValue& value) {
  const JsonValue::Array& pair = array_in(&value);
  if (pair.size() != 2) fail_strange();
  const auto* const time = std::get_if<double>(&pair[0].held);
  const auto* const text = std::get_if<std::string>(&pair[1].held);
  if (time == nullptr || text == nullptr) fail_strange();
  std::string_view number = *text;
  if (number.starts_with('+')) number.remove_prefix(1);
  const auto parsed = base::parse_number<double>(number);
  return {.seconds = *time,
          .value = parsed.value_or(std::numeric_limits<double>::quiet_NaN()),
          .text = log::one_line(*text)};
}

ShownSample histogram_sample(const JsonValue& value) {
  const JsonValue::Array& pair = array_in(&value);
  if (pair.size() != 2) fail_strange();
  const auto* const time = std::get_if<double>(&pair[0].held);
  const JsonValue::Object& histogram = object_in(pair[1]);
  const auto* const count = find_as<std::string>(histogram, "count");
  const auto* const sum = find_as<std::string>(histogram, "sum");
  if (time == nullptr || count == nullptr || sum == nullptr) fail_strange();
  return {.seconds = *time,
          .value = std::numeric_limits<double>::quiet_NaN(),
          .text = log::one_line("count " + *count + ", sum " + *sum)};
}

ShownSeries read_series(const JsonValue::Object& one) {
  ShownSeries series;
  if (const auto* const labels = find_as<JsonValue::Object>(one, "metric")) series.name = name_of(*labels);
  if (const JsonValue* const value = find(one, "value")) series.samples.push_back(number_sample(*value));
  if (const JsonValue* const values = find(one, "values")) {
    for (const JsonValue& value : array_in(values)) series.samples.push_back(number_sample(value));
  }
  const std::size_t numbers = series.samples.size();
  if (const JsonValue* const value = find(one, "histogram")) {
    series.samples.push_back(histogram_sample(*value));
  }
  if (const JsonValue* const values = find(one, "histograms")) {
    for (const JsonValue& value : array_in(values)) series.samples.push_back(histogram_sample(value));
  }
  series.has_histograms = series.samples.size() != numbers;
  std::ranges::stable_sort(series.samples, {}, &ShownSample::seconds);
  return series;
}

std::string utc(double seconds) {
  return format::iso_time(std::chrono::system_clock::time_point(
      std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(seconds * 1e3)))));
}

std::size_t width_of(std::string_view text) { return base::count_characters(text); }

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t is = width_of(text);
  return is < width ? text + std::string(width - is, ' ') : text;
}

struct Range {
  double low = 0;
  double high = 0;
};

/// The values that the axis shows: from zero where the curves are not far above it.
Range axis_of(const std::vector<const ShownSeries*>& curves) {
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const ShownSeries* curve : curves) {
    for (const ShownSample& sample : curve->samples) {
      if (!std::isfinite(sample.value)) continue;
      range.low = std::min(range.low, sample.value);
      range.high = std::max(range.high, sample.value);
    }
  }
  if (range.low > range.high) return {0, 1};
  if (range.low > 0 && range.low <= range.high / 2) range.low = 0;
  if (range.high < 0 && range.high >= range.low / 2) range.high = 0;
  if (range.low == range.high) {
    const double pad = range.low == 0 ? 1 : std::abs(range.low) / 10;
    range = {range.low - pad, range.high + pad};
  }
  return range;
}

/// Cells of 2 by 4 dots in braille, or of one letter a cell.
class Plot final {
 public:
  Plot(std::size_t columns, std::size_t rows, bool has_unicode)
      : columns_(columns), rows_(rows), has_unicode_(has_unicode), cells_(columns * rows) {}

  [[nodiscard]] std::size_t width() const noexcept { return columns_ * (has_unicode_ ? 2 : 1); }
  [[nodiscard]] std::size_t height() const noexcept { return rows_ * (has_unicode_ ? 4 : 1); }

  void set(std::size_t x, std::size_t y, std::size_t curve) {
    if (x >= width() || y >= height()) return;
    Cell& cell = cells_[(has_unicode_ ? y / 4 : y) * columns_ + (has_unicode_ ? x / 2 : x)];
    // Unicode numbers the dots of a braille character by columns, and the lowest row last.
    constexpr std::array<std::array<unsigned char, 2>, 4> kDots = {
        {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    if (has_unicode_) cell.dots = static_cast<unsigned char>(cell.dots | kDots[y % 4][x % 2]);
    cell.curve = curve + 1;
  }
  /// Shows the letter of a curve in place of the dots.
  void mark(std::size_t x, std::size_t y, std::size_t curve) {
    if (x >= width() || y >= height()) return;
    Cell& cell = cells_[(has_unicode_ ? y / 4 : y) * columns_ + (has_unicode_ ? x / 2 : x)];
    cell = {.dots = 0, .curve = curve + 1, .is_marked = true};
  }

  [[nodiscard]] std::string row(std::size_t number, bool has_colors) const {
    std::string text;
    std::size_t color = 0;
    for (std::size_t column = 0; column < columns_; ++column) {
      const Cell& cell = cells_[number * columns_ + column];
      if (has_colors && cell.curve != color) {
        text += cell.curve == 0 ? kNoColor : kColors[(cell.curve - 1) % kColors.size()];
        color = cell.curve;
      }
      if (cell.curve == 0) {
        text += ' ';
      } else if (cell.is_marked || !has_unicode_) {
        text += kLetters[cell.curve - 1];
      } else {
        // U+2800 and the dots, in UTF-8.
        text += {'\xE2', static_cast<char>(0xA0 + (cell.dots >> 6U)),
                 static_cast<char>(0x80 + (cell.dots & 0x3FU))};
      }
    }
    if (color != 0) text += kNoColor;
    while (text.ends_with(' ')) text.pop_back();
    return text;
  }

 private:
  struct Cell {
    unsigned char dots = 0;
    std::size_t curve = 0;  ///< its number from 1; 0: none
    bool is_marked = false;
  };

  std::size_t columns_;
  std::size_t rows_;
  bool has_unicode_;
  std::vector<Cell> cells_;
};

struct Place {
  std::size_t x = 0;
  std::size_t y = 0;
};

/// Fills each column from `from` to `to`, without gaps between rows.
void draw_line(Place from, Place to, std::size_t curve, Plot& plot) {
  const double rise = static_cast<double>(to.y) - static_cast<double>(from.y);
  const std::size_t columns = to.x - from.x;
  const auto y_at = [&](std::size_t column) {
    const double share = columns == 0 ? 1 : static_cast<double>(column) / static_cast<double>(columns);
    return static_cast<std::size_t>(std::lround(static_cast<double>(from.y) + share * rise));
  };
  std::size_t last = from.y;
  for (std::size_t column = 0; column <= columns; ++column) {
    const std::size_t here = y_at(column);
    for (std::size_t y = std::min(here, last); y <= std::max(here, last); ++y) {
      plot.set(from.x + column, y, curve);
    }
    last = here;
  }
}

Place place_of(const ShownSample& sample, Range axis, const GraphOptions& options, const Plot& plot) {
  const double span = std::max(options.to_seconds - options.from_seconds, options.step_seconds);
  const auto right = static_cast<double>(plot.width() - 1);
  const auto bottom = static_cast<double>(plot.height() - 1);
  const double x = std::clamp((sample.seconds - options.from_seconds) / span * right, 0.0, right);
  // Halves first: the difference of two huge values may be no double.
  const double share = (sample.value / 2 - axis.low / 2) / (axis.high / 2 - axis.low / 2);
  return {static_cast<std::size_t>(std::lround(x)),
          static_cast<std::size_t>(std::lround((1 - std::clamp(share, 0.0, 1.0)) * bottom))};
}

void draw(const ShownSeries& series, std::size_t curve, Range axis, const GraphOptions& options, Plot& plot) {
  const ShownSample* before = nullptr;
  for (const ShownSample& sample : series.samples) {
    if (!std::isfinite(sample.value)) {
      before = nullptr;
      continue;
    }
    const bool is_joined =
        before != nullptr && sample.seconds - before->seconds <= options.step_seconds * 1.5;
    const Place here = place_of(sample, axis, options, plot);
    draw_line(is_joined ? place_of(*before, axis, options, plot) : here, here, curve, plot);
    before = &sample;
  }
}

/// Shows the letter of the curve at its last value.
void mark_end(const ShownSeries& series, std::size_t curve, Range axis, const GraphOptions& options,
              Plot& plot) {
  const auto last = std::find_if(series.samples.rbegin(), series.samples.rend(),
                                 [](const ShownSample& sample) { return std::isfinite(sample.value); });
  if (last == series.samples.rend()) return;
  const Place place = place_of(*last, axis, options, plot);
  plot.mark(place.x, place.y, curve);
}

std::string legend_line(const ShownSeries& series, std::size_t curve, const GraphOptions& options) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  double last = std::numeric_limits<double>::quiet_NaN();
  for (const ShownSample& sample : series.samples) {
    if (std::isfinite(sample.value)) {
      least = std::min(least, sample.value);
      most = std::max(most, sample.value);
    }
    last = sample.value;
  }
  if (least > most) least = most = std::numeric_limits<double>::quiet_NaN();
  std::string mark(1, kLetters[curve]);
  if (options.has_colors) mark = std::string(kColors[curve % kColors.size()]) + mark + std::string(kNoColor);
  return mark + "  " + (series.name.empty() ? "value" : series.name) + "  " + base::amount_text(last) +
         " (min " + base::amount_text(least) + ", max " + base::amount_text(most) + ")\n";
}

std::string short_time(double seconds, bool has_day) {
  const std::string text = utc(seconds);
  return has_day ? text.substr(5, 5) + ' ' + text.substr(11, 5) : text.substr(11, 8);
}

}  // namespace

std::vector<std::string> read_name_list(std::string_view json) {
  const JsonValue read = read_envelope(json);
  std::vector<std::string> names;
  for (const JsonValue& name : array_in(find(object_in(read), "data"))) {
    if (const auto* const text = std::get_if<std::string>(&name.held)) names.push_back(log::one_line(*text));
  }
  return names;
}

QueryAnswer read_query_answer(std::string_view json) {
  const JsonValue read = read_envelope(json);
  const JsonValue::Object& envelope = object_in(read);
  const auto* const data = find_as<JsonValue::Object>(envelope, "data");
  if (data == nullptr) fail_strange();
  const auto* const type = find_as<std::string>(*data, "resultType");
  const JsonValue* const result = find(*data, "result");
  if (type == nullptr || result == nullptr) fail_strange();
  QueryAnswer answer;
  answer.is_range = *type == "matrix";
  if (*type == "scalar" || *type == "string") {
    answer.series.push_back({.name = {}, .samples = {number_sample(*result)}});
  } else {
    for (const JsonValue& one : array_in(result)) answer.series.push_back(read_series(object_in(one)));
  }
  for (const char* const kind : {"warnings", "infos"}) {
    const auto* const notes = find_as<JsonValue::Array>(envelope, kind);
    if (notes == nullptr) continue;
    for (const JsonValue& note : *notes) {
      if (const auto* const text = std::get_if<std::string>(&note.held)) answer.notes.push_back(*text);
    }
  }
  return answer;
}

std::string query_table(const QueryAnswer& answer) {
  std::string text;
  std::size_t width = 0;
  for (const ShownSeries& series : answer.series) width = std::max(width, width_of(series.name));
  width = std::min<std::size_t>(width, 100);
  for (const ShownSeries& series : answer.series) {
    if (!answer.is_range) {
      for (const ShownSample& sample : series.samples) {
        text += (series.name.empty() ? "" : padded(series.name, width) + "  ") + sample.text + '\n';
      }
      continue;
    }
    text += series.name + '\n';
    for (const ShownSample& sample : series.samples) {
      text += "  " + utc(sample.seconds) + "  " + sample.text + '\n';
    }
  }
  return text;
}

std::string query_graph(const QueryAnswer& answer, const GraphOptions& options) {
  std::vector<const ShownSeries*> curves;
  for (const ShownSeries& series : answer.series) {
    if (curves.size() < kMostCurves && !series.has_histograms) curves.push_back(&series);
  }
  const Range axis = axis_of(curves);
  const std::size_t rows = std::max<std::size_t>(options.rows, 4);
  std::vector<std::string> labels(rows);
  std::size_t label_width = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const bool is_last = row + 1 == rows;
    if (row % 4 != 0 && !is_last) continue;
    const double share = static_cast<double>(row) / static_cast<double>(rows - 1);
    labels[row] = base::amount_text(axis.high * (1 - share) + axis.low * share);
    label_width = std::max(label_width, labels[row].size());
  }
  const std::size_t columns = std::max<std::size_t>(options.columns, label_width + 22) - label_width - 2;
  Plot plot(columns, rows, options.has_unicode);
  for (std::size_t i = 0; i < curves.size(); ++i) draw(*curves[i], i, axis, options, plot);
  // Letters come last, so that no curve hides them.
  for (std::size_t i = 0; curves.size() > 1 && i < curves.size(); ++i) {
    mark_end(*curves[i], i, axis, options, plot);
  }
  const std::string_view line = options.has_unicode ? "┤" : "|";
  std::string text;
  for (std::size_t row = 0; row < rows; ++row) {
    text += std::string(label_width - labels[row].size(), ' ') + labels[row] + ' ';
    text += labels[row].empty() ? (options.has_unicode ? "│" : "|") : line;
    text += plot.row(row, options.has_colors) + '\n';
  }
  const bool has_day = options.to_seconds - options.from_seconds > 86'400;
  const std::string left = short_time(options.from_seconds, has_day);
  const std::string right = short_time(options.to_seconds, has_day) + " UTC";
  const std::size_t used = left.size() + right.size();
  text += std::string(label_width + 2, ' ') + left + std::string(columns > used ? columns - used : 1, ' ') +
          right + "\n\n";
  for (std::size_t i = 0; i < curves.size(); ++i) text += legend_line(*curves[i], i, options);
  const auto histograms = std::ranges::count_if(answer.series, &ShownSeries::has_histograms);
  const std::size_t numbers = answer.series.size() - static_cast<std::size_t>(histograms);
  if (numbers > curves.size()) {
    text += "and " + std::to_string(numbers - curves.size()) + " more; topk(" + std::to_string(kMostCurves) +
            ", …) chooses which are drawn\n";
  }
  if (histograms != 0) {
    text += std::to_string(histograms) +
            " histograms have no curve; draw a percentile, such as histogram_quantile(0.99, …)\n";
  }
  return text;
}

std::string pointed_place(std::string_view query, std::string_view message) {
  // The last number:number of the message is the place.
  constexpr std::string_view kDigits = "0123456789";
  for (std::size_t colon = message.rfind(':'); colon != std::string_view::npos && colon > 0;
       colon = message.rfind(':', colon - 1)) {
    const std::size_t before = message.find_last_not_of(kDigits, colon - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(message.find_first_not_of(kDigits, colon + 1), message.size());
    const auto line = base::parse_number<std::size_t>(message.substr(begin, colon - begin));
    const auto column = base::parse_number<std::size_t>(message.substr(colon + 1, end - colon - 1));
    if (!line || !column || *line == 0 || *column == 0) continue;
    std::string_view rest = query;
    for (std::size_t i = 1; i < *line; ++i) {
      const std::size_t next = rest.find('\n');
      if (next == std::string_view::npos) return {};
      rest.remove_prefix(next + 1);
    }
    const std::string shown = log::one_line(rest.substr(0, rest.find('\n')));
    if (*column > width_of(shown) + 1) return {};
    return "  " + shown + "\n  " + std::string(*column - 1, ' ') + "^\n";
  }
  return {};
}

}  // namespace kymo::KYMO_ABI::cli
