#include "login_address.h"

#include <algorithm>

#include <kymo/base/ascii.h>
#include <kymo/base/hex.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::size_t kLongestPlace = 2000;
constexpr std::string_view kLoginPath = "/login";

bool is_address_character(char c) noexcept { return c > ' ' && c < '\x7f' && c != '\\'; }

bool is_unreserved(char c) noexcept {
  return base::is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

bool is_own_place(std::string_view place) noexcept {
  return place.starts_with('/') && !place.starts_with("//") && !place.starts_with(kLoginPath) &&
         place.size() <= kLongestPlace && std::ranges::all_of(place, is_address_character);
}

std::string login_address(std::string_view next) {
  std::string address(kLoginPath);
  if (next == "/" || !is_own_place(next)) return address;
  address += "?next=";
  for (const char c : next) {
    if (is_unreserved(c)) {
      address += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      address +=
          {'%', base::to_upper(base::kHexDigits[byte >> 4U]), base::to_upper(base::kHexDigits[byte & 0xFU])};
    }
  }
  return address;
}

}  // namespace kymo::KYMO_ABI::monitor
