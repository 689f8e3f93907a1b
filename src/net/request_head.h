#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "header_field.h"

namespace kymo::KYMO_ABI::net {

// Each part of a head costs something before the client is known. A request with more of them is refused.

inline constexpr std::size_t kMostHeaderFields = 100;       ///< 431, RFC 6585
inline constexpr std::size_t kMostPathSegments = 100;       ///< 414
inline constexpr std::size_t kMostConnectionOptions = 100;  ///< 400

/// A parsed request head.
struct RequestHead {
  /// The scheme of a target in absolute-form; any other target has none.
  enum class Scheme : std::uint8_t { none, http, https };

  std::string method;
  std::string target;  ///< origin-form, or `*`
  Scheme scheme = Scheme::none;
  /// Equal names joined by ", ". Host is that of the target where the target names one (RFC 9112 3.2.2).
  std::vector<std::pair<std::string, std::string>> fields;
  std::uint64_t content_length = 0;
  bool is_chunked = false;
  bool is_http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;
  bool expects_other = false;  ///< an unknown expectation
};

/// Parses a complete head, request line to the empty line, by RFC 9112 without its tolerances. Any ambiguity
/// between programs is a fault, so no proxy in front can be made to disagree with this server.
[[nodiscard]] std::variant<RequestHead, Fault> read_head(std::string_view head);

/// Checks a head's bytes as they arrive, so a line that ends in a bare LF is refused at once, not after a
/// timeout. `from`: end of the last call.
[[nodiscard]] std::optional<Fault> find_early_fault(std::string_view head_so_far, std::size_t from);

/// The value of a field, any case; empty where absent.
[[nodiscard]] std::string_view find_field(const RequestHead& head, std::string_view name) noexcept;

/// True if a comma-separated list has the token, any case.
[[nodiscard]] bool list_has(std::string_view list, std::string_view token) noexcept;

/// True for a value of a Host field: `name`, `name:port`, `[v6]:port`, or empty (RFC 9110 7.2).
[[nodiscard]] bool is_valid_host(std::string_view host) noexcept;

}  // namespace kymo::KYMO_ABI::net
