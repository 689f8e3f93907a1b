#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// A sample as the API of Prometheus writes it.
struct ShownSample {
  double seconds = 0;  ///< since 1970
  double value = 0;
  std::string text;  ///< the value, or count and sum of a histogram
};

struct ShownSeries {
  std::string name;  ///< such as `up{job="a"}`
  std::vector<ShownSample> samples;
  bool has_histograms = false;
};

/// The answer to a query, for people.
struct QueryAnswer {
  bool is_range = false;
  std::vector<ShownSeries> series;
  std::vector<std::string> notes;  ///< warnings and infos
};

/// Reads the envelope of `/api/v1/query` and `/api/v1/query_range`. Errors: std::runtime_error, with the
/// error of the envelope, or where the text is no envelope.
[[nodiscard]] QueryAnswer read_query_answer(std::string_view json);

/// Reads the envelope of a list of names. Errors: as read_query_answer().
[[nodiscard]] std::vector<std::string> read_name_list(std::string_view json);

/// One line for each series; of a range one for each sample, below the line of its series.
[[nodiscard]] std::string query_table(const QueryAnswer& answer);

/// Extent and means of a graph.
struct GraphOptions {
  std::size_t columns = 80;
  std::size_t rows = 17;  ///< of the plot, without axis and legend
  bool has_unicode = true;
  bool has_colors = false;
  double from_seconds = 0;
  double to_seconds = 0;
  double step_seconds = 1;  ///< a longer pause is a gap
};

/// A plot with both axes, and a legend with each series' least, largest and last value.
[[nodiscard]] std::string query_graph(const QueryAnswer& answer, const GraphOptions& options);

/// The line of the query that a message's position is in, and a line with a caret below the place; empty for
/// a message without a position such as `1:5`.
[[nodiscard]] std::string pointed_place(std::string_view query, std::string_view message);

}  // namespace kymo::KYMO_ABI::cli
