#include "annotations.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include <kymo/query/parser.h>
#include <kymo/query/quoting.h>

#include "number_texts.h"

namespace kymo::KYMO_ABI::query {
namespace {

/// How the detail follows the text.
enum class DetailForm : std::uint8_t {
  none,
  plain,        ///< ` x`
  quoted,       ///< ` "x"`
  metric,       ///< ` for metric name "x"`, where there is one
  value,        ///< `, got x`
  capped,       ///< `, got x, capping to y`
  bucket,       ///< ` of "y"`, then as metric
  aggregation,  ///< ` x aggregation`
  type,         ///< `, got "y": "x"`
  operation,    ///< ` "x": y`
  overlap,      ///< ` for metric "x"`, and how often
};

struct NoteRow {
  Note note;
  bool is_warning;
  DetailForm form;
  std::string_view text;
};

using enum DetailForm;
constexpr std::size_t kNotes = static_cast<std::size_t>(Note::changed_bounds) + 1;
// clang-format off
constexpr std::array<NoteRow, kNotes> kNoteRows = {{
    {Note::invalid_quantile, true, value, "quantile value should be between 0 and 1"},
    {Note::invalid_ratio, true, capped, "ratio value should be between -1 and 1"},
    {Note::bad_bucket_label, true, bucket, "bucket label \"le\" is missing or has a malformed value"},
    {Note::mixed_range, true, quoted, "encountered a mix of histograms and floats for metric name"},
    {Note::mixed_aggregation, true, none, "encountered a mix of histograms and floats for aggregation"},
    {Note::mixed_classic_native, true, metric, "vector contains a mix of classic and native histograms"},
    {Note::not_counter, true, quoted, "this native histogram metric is not a counter:"},
    {Note::not_gauge, true, quoted, "this native histogram metric is not a gauge:"},
    {Note::mixed_bounds, true, quoted, "vector contains a mix of histograms with exponential and custom buckets schemas for metric name"},
    {Note::incompatible_buckets, true, plain, "incompatible bucket layout encountered for binary operator"},
    {Note::sort_in_range_query, true, none, "sort is ineffective for range queries since results are always ordered by labels"},
    {Note::reset_conflict, true, plain, "conflicting counter resets during histogram"},
    {Note::start_overlap, true, overlap, "sample has start time that overlaps with previous sample timestamp"},
    {Note::possible_non_counter, false, quoted, "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:"},
    {Note::possible_non_counter_type, false, type, "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\""},
    {Note::forced_monotonicity, false, metric, "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"},
    {Note::incompatible_types, false, operation, "incompatible sample types encountered for binary operator"},
    {Note::ignored_in_aggregation, false, aggregation, "ignored histogram in"},
    {Note::ignored_in_range, false, quoted, "ignored histograms in a range containing both floats and histograms for metric name"},
    {Note::quantile_nan, false, metric, "input to histogram_quantile has NaN observations, result is NaN"},
    {Note::quantile_skewed, false, metric, "input to histogram_quantile has NaN observations, result is skewed higher"},
    {Note::fraction_nan, false, metric, "input to histogram_fraction has NaN observations, which are excluded from all fractions"},
    {Note::changed_bounds, false, plain, "mismatched custom buckets were reconciled during"},
}};
// clang-format on
static_assert(std::ranges::is_sorted(kNoteRows, {}, &NoteRow::note));

std::string metric_text(std::string_view name) {
  return name.empty() ? std::string() : " for metric name " + quote(name);
}

std::string detail_text(DetailForm form, const std::string& detail, const std::string& more) {
  switch (form) {
    case none: return {};
    case plain: return " " + detail;
    case quoted: return " " + quote(detail);
    case metric: return metric_text(detail);
    case value: return ", got " + detail;
    case capped: return ", got " + detail + ", capping to " + more;
    case bucket: return " of " + quote(more) + metric_text(detail);
    case aggregation: return " " + detail + " aggregation";
    case type: return ", got " + quote(more) + ": " + quote(detail);
    case operation: return " " + quote(detail) + ": " + more;
    case overlap: return " for metric " + quote(detail);
  }
  return {};
}

std::string time_text(std::int64_t milliseconds) {
  const std::chrono::sys_time<std::chrono::seconds> time{
      std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(milliseconds))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string correction_text(const Monotonicity& one) {
  std::array<char, 32> difference;
  std::snprintf(difference.data(), difference.size(), "%.2g", one.most_difference);
  return ", from buckets " + general_number_text(one.least_bucket) + " to " +
         general_number_text(one.most_bucket) + ", with a max diff of " + difference.data() + ", over " +
         std::to_string(one.samples) + " samples from " + time_text(one.first_ms) + " to " +
         time_text(one.last_ms);
}

/// Keeps the answer to a query small, whatever the data.
void cut_notes(std::vector<std::string>& notes, std::string_view kind) {
  constexpr std::size_t kMostNotes = 100;
  if (notes.size() <= kMostNotes) return;
  const std::size_t more = notes.size() - kMostNotes;
  notes.resize(kMostNotes);
  notes.push_back(std::to_string(more) + " more " + std::string(kind) + " annotations omitted");
}

}  // namespace

Annotations::Entry& Annotations::entry(Note note, Span span, std::string_view detail, std::string_view more) {
  const bool is_last = last_entry_ != nullptr && last_.note == note && last_.at == span.begin &&
                       last_.detail == detail && last_.more == more;
  if (!is_last) {
    // Far more than the answer shows. Names of series may be as many as the series.
    constexpr std::size_t kMostEntries = 10'000;
    const bool is_full = entries_.size() >= kMostEntries;
    last_ = {note, span.begin, is_full ? "…" : std::string(detail), is_full ? "" : std::string(more)};
    last_entry_ = &entries_[last_];
  }
  ++last_entry_->count;
  return *last_entry_;
}

void Annotations::add(Note note, Span span, std::string_view detail, std::string_view more) {
  entry(note, span, detail, more);
}

void Annotations::add_overlap(Span span, std::string_view metric) {
  entry(Note::start_overlap, span, metric);
}

void Annotations::add_monotonicity(Span span, std::string_view metric, const Monotonicity& one) {
  Entry& known = entry(Note::forced_monotonicity, span, metric);
  Monotonicity& all = known.monotonicity;
  if (known.count == 1) {
    all = one;
    return;
  }
  all.least_bucket = std::min(all.least_bucket, one.least_bucket);
  all.most_bucket = std::max(all.most_bucket, one.most_bucket);
  all.most_difference = std::max(all.most_difference, one.most_difference);
  all.first_ms = std::min(all.first_ms, one.first_ms);
  all.last_ms = std::max(all.last_ms, one.last_ms);
  all.samples += one.samples;
}

void Annotations::write(std::string_view query, std::vector<std::string>& warnings,
                        std::vector<std::string>& infos) const {
  for (const auto& [key, found] : entries_) {
    const NoteRow& row = kNoteRows.at(static_cast<std::size_t>(key.note));
    std::string text = row.is_warning ? "PromQL warning: " : "PromQL info: ";
    text += std::string(row.text) + detail_text(row.form, key.detail, key.more);
    if (key.note == Note::forced_monotonicity) text += correction_text(found.monotonicity);
    if (key.note == Note::start_overlap && found.count > 1) {
      text += " (" + std::to_string(found.count) + " occurrences)";
    }
    text += " (" + position_text(query, key.at) + ")";
    (row.is_warning ? warnings : infos).push_back(std::move(text));
  }
  std::ranges::sort(warnings);
  std::ranges::sort(infos);
  cut_notes(warnings, "warning");
  cut_notes(infos, "info");
}

}  // namespace kymo::KYMO_ABI::query
