#include <kymo/query/classic_view.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include <kymo/base/number_text.h>
#include <kymo/core/histogram_value.h>

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::string_view kBucketEnding = "_bucket";
constexpr std::string_view kSumEnding = "_sum";
constexpr std::string_view kCountEnding = "_count";
constexpr std::string_view kUpperLabel = "le";

/// Which number of a histogram a series has.
enum class ClassicPart : std::uint8_t { bucket, sum, count };

struct ViewedSeries final : series::StoredSeries {
  series::SeriesRef histogram;
  ClassicPart part = ClassicPart::count;
  std::size_t bound = 0;  ///< place in the bounds of the family; behind the last one: +Inf
};

std::string text_of_bound(double bound) {
  std::array<char, base::kMaxNumberBytes> text;
  return {text.data(), base::put_canonical(text.data(), bound)};
}

/// Conditions that hold for the histogram of a wanted classic series.
std::vector<series::Matcher> histogram_matchers(std::span<const series::Matcher> matchers) {
  std::vector<series::Matcher> below;
  for (const series::Matcher& one : matchers) {
    if (one.key() == kUpperLabel) continue;
    if (one.key() != series::kNameLabel) {
      below.push_back(one);
      continue;
    }
    if (one.kind() != series::Matcher::Kind::equal) continue;
    for (const std::string_view ending : {kBucketEnding, kSumEnding, kCountEnding}) {
      const std::string_view name = one.value();
      if (!name.ends_with(ending)) continue;
      below.push_back(
          series::Matcher::equal(one.key(), std::string(name.substr(0, name.size() - ending.size()))));
    }
  }
  return below;
}

/// Whether a name that the matchers ask for may be that of a classic series.
bool may_be_classic(std::span<const series::Matcher> matchers) {
  return std::ranges::all_of(matchers, [](const series::Matcher& one) {
    const std::string_view name = one.value();
    return one.key() != series::kNameLabel || one.kind() != series::Matcher::Kind::equal ||
           name.ends_with(kBucketEnding) || name.ends_with(kSumEnding) || name.ends_with(kCountEnding);
  });
}

/// A bucket or count has the edges and the number of samples of its histogram, and no other figures.
series::ReadWish classic_wish(const series::ReadWish& wish) {
  using series::SampleUse;
  return wish.use == SampleUse::edges || wish.use == SampleUse::count ? wish : series::ReadWish{};
}

/// The classic series of one histogram, as columns.
class ClassicColumns {
 public:
  /// Reads the histogram, unless this is the one that was read last.
  void read(series::SeriesScan& scan, const series::SeriesRef& histogram, series::TimeRange range,
            const series::ReadWish& wish) {
    const bool is_known =
        histogram == read_ && range.from_ms == range_.from_ms && range.to_ms == range_.to_ms && wish == wish_;
    if (is_known) return;
    read_ = histogram;
    range_ = range;
    wish_ = wish;
    use_ = series::SampleUse::every;
    times_.clear();
    sums_.clear();
    starts_.clear();
    const auto& bounds = histogram->family->text_bounds;
    buckets_.assign(bounds.size() + 1, {});
    scan.open_for(histogram, range, wish);
    while (const series::SeriesChunk* const chunk = scan.next()) append(*chunk, bounds);
  }

  [[nodiscard]] bool empty() const noexcept { return times_.empty(); }
  void fill(const ViewedSeries& series, series::SeriesChunk& chunk) const {
    chunk.times_ms = times_;
    chunk.starts = starts_;
    chunk.use = use_;
    chunk.values = sums_;
    if (wish_.use == series::SampleUse::count) return;
    if (series.part == ClassicPart::bucket) chunk.values = buckets_[series.bound];
    if (series.part == ClassicPart::count) chunk.values = buckets_.back();
  }

 private:
  void append(const series::SeriesChunk& chunk, const std::vector<double>& bounds) {
    const std::size_t before = times_.size();
    if (chunk.use != series::SampleUse::every) use_ = chunk.use;
    times_.insert(times_.end(), chunk.times_ms.begin(), chunk.times_ms.end());
    sums_.insert(sums_.end(), chunk.values.begin(), chunk.values.end());
    if (wish_.use == series::SampleUse::count) {
      append_counts(chunk.use == series::SampleUse::count, before);
      return;
    }
    for (const series::CountStart& one : chunk.starts) {
      starts_.push_back({static_cast<std::uint32_t>(one.sample + before), one.time_ms});
    }
    for (auto& column : buckets_) column.resize(times_.size());
    if (chunk.histogram == nullptr) return;
    const series::HistogramChunk& own = *chunk.histogram;
    // Each bucket counts at the first bound that holds all of it, then at all further ones.
    for (std::size_t i = 0; i < own.buckets.size(); ++i) {
      const double upper = upper_of(own, own.buckets[i]);
      const auto first = static_cast<std::size_t>(std::ranges::lower_bound(bounds, upper) - bounds.begin());
      auto& column = buckets_[first];
      for (std::size_t k = 0; k < chunk.times_ms.size(); ++k) {
        column[before + k] += static_cast<double>(own.counts[i][k]);
      }
    }
    for (std::size_t i = 1; i < buckets_.size(); ++i) {
      for (std::size_t k = before; k < times_.size(); ++k) buckets_[i][k] += buckets_[i - 1][k];
    }
    // The end of the histogram is that of all its series.
    for (std::size_t k = before; k < times_.size(); ++k) {
      if (std::bit_cast<std::uint64_t>(sums_[k]) != series::kStaleBits) continue;
      for (auto& column : buckets_) column[k] = sums_[k];
    }
  }

  /// All samples count as one, but for the ends of the series and where the store has counted them.
  void append_counts(bool is_counted, std::size_t begin) {
    use_ = series::SampleUse::count;
    for (std::size_t i = begin; !is_counted && i < sums_.size(); ++i) {
      if (std::bit_cast<std::uint64_t>(sums_[i]) != series::kStaleBits) sums_[i] = 1;
    }
  }

  static double upper_of(const series::HistogramChunk& own, std::int32_t index) {
    if (own.bounds.empty()) {
      return index == series::kZeroBucket ? 0 : HistogramValue::upper_border(index);
    }
    const auto place = static_cast<std::size_t>(index);
    return place < own.bounds.size() ? own.bounds[place] : std::numeric_limits<double>::infinity();
  }

  series::SeriesRef read_;
  series::TimeRange range_;
  series::ReadWish wish_;
  series::SampleUse use_ = series::SampleUse::every;
  std::vector<std::int64_t> times_;
  std::vector<double> sums_;
  std::vector<series::CountStart> starts_;
  std::vector<std::vector<double>> buckets_;  ///< at or below each bound, +Inf the last
};

class ViewScan final : public series::SeriesScan {
 public:
  explicit ViewScan(std::unique_ptr<series::SeriesScan> below) : below_(std::move(below)) {}

  void open(const series::SeriesRef& series, series::TimeRange range) override {
    open_for(series, range, {});
  }
  void open_for(const series::SeriesRef& series, series::TimeRange range,
                const series::ReadWish& wish) override {
    const auto* const classic = dynamic_cast<const ViewedSeries*>(series.get());
    is_classic_ = classic != nullptr;
    if (!is_classic_) {
      below_->open_for(series, range, wish);
      return;
    }
    columns_.read(*below_, classic->histogram, range, classic_wish(wish));
    columns_.fill(*classic, chunk_);
    is_given_ = columns_.empty();
  }
  [[nodiscard]] const series::SeriesChunk* next() override {
    if (!is_classic_) return below_->next();
    return std::exchange(is_given_, true) ? nullptr : &chunk_;
  }
  [[nodiscard]] std::uint64_t missing_chunks() const noexcept override { return below_->missing_chunks(); }

 private:
  std::unique_ptr<series::SeriesScan> below_;
  ClassicColumns columns_;
  series::SeriesChunk chunk_;
  bool is_classic_ = false;
  bool is_given_ = true;
};

/// Adds the classic series of a histogram that fit, up to a number of series.
class ClassicFinder {
 public:
  ClassicFinder(std::span<const series::Matcher> matchers, std::size_t most,
                std::vector<series::SeriesRef>& found)
      : matchers_(matchers), most_(most), found_(found) {}

  void add(const series::SeriesRef& histogram) {
    const std::string name(histogram->labels.name());
    add_part(histogram, ClassicPart::sum, histogram->labels.with(series::kNameLabel, name + "_sum"), 0);
    add_part(histogram, ClassicPart::count, histogram->labels.with(series::kNameLabel, name + "_count"), 0);
    const series::LabelSet labels = histogram->labels.with(series::kNameLabel, name + "_bucket");
    const auto& bounds = histogram->family->text_bounds;
    for (std::size_t bound = 0; bound <= bounds.size(); ++bound) {
      const double upper = bound < bounds.size() ? bounds[bound] : std::numeric_limits<double>::infinity();
      add_part(histogram, ClassicPart::bucket, labels.with(kUpperLabel, text_of_bound(upper)), bound);
    }
  }

 private:
  void add_part(const series::SeriesRef& histogram, ClassicPart part, series::LabelSet labels,
                std::size_t bound) {
    if (found_.size() >= most_ || !series::fits(labels, matchers_)) return;
    auto made = std::make_shared<ViewedSeries>();
    made->labels = std::move(labels);
    made->family = histogram->family;
    made->histogram = histogram;
    made->part = part;
    made->bound = bound;
    found_.push_back(std::move(made));
  }

  std::span<const series::Matcher> matchers_;
  std::size_t most_;
  std::vector<series::SeriesRef>& found_;
};

}  // namespace

std::vector<series::SeriesRef> ClassicView::find(std::span<const series::Matcher> matchers,
                                                 series::TimeRange range, const series::ReadLimit& limit,
                                                 std::size_t most) const {
  std::vector<series::SeriesRef> found = store_.find(matchers, range, limit, most);
  if (found.size() >= most || !may_be_classic(matchers)) return found;
  ClassicFinder finder(matchers, most, found);
  for (const series::SeriesRef& one : store_.find(histogram_matchers(matchers), range, limit)) {
    if (one->form == series::SampleForm::histogram) finder.add(one);
  }
  return found;
}

std::unique_ptr<series::SeriesScan> ClassicView::scan(series::ReadLimit limit) const {
  return std::make_unique<ViewScan>(store_.scan(std::move(limit)));
}

}  // namespace kymo::KYMO_ABI::query
