#include "setting_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <stdexcept>

#include <kymo/base/ascii.h>
#include <kymo/base/duration.h>
#include <kymo/log/format.h>
#include <kymo/net/http_server.h>
#include <kymo/net/network.h>
#include <kymo/probe/target.h>
#include <kymo/probe/target_list.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Descending: printing takes the largest that fits.
constexpr std::array kSizeUnits = {Unit{"GiB", 1LL << 30},
                                   Unit{"MiB", 1LL << 20},
                                   Unit{"KiB", 1LL << 10},
                                   Unit{"GB", 1'000'000'000},
                                   Unit{"MB", 1'000'000},
                                   Unit{"KB", 1000},
                                   Unit{"B", 1}};
constexpr std::size_t kMaxListItems = 64;
constexpr std::size_t kMaxHostBytes = 253;   // RFC 1035, section 2.3.4
constexpr std::size_t kMaxPathBytes = 4095;  // PATH_MAX without its final zero
constexpr std::size_t kMaxQuotedBytes = 80;

/// Takes digits from the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  if (text.empty() || text[0] == '-') return std::nullopt;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return number;
}

ValueError unexpected(const ValueDomain& domain, std::string_view text, std::string_view fault) {
  return {quote(text) + " " + std::string(fault) + "; expected " + describe_domain(domain)};
}

ParsedValue within_range(const ValueDomain& domain, std::string_view text, std::int64_t number,
                         SettingValue value) {
  if (number < domain.min) return unexpected(domain, text, "is too small");
  if (number > domain.max) return unexpected(domain, text, "is too large");
  return value;
}

ParsedValue parse_integer(const ValueDomain& domain, std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (!number || !rest.empty()) return unexpected(domain, text, "is not a whole number");
  return within_range(domain, text, *number, *number);
}

/// The unit that `text` begins with, wholly: letters up to the next digit.
const Unit* take_unit(std::string_view& text, std::span<const Unit> units) {
  const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == name; });
  if (unit == units.end()) return nullptr;
  text.remove_prefix(name.size());
  return &*unit;
}

/// `number * factor`, or nothing where that is more than any setting takes.
std::optional<std::int64_t> scale(std::int64_t number, const Unit& unit) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(number, unit.factor, &product)) return std::nullopt;
  return product;
}

ParsedValue parse_size(const ValueDomain& domain, std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (!number) return unexpected(domain, text, "is not a size");
  if (base::trim(rest, base::kWhitespace).empty()) return within_range(domain, text, *number, *number);
  rest = base::trim(rest, base::kWhitespace);
  const Unit* unit = take_unit(rest, kSizeUnits);
  if (unit == nullptr || !rest.empty()) return unexpected(domain, text, "is not a size");
  const auto bytes = scale(*number, *unit);
  if (!bytes) return unexpected(domain, text, "is too large");
  return within_range(domain, text, *bytes, *bytes);
}

ParsedValue parse_duration(const ValueDomain& domain, std::string_view text) {
  const auto duration = base::parse_duration(text);
  if (duration) return within_range(domain, text, duration->count(), *duration);
  const bool has_no_unit = !text.empty() &&
                           text.find_first_not_of("0123456789dhms") == std::string_view::npos &&
                           text.back() >= '0' && text.back() <= '9';
  return unexpected(domain, text, has_no_unit ? "has no unit" : "is not a duration");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

ParsedValue parse_choice(const ValueDomain& domain, std::string_view text) {
  for (const std::string_view choice : split(domain.choices, '|')) {
    if (text == choice) return std::string(choice);
  }
  return unexpected(domain, text, "is not one of the choices");
}

/// In any case of letters: YAML has `True` and `TRUE` too, and Python writes the former.
ParsedValue parse_boolean(const ValueDomain& domain, std::string_view text) {
  for (const std::string_view truth : {"true", "yes", "on", "1"}) {
    if (base::equals_ignoring_case(text, truth)) return true;
  }
  for (const std::string_view falsehood : {"false", "no", "off", "0"}) {
    if (base::equals_ignoring_case(text, falsehood)) return false;
  }
  return unexpected(domain, text, "is neither true nor false");
}

/// Why a text is no path that can be printed; empty: it is one.
std::string_view path_fault(std::string_view text) {
  if (text.size() > kMaxPathBytes) return "is too long";
  return log::one_line(text) == text ? "" : "has characters that cannot be shown";
}

/// Empty: none.
ParsedValue parse_file(const ValueDomain& domain, std::string_view text) {
  const std::string_view fault = path_fault(text);
  if (!fault.empty()) return unexpected(domain, text, fault);
  return std::string(text);
}

ParsedValue parse_endpoint(std::string_view text) {
  try {
    return net::Endpoint::parse(text).to_string();
  } catch (const std::invalid_argument& error) {
    return ValueError{log::one_line(error.what())};
  }
}

bool is_host(std::string_view text) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
  if (text == "*") return true;
  return !text.empty() && text.size() <= kMaxHostBytes &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// `NAME=SCHEME://…`, as a target in a list begins.
bool begins_target(std::string_view part) {
  part = base::trim(part, base::kWhitespace);
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos || !probe::is_target_name(part.substr(0, equals))) return false;
  const std::string_view scheme = part.substr(equals + 1, part.find("://", equals) - equals - 1);
  return !scheme.empty() && part.find("://", equals) != std::string_view::npos &&
         scheme.find_first_of("/?=") == std::string_view::npos;
}

ParsedValue parse_list(const ValueDomain& domain, std::string_view text) {
  if (base::trim(text, base::kWhitespace).empty()) return std::vector<std::string>();
  std::vector<std::string> items;
  for (const std::string_view part : split(text, ',')) {
    // A target may hold commas: only NAME=SCHEME:// begins another one.
    const bool is_more = domain.type == SettingType::probe_list && !items.empty() && !begins_target(part);
    is_more ? items.back().append(",").append(part) : items.emplace_back(base::trim(part, base::kWhitespace));
  }
  if (domain.type == SettingType::probe_list)
    for (std::string& item : items) item = base::trim(item, base::kWhitespace);
  return parse_items(domain, items);
}

/// Why an item is no probe; empty: it is one, and `names` has its name.
std::string probe_fault(const std::string& item, std::set<std::string>& names) {
  const std::size_t equals = item.find('=');
  const std::string name = item.substr(0, std::min(equals, item.size()));
  if (equals == std::string::npos || !probe::is_target_name(name))
    return quote(item) +
           " has no name of letters, digits and ._- before its target; expected NAME=udp://HOST";
  if (!names.insert(name).second)
    return "the name " + quote(name) + " is there twice; each target has its own";
  try {
    static_cast<void>(probe::Target::parse(std::string_view(item).substr(equals + 1)));
    return {};
  } catch (const std::invalid_argument& error) {
    return log::one_line(error.what());
  }
}

std::string network_fault(const std::string& item) {
  try {
    static_cast<void>(net::Network::parse(item));
    return {};
  } catch (const std::invalid_argument& error) {
    return log::one_line(error.what());
  }
}

/// Why an item cannot be in a list; empty: it can. `names`: of the probes before it.
std::string item_fault(const ValueDomain& domain, const std::string& item, std::set<std::string>& names) {
  if (domain.type == SettingType::probe_list) return probe_fault(item, names);
  if (domain.type == SettingType::network_list) return network_fault(item);
  if (domain.type == SettingType::path_list) {
    const std::string_view fault = path_fault(item);
    return fault.empty() ? "" : unexpected(domain, item, fault).message;
  }
  return is_host(item) ? "" : unexpected(domain, item, "is not a host name").message;
}

/// The largest unit that divides the number.
std::string print_size(std::int64_t bytes) {
  const auto divides = [&](const Unit& unit) { return bytes >= unit.factor && bytes % unit.factor == 0; };
  const auto unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(), divides);
  if (unit == kSizeUnits.end()) return std::to_string(bytes) + "B";
  return std::to_string(bytes / unit->factor) + std::string(unit->name);
}

struct Printer {
  const ValueDomain& domain;

  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(std::int64_t number) const {
    return domain.type == SettingType::size ? print_size(number) : std::to_string(number);
  }
  std::string operator()(std::chrono::milliseconds duration) const {
    // No duration is negative: the text of one is a fault when it is read again.
    return duration.count() < 0 ? "-" + base::duration_text(-duration) : base::duration_text(duration);
  }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const std::vector<std::string>& items) const {
    std::string text;
    for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
    return text;
  }
};

std::string describe_range(std::string_view what, const std::string& from, const std::string& to) {
  return std::string(what) + " from " + from + " to " + to;
}

}  // namespace

ParsedValue parse_value(const ValueDomain& domain, std::string_view text) {
  text = base::trim(text, base::kWhitespace);
  switch (domain.type) {
    case SettingType::endpoint: return parse_endpoint(text);
    case SettingType::optional_endpoint: return text.empty() ? std::string() : parse_endpoint(text);
    case SettingType::duration: return parse_duration(domain, text);
    case SettingType::integer: return parse_integer(domain, text);
    case SettingType::size: return parse_size(domain, text);
    case SettingType::choice: return parse_choice(domain, text);
    case SettingType::boolean: return parse_boolean(domain, text);
    case SettingType::file: return parse_file(domain, text);
    case SettingType::host_list:
    case SettingType::network_list:
    case SettingType::path_list:
    case SettingType::probe_list: break;
  }
  return parse_list(domain, text);
}

ParsedValue parse_items(const ValueDomain& domain, const std::vector<std::string>& items) {
  if (items.size() > kMaxListItems) {
    return ValueError{"has more than " + std::to_string(kMaxListItems) + " items"};
  }
  std::set<std::string> names;
  for (const std::string& item : items) {
    const std::string fault = item_fault(domain, item, names);
    if (!fault.empty()) return ValueError{fault};
  }
  return items;
}

std::string print_value(const ValueDomain& domain, const SettingValue& value) {
  return std::visit(Printer{domain}, value);
}

std::optional<std::string> value_fault(const ValueDomain& domain, const SettingValue& value) {
  // The text of a negative duration is that of zero.
  if (const auto* time = std::get_if<std::chrono::milliseconds>(&value); time != nullptr && time->count() < 0)
    return unexpected(domain, std::to_string(time->count()) + "ms", "is negative").message;
  const auto* items = std::get_if<std::vector<std::string>>(&value);
  const ParsedValue again =
      items == nullptr ? parse_value(domain, print_value(domain, value)) : parse_items(domain, *items);
  const auto* error = std::get_if<ValueError>(&again);
  return error == nullptr ? std::nullopt : std::optional(error->message);
}

std::string_view choice_at(const ValueDomain& domain, std::size_t index) noexcept {
  std::string_view rest = domain.choices;
  for (; index > 0 && !rest.empty(); --index)
    rest.remove_prefix(std::min(rest.find('|'), rest.size() - 1) + 1);
  return rest.substr(0, rest.find('|'));
}

std::size_t choice_index(const ValueDomain& domain, std::string_view text) noexcept {
  std::size_t index = 0;
  while (choice_at(domain, index) != text && !choice_at(domain, index).empty()) ++index;
  return index;
}

std::string describe_domain(const ValueDomain& domain) {
  const auto ms = [](std::int64_t count) { return base::duration_text(std::chrono::milliseconds(count)); };
  switch (domain.type) {
    case SettingType::endpoint: return "ADDRESS:PORT";
    case SettingType::optional_endpoint: return "ADDRESS:PORT, or nothing";
    case SettingType::duration: return describe_range("a duration", ms(domain.min), ms(domain.max));
    case SettingType::integer:
      return describe_range("a number", std::to_string(domain.min), std::to_string(domain.max));
    case SettingType::size: return describe_range("a size", print_size(domain.min), print_size(domain.max));
    case SettingType::boolean: return "true or false";
    case SettingType::file: return "the path of a file";
    case SettingType::host_list: return "host names, separated by commas";
    case SettingType::network_list: return "addresses or networks, separated by commas, such as 10.0.0.0/8";
    case SettingType::path_list:
      return "paths of files or patterns such as rules/*.yaml, separated by commas";
    case SettingType::probe_list:
      return "NAME=TARGET, separated by commas, such as anna=udp://192.0.2.7:9465";
    case SettingType::choice: break;
  }
  std::string text;
  for (const std::string_view choice : split(domain.choices, '|')) {
    text += (text.empty() ? "" : ", ") + std::string(choice);
  }
  return "one of " + text;
}

std::string quote(std::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  return "\"" + log::one_line(text.substr(0, kMaxQuotedBytes)) + (cut ? "…\"" : "\"");
}

}  // namespace kymo::KYMO_ABI::monitor
