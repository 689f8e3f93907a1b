#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "header_field.h"

namespace kymo::KYMO_ABI::net {

/// Decodes a chunked body (RFC 9112 7.1) that arrives in any pieces. Strict: CRLF only, a bare hexadecimal
/// size, no blanks. Extensions are skipped. Trailers are checked and dropped, since they arrive after the
/// decisions they could change. Threads: one at a time. Errors: fault().
class ChunkDecoder final {
 public:
  struct Limits {
    std::size_t body_bytes = 0;     ///< more: 413
    std::size_t trailer_bytes = 0;  ///< more: 431
  };
  enum class State : std::uint8_t { more, done, faulty };

  explicit ChunkDecoder(Limits limits) : limits_(limits) {}

  /// Consumes the body's bytes from the front of `bytes`, and appends their data to `body`.
  State take(std::string_view& bytes, std::string& body);

  [[nodiscard]] const Fault& fault() const noexcept { return fault_; }

 private:
  enum class Part : std::uint8_t { size_line, data, data_end, trailer };

  void take_data(std::string_view& bytes, std::string& body);
  State take_line(std::string_view& bytes, std::size_t body_size);
  State end_line(std::size_t body_size);
  State end_size_line(std::size_t body_size);
  State end_trailer_line();
  [[nodiscard]] std::size_t line_limit() const noexcept;
  State refuse(Fault fault);

  Limits limits_;
  Part part_ = Part::size_line;
  std::uint64_t left_ = 0;  ///< rest of the chunk's data
  std::size_t trailer_bytes_ = 0;
  std::string line_;
  Fault fault_;
};

}  // namespace kymo::KYMO_ABI::net
