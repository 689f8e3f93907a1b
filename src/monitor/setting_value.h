#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

enum class SettingType : std::uint8_t {
  endpoint,
  optional_endpoint,  ///< or none
  duration,
  integer,
  size,
  choice,
  boolean,
  file,
  host_list,
  network_list,  ///< see net::Network
  path_list,     ///< of files, and patterns
  probe_list,    ///< NAME=TARGET, see probe::Target
};

/// The value of a setting, by its type: boolean; integer, size (bytes); duration; endpoints, choice, file (a
/// path); lists.
using SettingValue =
    std::variant<bool, std::int64_t, std::chrono::milliseconds, std::string, std::vector<std::string>>;

/// What values a setting takes. `min` and `max` bound integers, sizes (bytes) and durations (milliseconds).
struct ValueDomain {
  SettingType type = SettingType::integer;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view choices = {};  ///< `text|json`, in the order of the enum that the member has
};

/// Why a text is no value: `"127.0.0.1" has no port; expected ADDRESS:PORT`.
struct ValueError {
  std::string message;
};
using ParsedValue = std::variant<SettingValue, ValueError>;

/// Reads one value. Lists are separated by commas. Threads: any. Throws nothing but `std::bad_alloc`.
[[nodiscard]] ParsedValue parse_value(const ValueDomain& domain, std::string_view text);
[[nodiscard]] constexpr bool is_list(SettingType type) noexcept {
  return type == SettingType::host_list || type == SettingType::network_list ||
         type == SettingType::path_list || type == SettingType::probe_list;
}
/// Reads a list whose items stand apart already. For lists only.
[[nodiscard]] ParsedValue parse_items(const ValueDomain& domain, const std::vector<std::string>& items);

/// The value in the form that parse_value reads back.
[[nodiscard]] std::string print_value(const ValueDomain& domain, const SettingValue& value);

/// Why a value that no parser made is out of the domain, such as one of a program: `"5ms" is too small; …`.
/// Nothing: it is in there.
[[nodiscard]] std::optional<std::string> value_fault(const ValueDomain& domain, const SettingValue& value);

/// Choices stand in the order of an enum. The text of its value at `index`; empty where there is none.
[[nodiscard]] std::string_view choice_at(const ValueDomain& domain, std::size_t index) noexcept;
/// The index of a text that is one of the choices.
[[nodiscard]] std::size_t choice_index(const ValueDomain& domain, std::string_view text) noexcept;

/// "a duration from 100ms to 1h", for help and messages.
[[nodiscard]] std::string describe_domain(const ValueDomain& domain);

/// Text between quotes, shortened and escaped, to be shown in a message.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace kymo::KYMO_ABI::monitor
