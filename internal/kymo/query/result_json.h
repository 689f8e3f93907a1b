#pragma once

#include <cstdint>
#include <functional>

#include <kymo/base/json_writer.h>
#include <kymo/query/engine.h>
#include <kymo/query/expression.h>
#include <kymo/series/label_set.h>

/// Results and queries in the JSON of Prometheus' HTTP API. Threads: any. Errors: `std::bad_alloc`, and those
/// of the functions that a caller hands in. Source: Prometheus 3.14, "HTTP API".
namespace kymo::KYMO_ABI::query {

/// Writes the fields `resultType` and `result` of the object that the writer is in. `time_ms`: that of the
/// query, for a scalar and a string. `on_part`: called after each point, so that the caller can hand on the
/// text so far.
void write_result(const QueryResult& result, std::int64_t time_ms, base::JsonWriter& json,
                  const std::function<void()>& on_part);

/// Writes an object with a field for each label.
void write_labels(const series::LabelSet& labels, base::JsonWriter& json);

/// Writes milliseconds since 1970 as a number of seconds.
void write_time(std::int64_t time_ms, base::JsonWriter& json);

/// Writes a number as a string, with `NaN`, `+Inf` and `-Inf`.
void write_sample(double value, base::JsonWriter& json);

/// Writes the tree of a query, as `/api/v1/parse_query` does. A calculated duration is 0.
void write_expression(const Expression& expression, base::JsonWriter& json);

}  // namespace kymo::KYMO_ABI::query
