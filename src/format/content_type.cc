#include <kymo/format/content_type.h>

#include <algorithm>
#include <array>

namespace kymo::KYMO_ABI::format {
namespace {

struct Entry {
  Format format;
  std::string_view name;
  std::string_view media_type;
};

constexpr std::array<Entry, 3> kFormats = {{
    {Format::prometheus, "prometheus", kPrometheusTextType},
    {Format::openmetrics, "openmetrics", kOpenMetricsType},
    {Format::json, "json", kJsonType},
}};

const Entry& entry_of(Format format) noexcept { return kFormats[static_cast<std::size_t>(format)]; }

}  // namespace

std::string_view format_name(Format format) noexcept { return entry_of(format).name; }

std::optional<Format> format_from_name(std::string_view name) noexcept {
  const auto* found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const Entry& e) { return e.name == name; });
  if (found == kFormats.end()) return std::nullopt;
  return found->format;
}

std::string_view media_type(Format format) noexcept { return entry_of(format).media_type; }

}  // namespace kymo::KYMO_ABI::format
