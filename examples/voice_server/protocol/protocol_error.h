#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace voice {

/// A client's error. Few and fixed, so that it may be a metric's label.
enum class ErrorKind : std::uint8_t {
  bad_frame,         ///< an invalid audio frame or datagram
  unknown_source,    ///< a source that does not exist, or that the hello did not name
  oversize,          ///< longer than the protocol allows
  protocol,          ///< an invalid text message, or one at the wrong time
  too_many_streams,  ///< a UDP stream beyond the limit of one address, or of all together
};

inline constexpr std::array<std::string_view, 5> kErrorNames = {"bad_frame", "unknown_source", "oversize",
                                                                "protocol", "too_many_streams"};

[[nodiscard]] constexpr std::size_t index_of(ErrorKind kind) noexcept {
  return static_cast<std::size_t>(kind);
}

[[nodiscard]] constexpr std::string_view name_of(ErrorKind kind) noexcept {
  return kErrorNames[index_of(kind)];
}

/// An error: its kind for the count, its message for the client.
struct ProtocolError {
  ErrorKind kind = ErrorKind::protocol;
  std::string message;

  friend bool operator==(const ProtocolError&, const ProtocolError&) = default;
};

}  // namespace voice
