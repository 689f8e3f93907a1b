#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/base/file_descriptor.h>

namespace kymo::KYMO_ABI::net::test {

/// A response as it came over the wire.
struct RawResponse {
  int status = 0;
  std::string head;  ///< with the status line, without the empty line
  std::string body;

  /// The value of a header, any case; nothing where absent.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// A TCP client that sends exactly the bytes it is given. Reads fail after a minute, so that a hung server is
/// a red test and not a hung one.
class RawClient final {
 public:
  explicit RawClient(std::uint16_t port);

  /// False once the server has closed.
  bool send(std::string_view bytes) const;
  void end_sending() const;

  /// The next response by its Content-Length; `to_head` has none. Nothing at the end of the connection.
  enum class To : std::uint8_t { get, head };
  [[nodiscard]] std::optional<RawResponse> read_response(To to = To::get);
  /// Everything until the server closes.
  [[nodiscard]] std::string read_to_end();
  /// True when the server closes without another byte.
  [[nodiscard]] bool is_ended() { return read_to_end().empty(); }
  /// Keeps the receive window small, so that a server soon cannot send on. Before the request.
  void shrink_receive_buffer() const;

  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

 private:
  bool fill();

  base::FileDescriptor socket_;
  std::string buffer_;
};

/// One request on a connection of its own.
[[nodiscard]] std::optional<RawResponse> ask(std::uint16_t port, std::string_view request);
[[nodiscard]] std::optional<RawResponse> get(std::uint16_t port, std::string_view target);

/// How many times a text occurs.
[[nodiscard]] std::size_t count_of(std::string_view needle, std::string_view text);

}  // namespace kymo::KYMO_ABI::net::test
