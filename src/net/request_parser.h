#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/net/http_server.h>

#include "chunk_decoder.h"
#include "header_field.h"
#include "request_head.h"

namespace kymo::KYMO_ABI::net {

/// Parses the requests of one connection from any pieces. Knows no sockets.
///
/// Rejected: Beast's parser. Version 1.81 has three faults. A last chunk that arrives byte by byte fails an
/// assertion, which ends a debug build's process. The parser accepts LF in a quoted chunk extension. It puts
/// trailers among the headers. The tests compare both parsers: accepted input means the same in both.
/// Threads: one at a time.
class RequestParser final {
 public:
  enum class State : std::uint8_t {
    head,      ///< waits for more of a head
    body,      ///< the head is good, waits for more of the body
    complete,  ///< a request is there
    faulty,    ///< answer with fault() and close
  };

  explicit RequestParser(const HttpLimits& limits) : limits_(limits) {}

  /// Takes the next bytes. Bytes after the end of the request are kept for the next one.
  State feed(std::string_view bytes);
  /// Drops the current request and continues with the bytes after it (pipelining).
  State next();

  [[nodiscard]] State state() const noexcept { return state_; }
  /// True once a byte of the current request has arrived.
  [[nodiscard]] bool begun() const noexcept { return state_ != State::head || !pending_.empty(); }
  /// In state `complete`: true if bytes follow the request.
  [[nodiscard]] bool has_more() const noexcept { return !pending_.empty(); }
  /// Valid from state `body` on.
  [[nodiscard]] const RequestHead& head() const noexcept { return head_; }
  /// Whole in state `complete`.
  [[nodiscard]] const std::string& body() const noexcept { return body_; }
  [[nodiscard]] const Fault& fault() const noexcept { return fault_; }

 private:
  State take_head();
  State accept_head(std::string_view text);
  State take_body();
  State refuse(Fault fault);
  void skip_leading_line_end();

  HttpLimits limits_;
  State state_ = State::head;
  std::string pending_;      ///< arrived, not yet taken
  std::size_t checked_ = 0;  ///< part of `pending_` seen by find_early_fault
  bool at_start_ = true;     ///< true until an empty line or a byte of the request was taken
  RequestHead head_;
  std::optional<ChunkDecoder> chunks_;
  std::string body_;
  Fault fault_;
};

}  // namespace kymo::KYMO_ABI::net
