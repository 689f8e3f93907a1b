#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The meaning of a `+`: itself in a path, a space in a query (HTML forms write it so).
enum class Plus : std::uint8_t { literal, space };

/// Undoes percent-encoding (RFC 3986 2.1). Nothing where a `%` is not followed by two hexadecimal digits.
/// The result may hold any byte. Threads: any. Cost: one string.
[[nodiscard]] KYMO_API std::optional<std::string> percent_decode(std::string_view text,
                                                                 Plus plus = Plus::literal);

/// Names and values of a query in the order sent, decoded; a name may occur several times.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// Reads `a=1&b=x%20y&flag` (without the `?`). A pair without `=` has an empty value; empty pairs are
/// skipped. Nothing where an escape is broken. Threads: any.
[[nodiscard]] KYMO_API std::optional<QueryPairs> parse_query(std::string_view text);

/// True if an Origin (RFC 6454), such as `http://127.0.0.1:9464`, has the host of a Host field. The scheme
/// gives only the default port: a proxy in front of this server may have removed TLS. `null` matches no host.
/// Threads: any.
[[nodiscard]] KYMO_API bool is_same_host(std::string_view origin, std::string_view host) noexcept;

/// A request target in origin-form (RFC 9112 3.2.1), split and decoded.
struct Target {
  std::string path;  ///< begins with `/`; free of control characters
  QueryPairs query;
};

/// Nothing for a target that does not begin with `/`, has a broken escape, or hides a control character in
/// its path. Dot segments are not resolved: a path names a route, never a file. Threads: any.
[[nodiscard]] KYMO_API std::optional<Target> parse_target(std::string_view target);

}  // namespace kymo::KYMO_ABI::net
