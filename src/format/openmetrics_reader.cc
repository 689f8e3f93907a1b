#include <kymo/format/openmetrics_reader.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include <kymo/core/names.h>

#include "openmetrics_parts.h"
#include "past_text.h"

namespace kymo::KYMO_ABI::format {
namespace {

using series::FamilyInfo;
using series::LabelSet;
using series::PastHistogram;
using series::PastSample;

constexpr std::size_t kMostLineBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostKnown = 1024;  ///< texts of series whose labels are remembered
constexpr std::uint64_t kMostExact = std::uint64_t{1} << 53U;  ///< a double has each integer below

enum class Role : std::uint8_t { number, bucket, sum, count, composite, created };

/// What `name{…}` of a line means within its family.
struct KnownSeries {
  Role role = Role::number;
  LabelSet labels = {};  ///< of the series of the store
  std::string le = {};
  std::shared_ptr<const FamilyInfo> family = nullptr;
};

}  // namespace

class OpenMetricsReader::Impl final {
 public:
  explicit Impl(Take take) : take_(std::move(take)) {}

  std::optional<TextFault> read(std::string_view piece) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      if (rest_.size() + std::min(end, piece.size()) > kMostLineBytes)
        return TextFault{line_ + 1, "the line is longer than 1 MiB; kymo reads OpenMetrics text only"};
      if (end == std::string_view::npos) {
        rest_.append(piece);
        return std::nullopt;
      }
      auto fault =
          rest_.empty() ? read_line(piece.substr(0, end)) : read_line(rest_.append(piece.substr(0, end)));
      if (fault) return fault;
      rest_.clear();
      piece.remove_prefix(end + 1);
    }
    return std::nullopt;
  }

  std::optional<TextFault> finish() {
    if (!rest_.empty()) {
      if (auto fault = read_line(rest_)) return fault;
    }
    if (is_ended_) return std::nullopt;
    return TextFault{line_ + 1, "the text ends without \"# EOF\"; it was cut off: export it again"};
  }

 private:
  struct Family {
    std::string name;
    std::string type = "unknown";
    std::string help = {};
    std::string unit = {};
    std::vector<double> bounds = {};  ///< of the text form, where a line says so
  };
  /// A number, or the lines of a histogram, that the next lines may add to.
  struct Open {
    bool is_there = false;
    std::uint64_t line = 0;
    LabelSet labels;
    std::shared_ptr<const FamilyInfo> family;
    std::int64_t time_ms = 0;
    PastNumber value;
    std::int64_t started_ms = 0;
    bool is_histogram = false;
    bool is_classic = false;
    PastHistogram histogram;  ///< of a composite line
    std::vector<double> bounds;
    std::vector<std::uint64_t> counts;  ///< at or below each bound, and +Inf
    std::optional<std::uint64_t> count;
    bool has_sum = false;
  };

  std::optional<TextFault> read_line(std::string_view line) {
    ++line_;
    fault_line_ = line_;
    try {
      if (is_ended_) fail("text follows \"# EOF\"", "give each text a file of its own");
      if (line.empty()) fail("the line is empty", "leave empty lines out");
      if (line.front() == '#') {
        read_comment(line);
      } else {
        read_sample(line);
      }
    } catch (const Fault& fault) {
      return TextFault{fault_line_, fault.text};
    }
    return std::nullopt;
  }

  void read_comment(std::string_view line) {
    if (line == "# EOF") {
      end_sample();
      is_ended_ = true;
      return;
    }
    Cursor at(line);
    (void)at.skip("# ");
    const std::string_view keyword = at.take_until(" ");
    const bool is_known =
        keyword == "TYPE" || keyword == "HELP" || keyword == "UNIT" || keyword == kBoundsKeyword;
    if (!is_known || !at.skip(" "))
      fail("the comment is " + quoted(line), "OpenMetrics has # TYPE, # HELP, # UNIT and # EOF only");
    const std::string_view name = at.take_until(" ");
    (void)at.skip(" ");
    if (!is_name(name)) fail("the name is " + quoted(name), "a name has letters, digits, _ and : only");
    end_sample();
    if (name != family_.name) family_ = {.name = std::string(name)};
    known_.clear();
    families_.clear();
    if (keyword == "TYPE") family_.type = at.rest();
    if (keyword == "HELP") family_.help = unescaped(at.rest());
    if (keyword == "UNIT") family_.unit = at.rest();
    if (keyword == kBoundsKeyword) read_bounds(at.rest());
  }

  void read_bounds(std::string_view text) {
    family_.bounds.clear();
    Cursor at(text);
    while (!at.is_at_end()) {
      const std::string_view one = at.take_until(" ");
      (void)at.skip(" ");
      const auto bound = number_of(one);
      if (!bound || !std::isfinite(bound->real()) ||
          (!family_.bounds.empty() && family_.bounds.back() >= bound->real()))
        fail("a bound is " + quoted(one), "bounds are finite numbers that ascend");
      family_.bounds.push_back(bound->real());
    }
  }

  void read_sample(std::string_view line) {
    const std::string_view text = line.substr(0, series_length(line));
    Cursor at(line.substr(text.size()));
    if (!at.skip(" ")) fail("no value follows " + quoted(text), "write: name{labels} value time");
    std::string_view value;
    if (at.is_at('{')) {
      value = at.take_until("}");
      if (!at.skip("}")) fail("the histogram has no end", "close it with }");
      value = {value.data(), value.size() + 1};
    } else {
      value = at.take_until(" ");
    }
    if (!at.skip(" ") || at.is_at('#') || at.is_at_end())
      fail("the sample of " + quoted(text) + " has no time",
           "write its time in seconds since 1970 after the value");
    const std::string_view time = at.take_until(" ");
    std::optional<std::int64_t> started_ms = 0;
    if (at.skip(kStartBegin)) {
      const std::string_view started = at.take_until(" ");
      started_ms = time_of(started);
      if (!started_ms) fail("the start is " + quoted(started), "write seconds since 1970");
    }
    if (!at.is_at_end() && !at.rest().starts_with(" # "))
      fail("after the time there is " + quoted(at.rest()), "write: name{labels} value time");
    const auto time_ms = time_of(time);
    if (!time_ms) fail("the time is " + quoted(time), "a time is a number of seconds since 1970");
    take_line(known(text, value.starts_with('{')), value, *time_ms);
    if (*started_ms != 0) open_.started_ms = *started_ms;
  }

  void take_line(const KnownSeries& is, std::string_view value, std::int64_t time_ms) {
    if (is.role == Role::created) return take_created(is, value, time_ms);
    const bool is_classic = is.role != Role::number && is.role != Role::composite;
    const bool goes_on = is_classic && open_.is_there && open_.is_classic && open_.time_ms == time_ms &&
                         open_.labels == is.labels;
    if (!goes_on) {
      end_sample();
      open_.is_there = true;
      open_.line = line_;
      open_.labels = is.labels;
      open_.family = is.family;
      open_.time_ms = time_ms;
      open_.is_classic = is_classic;
      open_.is_histogram = is.role != Role::number;
    }
    switch (is.role) {
      case Role::number: open_.value = plain_number(is, value); break;
      case Role::composite: {
        if (value == kStaleText) {
          open_.value = {series::kStaleBits, false};
          break;
        }
        if (!value.starts_with('{'))
          fail("the value of a histogram is " + quoted(value), "write its _bucket, _count and _sum");
        open_.histogram = read_composite(value, open_.value);
        break;
      }
      case Role::bucket: take_bucket(is, value); break;
      case Role::count: open_.count = count_of(value, "the count"); break;
      case Role::sum: {
        const auto sum = number_of(value);
        if (!sum) fail("the sum is " + quoted(value), "write a number");
        open_.value = of_sum(*sum);
        open_.has_sum = true;
        break;
      }
      case Role::created: break;
    }
  }

  static PastNumber plain_number(const KnownSeries& is, std::string_view text) {
    const auto number = number_of(text);
    if (!number) fail("the value is " + quoted(text), "write a number, NaN, +Inf or -Inf");
    const bool is_level = is.family->kind == Kind::gauge;
    if (number->is_whole && is_level && number->bits <= kMostExact) return of_double(number->real());
    return *number;
  }

  void take_bucket(const KnownSeries& is, std::string_view value) {
    const auto le = number_of(is.le);
    if (!le || std::isnan(le->real())) fail("le is " + quoted(is.le), "a bound is a number or +Inf");
    if (!open_.bounds.empty() && !(open_.bounds.back() < le->real()))
      fail("le is " + quoted(is.le) + " after a bound that is not less",
           "write the buckets of one time one after another, with ascending bounds; without # TYPE they are "
           "read as numbers, in any order");
    if (open_.bounds.size() > kMostBuckets) fail("a histogram has too many buckets", "8192 are the most");
    const std::uint64_t count = count_of(value, "the bucket");
    if (!open_.counts.empty() && count < open_.counts.back())
      fail("the bucket has " + std::to_string(count) + ", less than the one before",
           "the counts of buckets are cumulative");
    open_.bounds.push_back(le->real());
    open_.counts.push_back(count);
  }

  void take_created(const KnownSeries& is, std::string_view value, std::int64_t time_ms) {
    if (!open_.is_there || open_.time_ms != time_ms || !(open_.labels == is.labels))
      fail("the created time follows no sample of its series at its time",
           "write it after the sample, with the same time");
    const auto created = time_of(value);
    if (!created) fail("the created time is " + quoted(value), "write seconds since 1970");
    open_.started_ms = *created;
  }

  /// Hands the sample on that no line adds to any more.
  void end_sample() {
    if (!open_.is_there) return;
    open_.is_there = false;
    fault_line_ = open_.line;
    const bool is_stale = !open_.value.is_whole && open_.value.bits == series::kStaleBits;
    if (open_.is_classic) close_buckets();
    const std::string refused =
        take_({.labels = open_.labels,
               .family = open_.family,
               .time_ms = open_.time_ms,
               .bits = open_.value.bits,
               .is_whole = open_.value.is_whole,
               .started_ms = open_.started_ms,
               .histogram = open_.is_histogram && !is_stale ? &open_.histogram : nullptr,
               .form = open_.is_histogram ? series::SampleForm::histogram : series::SampleForm::number});
    if (!refused.empty()) throw Fault{refused};
    fault_line_ = line_;
    open_.started_ms = 0;
    open_.value = {};
    open_.histogram = {};
    open_.bounds.clear();
    open_.counts.clear();
    open_.count.reset();
    open_.has_sum = false;
  }

  void close_buckets() {
    if (open_.counts.empty() || !std::isinf(open_.bounds.back()))
      fail("the histogram " + quoted(open_.labels.name()) + " has no bucket le=\"+Inf\" at this time",
           "write all buckets of one time one after another; without # TYPE they are read as numbers");
    if (open_.count && *open_.count != open_.counts.back())
      fail("the count is not that of the bucket le=\"+Inf\"", "both are the number of all values");
    if (!open_.has_sum) open_.value = of_double(std::numeric_limits<double>::quiet_NaN());
    open_.bounds.pop_back();
    if (bounds_ == nullptr || histogram_family_->text_bounds != open_.bounds ||
        histogram_family_->name != family_.name) {
      FamilyInfo family = *open_.family;
      family.text_bounds = open_.bounds;
      // Without any bound each value is at most this one.
      if (open_.bounds.empty()) open_.bounds.push_back(std::numeric_limits<double>::max());
      bounds_ = std::make_shared<const std::vector<double>>(open_.bounds);
      histogram_family_ = std::make_shared<const FamilyInfo>(std::move(family));
    }
    open_.family = histogram_family_;
    open_.histogram.bounds = bounds_;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < open_.counts.size(); ++i) {
      if (open_.counts[i] != below)
        open_.histogram.buckets.emplace_back(static_cast<std::int32_t>(i), open_.counts[i] - below);
      below = open_.counts[i];
    }
  }

  const KnownSeries& known(std::string_view text, bool is_composite) {
    std::string key(text);
    if (is_composite) key += '\n';
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    if (known_.size() >= kMostKnown) known_.clear();
    return known_.emplace(std::move(key), meaning_of(text, is_composite)).first->second;
  }

  KnownSeries meaning_of(std::string_view text, bool is_composite) {
    const std::size_t brace = std::min(text.find('{'), text.size());
    const std::string_view name = text.substr(0, brace);
    if (!is_name(name)) fail("the name is " + quoted(name), "a name has letters, digits, _ and : only");
    const Labels labels = brace == text.size() ? Labels() : labels_of(text.substr(brace));
    const bool is_of_family = !family_.name.empty() && name.starts_with(family_.name);
    const std::string_view suffix = is_of_family ? name.substr(family_.name.size()) : std::string_view();
    if (is_of_family && family_.type == "histogram") {
      KnownSeries is{.family = family_info(family_.name, Kind::histogram)};
      if (suffix == kBucketSuffix) is.role = Role::bucket;
      if (suffix == kSumSuffix) is.role = Role::sum;
      if (suffix == kCountSuffix) is.role = Role::count;
      if (suffix == kCreatedSuffix) is.role = Role::created;
      if (suffix.empty()) is.role = Role::composite;
      if (is.role != Role::number) {
        is.labels = label_set_of(family_.name, labels, is.role == Role::bucket ? kBoundLabel : "");
        for (const auto& [key, value] : labels) {
          if (key == kBoundLabel) is.le = value;
        }
        return is;
      }
    }
    if (is_composite)
      fail("a histogram is the value of " + quoted(name), "write # TYPE … histogram before it");
    if (is_of_family && family_.type == "counter" && suffix == kCreatedSuffix)
      return {Role::created, label_set_of(family_.name + std::string(kTotalSuffix), labels, ""), {}, nullptr};
    const bool is_counter = is_of_family && family_.type == "counter" && suffix == kTotalSuffix;
    if (is_counter)
      return {Role::number, label_set_of(name, labels, ""), {}, family_info(family_.name, Kind::counter)};
    const bool is_level = is_of_family && family_.type == "gauge" && suffix.empty();
    return {Role::number,
            label_set_of(name, labels, ""),
            {},
            family_info(std::string(name), is_level ? Kind::gauge : Kind::window)};
  }

  std::shared_ptr<const FamilyInfo> family_info(const std::string& name, Kind kind) {
    std::shared_ptr<const FamilyInfo>& known = families_[name];
    if (known == nullptr)
      known = std::make_shared<const FamilyInfo>(FamilyInfo{.name = name,
                                                            .kind = kind,
                                                            .help = family_.help,
                                                            .unit = family_.unit,
                                                            .text_bounds = family_.bounds});
    return known;
  }

  const Take take_;
  std::string rest_;  ///< of a line whose end is not there yet
  std::uint64_t line_ = 0;
  std::uint64_t fault_line_ = 0;
  bool is_ended_ = false;
  Family family_;
  Open open_;
  std::unordered_map<std::string, KnownSeries> known_;
  std::map<std::string, std::shared_ptr<const FamilyInfo>, std::less<>> families_;
  std::shared_ptr<const std::vector<double>> bounds_;
  std::shared_ptr<const FamilyInfo> histogram_family_;
};

OpenMetricsReader::OpenMetricsReader(Take take) : impl_(std::make_unique<Impl>(std::move(take))) {}
OpenMetricsReader::~OpenMetricsReader() = default;

std::optional<TextFault> OpenMetricsReader::read(std::string_view piece) { return impl_->read(piece); }
std::optional<TextFault> OpenMetricsReader::finish() { return impl_->finish(); }

}  // namespace kymo::KYMO_ABI::format
