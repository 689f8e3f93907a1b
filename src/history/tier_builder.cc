#include "tier_builder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <kymo/series/birth.h>

namespace kymo::KYMO_ABI::history {
namespace {

double number_of_bits(ColumnKind kind, std::uint64_t bits) {
  return kind == ColumnKind::integer ? static_cast<double>(bits) : std::bit_cast<double>(bits);
}

bool is_below(ColumnKind kind, std::uint64_t a, std::uint64_t b) {
  return kind == ColumnKind::integer ? a < b : std::bit_cast<double>(a) < std::bit_cast<double>(b);
}

std::uint64_t sum_of_bits(ColumnKind kind, std::uint64_t a, std::uint64_t b) {
  if (kind == ColumnKind::integer) return a + b;
  return std::bit_cast<std::uint64_t>(std::bit_cast<double>(a) + std::bit_cast<double>(b));
}

bool is_nan_of_bits(ColumnKind kind, std::uint64_t bits) {
  return kind == ColumnKind::real && std::isnan(std::bit_cast<double>(bits));
}

std::uint64_t count_at(const TierRow& row, std::size_t bucket) {
  return bucket < row.counts.size() ? row.counts[bucket] : 0;
}

/// Whether a count began anew between two rows of a series.
bool has_begun_anew(ColumnKind kind, series::SampleForm form, const TierRow& before, const TierRow& now) {
  if (series::is_reborn({before.start_ms, before.time_ms}, {now.start_ms, now.time_ms})) return true;
  if (form == series::SampleForm::number) return is_below(kind, now.bits, before.bits);
  for (std::size_t i = 0; i < before.counts.size(); ++i) {
    if (count_at(now, i) < before.counts[i]) return true;
  }
  return false;
}

void add_row(ColumnKind kind, TierRow& to, const TierRow& other) {
  to.bits = sum_of_bits(kind, to.bits, other.bits);
  if (to.counts.size() < other.counts.size()) to.counts.resize(other.counts.size());
  for (std::size_t i = 0; i < other.counts.size(); ++i) to.counts[i] += other.counts[i];
}

/// Leaves the first and the last row, and two rows for all resets together.
void shorten(ColumnKind kind, series::SampleForm form, bool is_count, std::vector<TierRow>& rows) {
  std::size_t last_reset = 0;
  std::vector<std::size_t> peaks;  // rows before a reset
  for (std::size_t i = 1; is_count && i < rows.size(); ++i) {
    if (!has_begun_anew(kind, form, rows[i - 1], rows[i])) continue;
    peaks.push_back(i - 1);
    last_reset = i;
  }
  std::vector<TierRow> kept;
  kept.push_back(rows.front());
  if (last_reset != 0) {
    if (last_reset > 1) {
      TierRow peak = rows[peaks.front()];
      for (std::size_t i = 1; i < peaks.size(); ++i) add_row(kind, peak, rows[peaks[i]]);
      peak.time_ms = rows[last_reset - 1].time_ms;
      peak.start_ms = rows.front().start_ms;
      kept.push_back(std::move(peak));
    }
    kept.push_back(rows[last_reset]);
  }
  if (rows.size() - 1 > last_reset) kept.push_back(rows.back());
  rows = std::move(kept);
}

/// The times of a block, and which of them a series has.
class BlockTimes {
 public:
  explicit BlockTimes(std::vector<std::int64_t> times) : times_(std::move(times)) {
    std::ranges::sort(times_);
    const auto repeated = std::ranges::unique(times_);
    times_.erase(repeated.begin(), repeated.end());
  }

  [[nodiscard]] std::size_t place(std::int64_t time_ms) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(times_, time_ms) - times_.begin());
  }
  [[nodiscard]] std::vector<std::uint64_t> present(const std::vector<std::size_t>& places) const {
    if (places.size() == times_.size()) return {};
    std::vector<std::uint64_t> words((times_.size() + kWordBits - 1) / kWordBits);
    for (const std::size_t place : places) words[place / kWordBits] |= std::uint64_t{1} << place % kWordBits;
    return words;
  }
  [[nodiscard]] std::vector<std::int64_t> take() { return std::move(times_); }

 private:
  std::vector<std::int64_t> times_;
};

}  // namespace

TierBuilder::TierBuilder(std::int64_t window_ms, std::span<const Series> series) : window_ms_(window_ms) {
  for (const Series& one : series) all_.emplace_back().about = one;
}

bool TierBuilder::fits(std::size_t place, const SeriesColumns& columns) const {
  const State& state = all_[place];
  if (!state.kind) return true;
  return *state.kind == columns.values.kind &&
         (!columns.histogram || columns.histogram->bounds == state.bounds);
}

void TierBuilder::add(std::size_t place, std::span<const std::int64_t> times, const SeriesColumns& columns) {
  State& state = all_[place];
  const std::size_t rows_before = state.rows.size();
  state.kind = columns.values.kind;
  times_.clear();
  for (std::size_t tick = 0; tick < times.size(); ++tick) {
    if (is_present(columns, tick)) times_.push_back(times[tick]);
  }
  starts_.assign(times_.size(), 0);
  for (std::size_t i = 0; i < columns.created.size(); ++i) {
    const std::size_t to = i + 1 < columns.created.size() ? columns.created[i + 1].sample : times_.size();
    std::fill(starts_.begin() + columns.created[i].sample, starts_.begin() + static_cast<std::ptrdiff_t>(to),
              columns.created[i].time_ms);
  }
  places_.clear();
  if (columns.histogram) {
    state.bounds = columns.histogram->bounds;
    for (const std::int32_t bucket : columns.histogram->buckets)
      places_.push_back(state.buckets.try_emplace(bucket, state.buckets.size()).first->second);
  }
  resets_.clear();
  if (state.about.is_count) find_resets(state, columns);
  // A series that came back within a window has not ended in it.
  while (!state.ends.empty() && !times_.empty() && state.ends.back() < times_.front() &&
         window_of(state.ends.back(), window_ms_) == window_of(times_.front(), window_ms_)) {
    state.ends.pop_back();
  }
  add_ends(state, times, columns);
  for (std::size_t from = 0; from < times_.size();) {
    const std::int64_t window = window_of(times_[from], window_ms_);
    std::size_t to = from + 1;
    while (to < times_.size() && window_of(times_[to], window_ms_) == window) ++to;
    if (!state.open.empty() && state.window != window) close_window(state);
    state.window = window;
    add_window(state, from, to, columns);
    from = to;
  }
  most_rows_ = std::max(most_rows_, state.rows.size() + state.ends.size());
  values_ += (state.rows.size() - rows_before) * (1 + state.buckets.size());
}

void TierBuilder::find_resets(const State& state, const SeriesColumns& columns) {
  const auto falls = [this](ColumnKind kind, std::span<const std::uint64_t> bits) {
    for (std::size_t i = 1; i < bits.size(); ++i) {
      if (is_below(kind, bits[i], bits[i - 1])) resets_.push_back(i);
    }
  };
  if (state.about.form == series::SampleForm::number) falls(*state.kind, columns.values.bits);
  if (columns.histogram) {
    for (const auto& counts : columns.histogram->counts) falls(ColumnKind::integer, counts);
  }
  for (const Created& created : columns.created) {
    const std::size_t i = created.sample;
    if (i == 0) continue;
    if (series::is_reborn({starts_[i - 1], times_[i - 1]}, {starts_[i], times_[i]})) resets_.push_back(i);
  }
  std::ranges::sort(resets_);
  const auto repeated = std::ranges::unique(resets_);
  resets_.erase(repeated.begin(), repeated.end());
}

TierRow TierBuilder::row_of(const State& state, std::size_t sample, const SeriesColumns& columns) const {
  TierRow row{.time_ms = times_[sample], .start_ms = starts_[sample], .bits = columns.values.bits[sample]};
  if (!columns.histogram) return row;
  row.counts.resize(state.buckets.size());
  for (std::size_t i = 0; i < places_.size(); ++i)
    row.counts[places_[i]] = columns.histogram->counts[i][sample];
  return row;
}

void TierBuilder::add_ends(State& state, std::span<const std::int64_t> times,
                           const SeriesColumns& columns) const {
  for (const std::uint32_t tick : columns.stale) {
    const std::int64_t end = times[tick];
    const std::int64_t window = window_of(end, window_ms_);
    const auto next = std::ranges::upper_bound(times_, end);
    if (next != times_.end() && window_of(*next, window_ms_) == window) continue;
    const bool has_sample = next != times_.begin() && window_of(*(next - 1), window_ms_) == window;
    const bool is_known = !state.ends.empty() && window_of(state.ends.back(), window_ms_) == window;
    if (is_known && !(has_sample && state.ends.back() < *(next - 1))) continue;
    state.ends.push_back(end);
  }
}

void TierBuilder::add_window(State& state, std::size_t from, std::size_t to, const SeriesColumns& columns) {
  // The samples that the edges need: both ends, and both sides of each reset.
  std::vector<std::size_t> samples = {from};
  const auto add = [&](std::size_t sample) {
    if (sample > samples.back()) samples.push_back(sample);
  };
  for (auto reset = std::ranges::upper_bound(resets_, from); reset != resets_.end() && *reset < to; ++reset) {
    add(*reset - 1);
    add(*reset);
  }
  add(to - 1);
  for (const std::size_t sample : samples) state.open.push_back(row_of(state, sample, columns));
  shorten(*state.kind, state.about.form, state.about.is_count, state.open);
  add_figures(state, from, to, columns);
}

void TierBuilder::add_figures(State& state, std::size_t from, std::size_t to,
                              const SeriesColumns& columns) const {
  Figures& figures = state.open_figures;
  figures.last_ms = times_[to - 1];
  const bool is_first = figures.count == 0;
  figures.count += to - from;
  if (state.about.form == series::SampleForm::histogram) return;
  const ColumnKind kind = *state.kind;
  const std::span bits = std::span(columns.values.bits).subspan(from, to - from);
  if (is_first) figures.least = figures.greatest = bits.front();
  for (const std::uint64_t one : bits) {
    if (is_below(kind, one, figures.least) || is_nan_of_bits(kind, figures.least)) figures.least = one;
    if (is_below(kind, figures.greatest, one) || is_nan_of_bits(kind, figures.greatest))
      figures.greatest = one;
    // Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen" (1974).
    const double number = number_of_bits(kind, one);
    const double sum = figures.sum + number;
    if (std::isfinite(sum)) {
      figures.lost +=
          std::abs(figures.sum) >= std::abs(number) ? figures.sum - sum + number : number - sum + figures.sum;
    }
    figures.sum = sum;
  }
}

void TierBuilder::close_window(State& state) {
  if (state.open.empty()) return;
  for (TierRow& row : state.open) state.rows.push_back(std::move(row));
  state.open.clear();
  if (std::isfinite(state.open_figures.sum)) state.open_figures.sum += state.open_figures.lost;
  state.figures.push_back(std::exchange(state.open_figures, {}));
}

void TierBuilder::end_windows() {
  for (State& state : all_) close_window(state);
}

void TierBuilder::take(std::vector<BlockColumns>& blocks) {
  end_windows();
  const auto worth = [](const State& state) {
    return state.about.form == series::SampleForm::histogram ? kNumbersOfHistogram : 1;
  };
  for (std::size_t from = 0; from < all_.size();) {
    std::size_t to = from;
    const auto fits = [&] { return to < all_.size() && all_[to].about.reach == all_[from].about.reach; };
    for (std::size_t numbers = 0; fits() && numbers < kBlockNumbers; ++to) numbers += worth(all_[to]);
    const std::span<const State> some = std::span(all_).subspan(from, to - from);
    const BlockColumns at_edges = edges(some);
    blocks.push_back(at_edges);
    for (const TierColumn column :
         {TierColumn::least, TierColumn::greatest, TierColumn::sum, TierColumn::count}) {
      blocks.push_back(figures(some, column, at_edges));
    }
    from = to;
  }
  std::erase_if(blocks, [](const BlockColumns& block) { return block.series.empty(); });
  for (State& state : all_) {
    const Series about = state.about;
    state = {};
    state.about = about;
  }
  most_rows_ = values_ = 0;
}

BlockColumns TierBuilder::edges(std::span<const State> series) {
  std::vector<std::int64_t> all;
  for (const State& state : series) {
    for (const TierRow& row : state.rows) all.push_back(row.time_ms);
    all.insert(all.end(), state.ends.begin(), state.ends.end());
  }
  BlockTimes times(std::move(all));
  BlockColumns block;
  for (const State& state : series) {
    if (state.rows.empty() && state.ends.empty()) continue;
    SeriesColumns& columns = block.series.emplace_back();
    columns.series = tier_id(state.about.id, TierColumn::edges);
    columns.values.kind = state.kind.value_or(ColumnKind::real);
    std::vector<std::size_t> places;
    std::int64_t start = 0;
    for (const TierRow& row : state.rows) {
      if (row.start_ms != start)
        columns.created.push_back({static_cast<std::uint32_t>(places.size()), row.start_ms});
      start = row.start_ms;
      places.push_back(times.place(row.time_ms));
      columns.values.bits.push_back(row.bits);
    }
    columns.present = times.present(places);
    for (const std::int64_t end : state.ends)
      columns.stale.push_back(static_cast<std::uint32_t>(times.place(end)));
    if (state.about.form != series::SampleForm::histogram) continue;
    HistogramColumns& histogram = columns.histogram.emplace();
    histogram.bounds = state.bounds;
    for (const auto& [bucket, place] : state.buckets) {
      histogram.buckets.push_back(bucket);
      std::vector<std::uint64_t>& counts = histogram.counts.emplace_back();
      for (const TierRow& row : state.rows) counts.push_back(count_at(row, place));
    }
  }
  block.times_ms = times.take();
  return block;
}

BlockColumns TierBuilder::figures(std::span<const State> series, TierColumn column,
                                  const BlockColumns& edges) {
  const auto is_left_out = [column](const State& state) {
    return state.figures.empty() ||
           (column != TierColumn::count && state.about.form == series::SampleForm::histogram);
  };
  std::vector<std::int64_t> all;
  for (const State& state : series) {
    if (is_left_out(state)) continue;
    for (const Figures& one : state.figures) all.push_back(one.last_ms);
  }
  // A figure stands at the end of its window. The block says when the first window began.
  if (!all.empty()) all.insert(all.end(), {edges.times_ms.front(), edges.times_ms.back()});
  BlockTimes times(std::move(all));
  BlockColumns block;
  for (const State& state : series) {
    if (is_left_out(state)) continue;
    SeriesColumns& columns = block.series.emplace_back();
    columns.series = tier_id(state.about.id, column);
    columns.values.kind = *state.kind;
    if (column == TierColumn::sum) columns.values.kind = ColumnKind::real;
    if (column == TierColumn::count) columns.values.kind = ColumnKind::integer;
    std::vector<std::size_t> places;
    for (const Figures& one : state.figures) {
      places.push_back(times.place(one.last_ms));
      std::uint64_t bits = one.count;
      if (column == TierColumn::least) bits = one.least;
      if (column == TierColumn::greatest) bits = one.greatest;
      if (column == TierColumn::sum) bits = std::bit_cast<std::uint64_t>(one.sum);
      columns.values.bits.push_back(bits);
    }
    columns.present = times.present(places);
  }
  block.times_ms = times.take();
  return block;
}

}  // namespace kymo::KYMO_ABI::history
