#include "login_address.h"

#include <algorithm>

namespace kymo::monitor {
namespace {

constexpr std::size_t kLongestPlace = 2000;
constexpr std::string_view kLoginPath = "/login";

bool is_address_character(char c) noexcept { return c > ' ' && c < '\x7f' && c != '\\'; }

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

bool is_own_place(std::string_view place) noexcept {
  return place.starts_with('/') && !place.starts_with("//") && !place.starts_with(kLoginPath) &&
         place.size() <= kLongestPlace && std::ranges::all_of(place, is_address_character);
}

std::string login_address(std::string_view next) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string address(kLoginPath);
  if (next == "/" || !is_own_place(next)) return address;
  address += "?next=";
  for (const char c : next) {
    if (is_unreserved(c)) {
      address += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      address += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 0xFU]};
    }
  }
  return address;
}

}  // namespace kymo::monitor
