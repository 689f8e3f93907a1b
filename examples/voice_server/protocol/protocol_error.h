#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace voice {

/// What a client did wrong. Few and fixed, so that it may be a metric's label.
enum class ErrorKind : std::uint8_t {
  bad_frame,         ///< an audio frame or datagram that is not one
  unknown_source,    ///< a source that there is not, or that the hello did not name
  oversize,          ///< longer than the protocol allows
  protocol,          ///< a text message that is none, or one at the wrong time
  too_many_streams,  ///< a UDP stream beyond what one address, or all together, may have
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
