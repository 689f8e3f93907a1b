#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include <kymo/base/text_sink.h>
#include <kymo/core/snapshot.h>
#include <kymo/live/standard_routes.h>

namespace kymo::KYMO_ABI::live {

/// One form in which a Snapshot is served. A new one is one more row of outputs(), and its writer.
struct Output {
  std::string_view name;    ///< the label `format` of `kymo_scrape_duration_seconds`
  std::string_view chosen;  ///< the name in `/metrics?format=…`; empty: not served there
  bool is_negotiated;       ///< `/metrics` offers it to `Accept`, too
  std::string_view media_type;
  std::string_view path;   ///< an address of its own; empty: none
  std::string_view about;  ///< of that address, one sentence
  void (*write)(const Snapshot& snapshot, const SummaryParts& parts, base::TextSink& out);
};

/// All outputs. A client of `/metrics` that accepts none of the negotiated ones gets the first.
[[nodiscard]] std::span<const Output> outputs() noexcept;

}  // namespace kymo::KYMO_ABI::live
