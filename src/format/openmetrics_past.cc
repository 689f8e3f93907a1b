#include <kymo/format/openmetrics_past.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/names.h>
#include <kymo/series/bound_counts.h>

#include "line_writer.h"
#include "metadata.h"
#include "past_text.h"

namespace kymo::KYMO_ABI::format {
namespace {

using series::FamilyInfo;
using series::SeriesChunk;
using series::SeriesRef;

constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;

void append_escaped_value(std::string_view value, std::string& out) {
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

/// `key="value",…`, without the name.
std::string text_of(const series::LabelSet& labels) {
  std::string text;
  for (const Label& label : labels) {
    if (label.key == series::kNameLabel) continue;
    if (!text.empty()) text += ',';
    text.append(label.key).append("=\"");
    append_escaped_value(label.value, text);
    text += '"';
  }
  return text;
}

/// Appends numbers as the text formats have them.
template <class Number>
void append_sample_number(Number number, std::string& out) {
  std::array<char, base::kMaxNumberBytes> text;
  out.append(text.data(), base::put_number(text.data(), number));
}

/// Seconds with milliseconds: `1520430000.123`.
std::string text_of_time(std::int64_t time_ms) {
  std::array<char, 64> text;
  const std::chrono::system_clock::time_point time{std::chrono::milliseconds(time_ms)};
  return {text.data(), put_unix_time(text.data(), time)};
}

/// The `le` of each bucket of the text form, +Inf among them.
std::vector<std::string> texts_of_bounds(std::span<const double> bounds) {
  std::vector<std::string> texts;
  for (const double bound : bounds) {
    std::array<char, base::kMaxNumberBytes> text;
    texts.emplace_back(text.data(), base::put_canonical(text.data(), bound));
  }
  texts.emplace_back("+Inf");
  return texts;
}

/// A sample of a native histogram as a value whose buckets can be counted.
HistogramValue value_of(const series::HistogramChunk& chunk, std::size_t sample) {
  HistogramValue value;
  for (std::size_t i = 0; i < chunk.buckets.size(); ++i) {
    const std::uint64_t count = chunk.counts[i][sample];
    if (chunk.buckets[i] == series::kZeroBucket) {
      value.add_zeros(count);
    } else if (count != 0) {
      value.add_bucket(chunk.buckets[i], count);
    }
  }
  return value;
}

class PastWriter final {
 public:
  PastWriter(const series::SeriesReader& reader, series::TimeRange range, PastForm form,
             const std::function<void(std::string_view)>& write)
      : reader_(reader),
        range_(range),
        is_exact_(form == PastForm::exact),
        write_(write),
        scan_(reader.scan()) {}

  std::uint64_t write_all() {
    // Text families in order: of a window each name is one.
    std::map<std::string, std::vector<SeriesRef>, std::less<>> families;
    for (SeriesRef& series : reader_.find({}, range_)) {
      const FamilyInfo& is = *series->family;
      families[is.kind == Kind::window ? std::string(series->labels.name()) : is.name].push_back(
          std::move(series));
    }
    for (auto& [name, members] : families) {
      std::ranges::sort(members,
                        [](const SeriesRef& a, const SeriesRef& b) { return a->labels < b->labels; });
      write_header(*members.front()->family, name);
      for (const SeriesRef& series : members) write_series(series, name);
    }
    out_ += "# EOF\n";
    write_(out_);
    return scan_->missing_chunks();
  }

 private:
  void write_header(const FamilyInfo& is, const std::string& name) {
    base::StringSink sink(header_);
    {
      LineWriter lines(sink);
      append_metadata("TYPE", name, is.kind == Kind::window ? "unknown" : text_type(is.kind), lines);
      if (!is.unit.empty() && name.ends_with("_" + is.unit)) append_metadata("UNIT", name, is.unit, lines);
      if (!is.help.empty()) append_metadata("HELP", name, escaped_help(is.help, Dialect::openmetrics), lines);
    }
    out_ += header_;
    header_.clear();
    if (!is_exact_ || is.kind != Kind::histogram) return;
    out_.append("# ").append(kBoundsKeyword).append(" ").append(name);
    for (const double bound : is.text_bounds) {
      out_ += ' ';
      append_sample_number(bound, out_);
    }
    out_ += '\n';
  }

  void write_series(const SeriesRef& series, const std::string& family) {
    const series::StoredSeries& is = *series;
    labels_ = text_of(is.labels);
    const std::string name(is.labels.name());
    bounds_ = is.family->text_bounds;
    le_ = texts_of_bounds(bounds_);
    std::int64_t started_ms = 0;
    scan_->open(series, range_);
    while (const SeriesChunk* chunk = scan_->next()) {
      auto start = chunk->starts.begin();
      for (std::size_t i = 0; i < chunk->times_ms.size(); ++i) {
        time_ = text_of_time(chunk->times_ms[i]);
        const std::int64_t before_ms = started_ms;
        for (; start != chunk->starts.end() && start->sample <= i; ++start) started_ms = start->time_ms;
        const bool is_new = started_ms != before_ms;
        if (is_exact_ && is_new) time_.append(kStartBegin).append(text_of_time(started_ms));
        write_sample(*chunk, i, name);
        // A window is of type `unknown`, which has no such line.
        if (!is_exact_ && is_new && is.family->kind != Kind::window) {
          begin_line(family + std::string(kCreatedSuffix));
          out_ += text_of_time(started_ms);
          end_line();
        }
        if (out_.size() >= kPieceBytes) {
          write_(out_);
          out_.clear();
        }
      }
    }
  }

  void write_sample(const SeriesChunk& chunk, std::size_t i, const std::string& name) {
    const double value = chunk.values[i];
    const bool is_stale = std::bit_cast<std::uint64_t>(value) == series::kStaleBits;
    if (is_stale && !is_exact_) return;
    if (chunk.histogram != nullptr && !is_stale && !is_exact_) return write_histogram(chunk, i, name);
    begin_line(name);
    if (is_stale) {
      out_ += kStaleText;
    } else if (chunk.histogram != nullptr) {
      append_composite(chunk, i);
    } else if (chunk.counts.empty()) {
      append_real(value);
    } else {
      append_sample_number(chunk.counts[i], out_);
    }
    end_line();
  }

  void append_real(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (!is_exact_ || !std::isnan(value) ||
        bits == std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN()))
      return append_sample_number(value, out_);
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16).ptr;
    out_.append(kNanBegin).append(digits.data(), end).append(kNanEnd);
  }

  /// A native histogram as one value. Buckets are named after their upper borders there.
  void append_composite(const SeriesChunk& chunk, std::size_t sample) {
    const series::HistogramChunk& is = *chunk.histogram;
    const bool has_bounds = !is.bounds.empty();
    std::uint64_t total = 0;
    std::uint64_t zeros = 0;
    std::string spans;
    std::string counts;
    std::int32_t next = 0;
    std::uint32_t length = 0;
    const auto end_span = [&] {
      if (length != 0) append_sample_number(std::uint64_t{length}, spans);
      length = 0;
    };
    for (std::size_t i = 0; i < is.buckets.size(); ++i) {
      const std::uint64_t count = is.counts[i][sample];
      if (count == 0) continue;
      total += count;
      if (!has_bounds && is.buckets[i] == series::kZeroBucket) {
        zeros = count;
        continue;
      }
      const std::int32_t index = is.buckets[i] + (has_bounds ? 0 : 1);
      if (length == 0 || index != next) {
        end_span();
        if (!spans.empty()) spans += ',';
        append_sample_number(std::int64_t{index} - next, spans);
        spans += ':';
      }
      ++length;
      next = index + 1;
      if (!counts.empty()) counts += ',';
      append_sample_number(count, counts);
    }
    end_span();
    out_ += "{count:";
    append_sample_number(total, out_);
    out_ += ",sum:";
    append_real(chunk.values[sample]);
    out_.append(",schema:").append(has_bounds ? kCustomSchema : kOwnSchema);
    if (has_bounds) {
      out_ += ",custom_values:[";
      for (std::size_t i = 0; i < is.bounds.size(); ++i) {
        if (i != 0) out_ += ',';
        append_sample_number(is.bounds[i], out_);
      }
      out_ += ']';
    } else {
      out_ += ",zero_threshold:";
      append_sample_number(HistogramValue::upper_border(HistogramBuckets::kLeastIndex - 1), out_);
      out_ += ",zero_count:";
      append_sample_number(zeros, out_);
    }
    out_.append(",positive_spans:[").append(spans).append("],positive_buckets:[").append(counts) += "]}";
  }

  void write_histogram(const SeriesChunk& chunk, std::size_t sample, const std::string& name) {
    const series::HistogramChunk& is = *chunk.histogram;
    std::uint64_t total = 0;
    for (const std::vector<std::uint64_t>& counts : is.counts) total += counts[sample];
    cumulative_.clear();
    if (is.bounds.empty()) {
      series::BoundCounts counts(bounds_);
      const auto found = counts.of(value_of(is, sample));
      cumulative_.assign(found.begin(), found.end());
    } else {
      for (const double bound : bounds_) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < is.buckets.size(); ++i) {
          const auto place = static_cast<std::size_t>(is.buckets[i]);
          if (place < is.bounds.size() && is.bounds[place] <= bound) below += is.counts[i][sample];
        }
        cumulative_.push_back(below);
      }
    }
    cumulative_.push_back(total);
    for (std::size_t i = 0; i < le_.size(); ++i) {
      begin_line(name + std::string(kBucketSuffix), "le=\"" + le_[i] + '"');
      append_sample_number(cumulative_[i], out_);
      end_line();
    }
    begin_line(name + std::string(kCountSuffix));
    append_sample_number(total, out_);
    end_line();
    begin_line(name + std::string(kSumSuffix));
    append_sample_number(chunk.values[sample], out_);
    end_line();
  }

  void begin_line(std::string_view name, std::string_view more = {}) {
    out_ += name;
    if (!labels_.empty() || !more.empty()) {
      out_.append("{").append(labels_).append(labels_.empty() || more.empty() ? "" : ",").append(more) += '}';
    }
    out_ += ' ';
  }
  void end_line() { out_.append(" ").append(time_) += '\n'; }

  const series::SeriesReader& reader_;
  const series::TimeRange range_;
  const bool is_exact_;
  const std::function<void(std::string_view)>& write_;
  const std::unique_ptr<series::SeriesScan> scan_;
  std::string out_;
  std::string header_;
  // Of the series at hand.
  std::string labels_;
  std::vector<double> bounds_;
  std::vector<std::string> le_;
  std::string time_;  ///< of the sample
  std::vector<std::uint64_t> cumulative_;
};

}  // namespace

std::uint64_t write_openmetrics_past(const series::SeriesReader& reader, series::TimeRange range,
                                     PastForm form, const std::function<void(std::string_view text)>& write) {
  return PastWriter(reader, range, form, write).write_all();
}

}  // namespace kymo::KYMO_ABI::format
