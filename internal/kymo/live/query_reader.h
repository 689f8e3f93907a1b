#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::live {

/// A length of time as an address has it: `90s`, `5m`, `1h30m`, `2d`, or a plain number of seconds. Nothing
/// for any other text, for none, for parts of a second, and above ten years. Threads: any.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// Reads what a request's query asks for, value by value; then refusal() tells whether all was understood.
class QueryReader final {
 public:
  /// The request must outlive it.
  explicit QueryReader(const net::HttpRequest& request) : request_(request) {}

  struct Bounds {
    std::uint64_t least;
    std::uint64_t most;
  };
  /// The value of that name, or `usual` where there is none.
  [[nodiscard]] std::uint64_t whole_number(std::string_view name, std::uint64_t usual, Bounds bounds);
  /// That of `duration`: how far to look back.
  [[nodiscard]] std::chrono::seconds duration(std::chrono::seconds usual);
  /// That of `window`: how long the stretch up to now is that is taken together; nothing: each point is asked
  /// for, not what they come to. A `duration` beside it is refused: only one of them can be meant.
  [[nodiscard]] std::optional<std::chrono::seconds> window();

  /// 400, with the name, what was given and what is wanted, for the first value that was not understood.
  /// Nothing: all were.
  [[nodiscard]] const std::optional<net::HttpResponse>& refusal() const noexcept { return refusal_; }

 private:
  [[nodiscard]] std::optional<std::chrono::seconds> length_of(std::string_view name,
                                                              std::string_view meaning);
  void refuse(std::string_view message, std::string_view remedy);

  const net::HttpRequest& request_;
  std::optional<net::HttpResponse> refusal_;
};

}  // namespace kymo::KYMO_ABI::live
