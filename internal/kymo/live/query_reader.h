#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::live {

/// Parses a duration in a URL: `90s`, `5m`, `1h30m`, `2d`, or a plain number of seconds. Nothing for any
/// other text, for zero, for fractions of a second, and above ten years. Threads: any.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// Reads a request's query, value by value; then refusal() tells whether all were valid.
class QueryReader final {
 public:
  /// The request must outlive it.
  explicit QueryReader(const net::HttpRequest& request) : request_(request) {}

  struct Bounds {
    std::uint64_t least;
    std::uint64_t most;
  };
  /// The value of that name, or `usual` if it is absent.
  [[nodiscard]] std::uint64_t whole_number(std::string_view name, std::uint64_t usual, Bounds bounds);
  /// The value of `duration`: how far to look back.
  [[nodiscard]] std::chrono::seconds duration(std::chrono::seconds usual);
  /// The value of `window`: length of the period up to now to summarize. Nothing: return each point, no
  /// summary. A `duration` beside it is refused: only one of them makes sense.
  [[nodiscard]] std::optional<std::chrono::seconds> window();

  /// 400 for the first invalid value, with its name, the text and the expected form. Nothing: all values were
  /// valid.
  [[nodiscard]] const std::optional<net::HttpResponse>& refusal() const noexcept { return refusal_; }

 private:
  [[nodiscard]] std::optional<std::chrono::seconds> length_of(std::string_view name,
                                                              std::string_view meaning);
  void refuse(std::string_view message, std::string_view remedy);

  const net::HttpRequest& request_;
  std::optional<net::HttpResponse> refusal_;
};

}  // namespace kymo::KYMO_ABI::live
