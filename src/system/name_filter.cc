#include <algorithm>

#include <kymo/base/ascii.h>
#include <kymo/system/system_options.h>

namespace kymo::KYMO_ABI::system {
namespace {

/// Tries each length of `*` and `#`. Patterns are the user's own and short; names have 15 to 31 bytes.
bool matches(std::string_view pattern, std::string_view name) noexcept {
  if (pattern.empty()) return name.empty();
  const char head = pattern.front();
  const std::string_view rest = pattern.substr(1);
  if (head == '*') {
    for (std::size_t taken = 0; taken <= name.size(); ++taken) {
      if (matches(rest, name.substr(taken))) return true;
    }
    return false;
  }
  if (head == '#') {
    for (std::size_t taken = 0; taken < name.size() && base::is_digit(name[taken]); ++taken) {
      if (matches(rest, name.substr(taken + 1))) return true;
    }
    return false;
  }
  return !name.empty() && (head == '?' || head == name.front()) && matches(rest, name.substr(1));
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(pattern, name); });
}

}  // namespace

bool NameFilter::takes(std::string_view name) const noexcept {
  return (include.empty() || any_matches(include, name)) && !any_matches(exclude, name);
}

}  // namespace kymo::KYMO_ABI::system
