// Layouts of time.Time.Format(): the reference time `Mon Jan 2 15:04:05 MST 2006`, -0700, in any form.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <kymo/base/ascii.h>

#include "go_time.h"

namespace kymo::KYMO_ABI::alert {
namespace {

struct Moment {
  CivilTime civil;
  std::int32_t nanoseconds = 0;
};

std::string padded(std::int64_t number, std::size_t width, char with = '0') {
  std::string digits = std::to_string(number < 0 ? -number : number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), with);
  return number < 0 ? '-' + digits : digits;
}

std::int64_t twelve(const Moment& at) { return at.civil.hour % 12 == 0 ? 12 : at.civil.hour % 12; }

struct LayoutRow {
  std::string_view element;
  std::string (*text)(const Moment&);
  bool stands_alone = false;  ///< no lower-case letter may follow
};

// Of two elements that begin alike the longer stands first. An instant is in UTC always.
constexpr auto kRows = std::to_array<LayoutRow>({
    {"January", [](const Moment& at) { return month_text(at.civil.month); }},
    {"Jan", [](const Moment& at) { return month_text(at.civil.month).substr(0, 3); }, true},
    {"Monday", [](const Moment& at) { return weekday_text(at.civil.weekday); }},
    {"Mon", [](const Moment& at) { return weekday_text(at.civil.weekday).substr(0, 3); }, true},
    {"MST", [](const Moment&) { return std::string("UTC"); }},
    {"01", [](const Moment& at) { return padded(at.civil.month, 2); }},
    {"02", [](const Moment& at) { return padded(at.civil.day, 2); }},
    {"03", [](const Moment& at) { return padded(twelve(at), 2); }},
    {"04", [](const Moment& at) { return padded(at.civil.minute, 2); }},
    {"05", [](const Moment& at) { return padded(at.civil.second, 2); }},
    {"06", [](const Moment& at) { return padded(std::max<std::int64_t>(at.civil.year, 0) % 100, 2); }},
    {"002", [](const Moment& at) { return padded(at.civil.year_day, 3); }},
    {"15", [](const Moment& at) { return padded(at.civil.hour, 2); }},
    {"1", [](const Moment& at) { return padded(at.civil.month, 0); }},
    {"2006", [](const Moment& at) { return padded(at.civil.year, 4); }},
    {"2", [](const Moment& at) { return padded(at.civil.day, 0); }},
    {"_2006", [](const Moment& at) { return '_' + padded(at.civil.year, 4); }},
    {"_2", [](const Moment& at) { return padded(at.civil.day, 2, ' '); }},
    {"__2", [](const Moment& at) { return padded(at.civil.year_day, 3, ' '); }},
    {"3", [](const Moment& at) { return padded(twelve(at), 0); }},
    {"4", [](const Moment& at) { return padded(at.civil.minute, 0); }},
    {"5", [](const Moment& at) { return padded(at.civil.second, 0); }},
    {"PM", [](const Moment& at) { return std::string(at.civil.hour >= 12 ? "PM" : "AM"); }},
    {"pm", [](const Moment& at) { return std::string(at.civil.hour >= 12 ? "pm" : "am"); }},
    {"-070000", [](const Moment&) { return std::string("+000000"); }},
    {"-07:00:00", [](const Moment&) { return std::string("+00:00:00"); }},
    {"-0700", [](const Moment&) { return std::string("+0000"); }},
    {"-07:00", [](const Moment&) { return std::string("+00:00"); }},
    {"-07", [](const Moment&) { return std::string("+00"); }},
    {"Z070000", [](const Moment&) { return std::string("Z"); }},
    {"Z07:00:00", [](const Moment&) { return std::string("Z"); }},
    {"Z0700", [](const Moment&) { return std::string("Z"); }},
    {"Z07:00", [](const Moment&) { return std::string("Z"); }},
    {"Z07", [](const Moment&) { return std::string("Z"); }},
});

const LayoutRow* row_at(std::string_view layout) {
  const auto fits = [&](const LayoutRow& row) {
    if (!layout.starts_with(row.element)) return false;
    const std::string_view behind = layout.substr(row.element.size());
    return !row.stands_alone || behind.empty() || behind.front() < 'a' || behind.front() > 'z';
  };
  const auto found = std::ranges::find_if(kRows, fits);
  return found == kRows.end() ? nullptr : &*found;
}

/// Characters of a fraction such as `.000` or `,999` in front; 0 for anything else.
std::size_t fraction_length(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') || (layout[1] != '0' && layout[1] != '9'))
    return 0;
  const std::size_t end = std::min(layout.find_first_not_of(layout[1], 1), layout.size());
  return end < layout.size() && base::is_digit(layout[end]) ? 0 : end;
}

std::string fraction_text(std::string_view element, std::int32_t nanoseconds) {
  std::string digits = padded(nanoseconds, 9);
  digits.resize(element.size() - 1, '0');
  if (element[1] == '9') digits.erase(digits.find_last_not_of('0') + 1);  // npos + 1 is 0
  return digits.empty() ? "" : element.front() + digits;
}

}  // namespace

std::string format_time(const Instant& instant, std::string_view layout) {
  const Moment at{civil_time(instant), instant.nanoseconds};
  std::string out;
  while (!layout.empty()) {
    if (const std::size_t length = fraction_length(layout)) {
      out += fraction_text(layout.substr(0, length), at.nanoseconds);
      layout.remove_prefix(length);
    } else if (const LayoutRow* const row = row_at(layout)) {
      out += row->text(at);
      layout.remove_prefix(row->element.size());
    } else {
      out += layout.front();
      layout.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace kymo::KYMO_ABI::alert
