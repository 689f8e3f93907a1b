#include "site_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <kymo/model/utf8.h>

namespace kymo::profile {
namespace {

constexpr std::uint32_t kMaxSites = 4096;
constexpr std::size_t kNameBytes = std::size_t{256} * 1024;
constexpr std::size_t kLongestName = 500;

struct SiteName {
  std::uint32_t begin;
  std::uint32_t size;
  std::uint64_t hash;
};

// Zero pages until they are touched. A name is written before its number is given away.
constinit std::array<SiteName, kMaxSites> site_names{};
constinit std::array<char, kNameBytes> site_text{};
constinit std::uint32_t sites_used = kOtherSites + 1;
constinit std::uint32_t text_used = 0;

/// Source: FNV-1a, 64 bits.
std::uint64_t hash_of_name(std::string_view name) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

std::string_view stored_name(const SiteName& name) noexcept {
  return {site_text.data() + name.begin, name.size};
}

bool opens(char c) noexcept { return c == '(' || c == '<' || c == '{' || c == '['; }
bool closes(char c) noexcept { return c == ')' || c == '>' || c == '}' || c == ']'; }

/// Where the parenthesis at `end` was opened; npos: nowhere.
std::size_t opening_of(std::string_view text, std::size_t end) noexcept {
  int depth = 0;
  for (std::size_t i = end + 1; i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// Behind the return type: after the last blank that is in no brackets.
std::size_t begin_of_name(std::string_view text) noexcept {
  const std::size_t operator_at = text.find("operator");
  const std::size_t end = operator_at == std::string_view::npos ? text.size() : operator_at;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < end; ++i) {
    if (opens(text[i])) ++depth;
    if (closes(text[i])) --depth;
    if (text[i] == ' ' && depth == 0) begin = i + 1;
  }
  while (begin < end && (text[begin] == '*' || text[begin] == '&')) ++begin;
  return begin;
}

}  // namespace

std::uint32_t number_of_site(std::string_view name) noexcept {
  name = model::cut_utf8(name, kLongestName);
  const std::uint64_t hash = hash_of_name(name);
  for (std::uint32_t i = kOtherSites + 1; i < sites_used; ++i) {
    if (site_names[i].hash == hash && stored_name(site_names[i]) == name) return i;
  }
  if (sites_used == kMaxSites || site_text.size() - text_used < name.size()) return kOtherSites;
  std::copy(name.begin(), name.end(), site_text.data() + text_used);
  site_names[sites_used] = {text_used, static_cast<std::uint32_t>(name.size()), hash};
  text_used += static_cast<std::uint32_t>(name.size());
  return sites_used++;
}

std::string_view name_of_site(std::uint32_t number) noexcept {
  if (number == kNoSite || number == kOtherSites) return "(others)";
  return stored_name(site_names[number]);
}

std::string_view qualified_name(std::string_view function) noexcept {
  std::string_view text = function.substr(0, function.find(" ["));
  const std::size_t last = text.rfind(')');
  // What the parenthesis ends is a lambda's name where the bracket behind it is open still.
  const bool has_parameters =
      last != std::string_view::npos && text.find_first_of(">}", last) == std::string_view::npos;
  if (has_parameters) {
    const std::size_t first = opening_of(text, last);
    if (first == std::string_view::npos) return function;
    text = text.substr(0, first);
  }
  text.remove_prefix(begin_of_name(text));
  return text.empty() ? function : text;
}

}  // namespace kymo::profile
