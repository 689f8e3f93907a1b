// OpenMetrics text with times: whatever the bytes, each sample keeps its rules, however the text is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/format/openmetrics_reader.h>

namespace {

using namespace kymo;

void require(bool holds) {
  if (!holds) std::abort();
}

/// All samples and the fault as one text.
std::string read(std::string_view text, std::size_t piece) {
  std::string seen;
  format::OpenMetricsReader reader([&](const series::PastSample& sample) {
    require(sample.family != nullptr && !sample.labels.name().empty());
    seen += sample.labels.to_string() + ' ' + std::to_string(sample.time_ms) + ' ' +
            std::to_string(sample.bits) + ' ' + std::to_string(sample.started_ms);
    if (sample.histogram != nullptr) {
      const auto& buckets = sample.histogram->buckets;
      const auto is_ascending = [](const auto& a, const auto& b) { return a.first >= b.first; };
      require(std::ranges::adjacent_find(buckets, is_ascending) == buckets.end());
      for (const auto& [index, count] : buckets) {
        require(count != 0);
        seen += ' ' + std::to_string(index) + ':' + std::to_string(count);
      }
    }
    seen += '\n';
    return std::string();
  });
  std::optional<format::TextFault> fault;
  for (; !fault && !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    fault = reader.read(text.substr(0, piece));
  if (!fault) fault = reader.finish();
  if (fault) {
    require(fault->line > 0 && fault->text.find("; ") != std::string::npos);
    seen += std::to_string(fault->line) + fault->text;
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(read(text, size + 1) == read(text, 7));
  return 0;
}
