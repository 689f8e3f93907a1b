#include <kymo/format/iso_time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::format {
namespace {

void append_padded(long long number, std::size_t digits, std::string_view behind, std::string& out) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out.append(text).append(behind);
}

/// Reads a text from the front. Once a part is missing, all further ones are.
class TimeReader final {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool is_over() const noexcept { return is_valid_ && rest_.empty(); }

  int number(std::size_t digits, int least, int most) {
    const std::string_view text = rest_.substr(0, digits);
    const bool is_whole = text.size() == digits && std::ranges::all_of(text, base::is_digit);
    const int number = is_whole ? base::parse_number<int>(text).value_or(0) : 0;
    is_valid_ = is_valid_ && is_whole && number >= least && number <= most;
    rest_.remove_prefix(text.size());
    return number;
  }
  bool take(char wanted) {
    if (rest_.empty() || base::to_upper(rest_.front()) != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void require(char wanted) { is_valid_ = take(wanted) && is_valid_; }

  std::chrono::milliseconds fraction() {
    int found = 0;
    int weight = 100;
    const std::size_t before = rest_.size();
    for (; !rest_.empty() && base::is_digit(rest_.front()); rest_.remove_prefix(1), weight /= 10) {
      found += (rest_.front() - '0') * weight;
    }
    is_valid_ = is_valid_ && rest_.size() < before;
    return std::chrono::milliseconds(found);
  }

 private:
  std::string_view rest_;
  bool is_valid_ = true;
};

}  // namespace

std::string iso_time(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(ms);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(ms - day);
  std::string out;
  append_padded(static_cast<int>(date.year()), 4, "-", out);
  append_padded(static_cast<unsigned>(date.month()), 2, "-", out);
  append_padded(static_cast<unsigned>(date.day()), 2, "T", out);
  append_padded(clock.hours().count(), 2, ":", out);
  append_padded(clock.minutes().count(), 2, ":", out);
  append_padded(clock.seconds().count(), 2, ".", out);
  append_padded(clock.subseconds().count(), 3, "Z", out);
  return out;
}

std::optional<std::chrono::sys_time<std::chrono::milliseconds>> parse_iso_time(std::string_view text) {
  TimeReader reader(text);
  const std::chrono::year year(reader.number(4, 0, 9999));
  reader.require('-');
  const std::chrono::month month(static_cast<unsigned>(reader.number(2, 1, 12)));
  reader.require('-');
  const std::chrono::year_month_day date(year, month,
                                         std::chrono::day(static_cast<unsigned>(reader.number(2, 1, 31))));
  reader.require('T');
  std::chrono::milliseconds clock = std::chrono::hours(reader.number(2, 0, 23));
  reader.require(':');
  clock += std::chrono::minutes(reader.number(2, 0, 59));
  reader.require(':');
  clock += std::chrono::seconds(reader.number(2, 0, 59));
  if (reader.take('.')) clock += reader.fraction();
  if (!reader.take('Z')) {
    const bool is_east = reader.take('+');
    if (!is_east) reader.require('-');
    std::chrono::minutes offset = std::chrono::hours(reader.number(2, 0, 23));
    reader.require(':');
    offset += std::chrono::minutes(reader.number(2, 0, 59));
    clock -= is_east ? offset : -offset;
  }
  if (!reader.is_over() || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + clock;
}

}  // namespace kymo::KYMO_ABI::format
