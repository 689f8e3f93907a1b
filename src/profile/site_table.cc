#include "site_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::profile {
namespace {

constexpr std::size_t kNameBytes = std::size_t{256} * 1024;
constexpr std::size_t kLongestName = 500;

struct SiteName {
  std::uint32_t begin;
  std::uint32_t size;
  std::uint64_t hash;
};

// Zero pages until touched. A name is written before its number is published.
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

}  // namespace

std::uint32_t number_of_site(std::string_view name) noexcept {
  name = base::cut_utf8(name, kLongestName);
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

}  // namespace kymo::KYMO_ABI::profile
