#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// A question to a DNS server (RFC 1035 4.1.2), always of class IN.
struct DnsQuestion {
  std::string name;  ///< without the final dot; empty: the root
  std::uint16_t type = 1;

  /// Reads the path of a target, `/example.org?type=AAAA`; the default type is A. Throws
  /// std::invalid_argument with the fault.
  [[nodiscard]] static DnsQuestion parse(std::string_view path);
};

/// A recursive query, as one datagram.
[[nodiscard]] std::vector<std::byte> write_dns_query(std::uint16_t id, const DnsQuestion& question);

/// The head of an answer (RFC 1035 4.1.1).
struct DnsAnswer {
  std::uint16_t id = 0;
  unsigned code = 0;  ///< RCODE
  unsigned answers = 0;
  bool is_truncated = false;
};

/// Nothing for a datagram that is no answer to that question. Only an answer with an error may lack the
/// question. Never reads beyond the datagram.
[[nodiscard]] std::optional<DnsAnswer> read_dns_answer(std::span<const std::byte> datagram,
                                                       const DnsQuestion& question);

}  // namespace kymo::KYMO_ABI::probe
