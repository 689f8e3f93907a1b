#pragma once

#include <cstdint>
#include <string_view>

#include <kymo/base/json_writer.h>
#include <kymo/peers/quality.h>

namespace kymo::KYMO_ABI::live {

/// Writes a summary of many values: `{"count":…,"min":…,"max":…,"avg":…,"p95":…,"sum":…}`. Without values the
/// count is 0 and the rest is null.
inline void write_aggregate(std::string_view name, const peers::Aggregate& values, base::JsonWriter& json) {
  json.begin_object(name);
  json.field("count", static_cast<std::uint64_t>(values.count));
  json.field("min", values.min);
  json.field("max", values.max);
  json.field("avg", values.average);
  json.field("p95", values.p95);
  json.field("sum", values.sum);
  json.end_object();
}

}  // namespace kymo::KYMO_ABI::live
