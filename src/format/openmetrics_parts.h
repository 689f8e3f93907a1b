#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/series/past_sample.h>

// The parts of a line of OpenMetrics text. All throw Fault.
namespace kymo::KYMO_ABI::format {

/// Thrown within the reader only: the cause, and the remedy.
struct Fault {
  std::string text;
};

[[noreturn]] void fail(std::string cause, std::string_view remedy);
/// The beginning of a text in quotes, for a message.
[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] bool is_name(std::string_view name);

/// Buckets of one histogram, at most.
inline constexpr std::size_t kMostBuckets = 8192;

/// A value of a line: a double, or an integer in whole digits.
struct PastNumber {
  std::uint64_t bits = 0;
  bool is_whole = false;

  [[nodiscard]] double real() const {
    return is_whole ? static_cast<double>(bits) : std::bit_cast<double>(bits);
  }
};

[[nodiscard]] PastNumber of_double(double value);
/// A sum is a double in each form.
[[nodiscard]] PastNumber of_sum(PastNumber sum);
[[nodiscard]] std::optional<PastNumber> number_of(std::string_view text);
/// Milliseconds of a time in seconds; exact where the text has no exponent.
[[nodiscard]] std::optional<std::int64_t> time_of(std::string_view text);
/// `of` names the number in a message.
[[nodiscard]] std::uint64_t count_of(std::string_view text, std::string_view of);

/// The parts of a line, one after another.
class Cursor final {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  [[nodiscard]] bool is_at(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  std::string_view take_until(std::string_view stops) {
    const std::string_view taken = rest_.substr(0, std::min(rest_.find_first_of(stops), rest_.size()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Takes away `\\`, `\"` and `\n`.
[[nodiscard]] std::string unescaped(std::string_view text);

/// The length of `name{…}` at the beginning of the line: braces in quotes are none.
[[nodiscard]] std::size_t series_length(std::string_view line);

using Labels = std::vector<std::pair<std::string, std::string>>;
/// Of `{key="value",…}`, whose end is known to be there.
[[nodiscard]] Labels labels_of(std::string_view text);
[[nodiscard]] series::LabelSet label_set_of(std::string_view name, const Labels& labels,
                                            std::string_view without);

/// The sample of a native histogram as `{count:5,sum:1.5,…}`.
[[nodiscard]] series::PastHistogram read_composite(std::string_view text, PastNumber& sum);

}  // namespace kymo::KYMO_ABI::format
