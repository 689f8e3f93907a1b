#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// A message that is being written: the rest of its head, and of the pieces of its body.
class Unwritten final {
 public:
  using Pieces = std::span<const std::string_view>;
  using Buffers = std::array<boost::asio::const_buffer, 8>;

  Unwritten(std::string_view head, Pieces pieces) noexcept : head_(head), pieces_(pieces) {}

  [[nodiscard]] bool empty() const noexcept { return head_.empty() && pieces_.empty(); }

  /// Takes the head and up to `bytes` of the body, or less where that is many pieces. The buffers are valid
  /// as long as the head and the pieces.
  [[nodiscard]] Buffers take(std::size_t bytes) noexcept {
    Buffers buffers;
    std::size_t used = 0;
    if (!head_.empty()) buffers[used++] = boost::asio::buffer(std::exchange(head_, {}));
    for (; used < buffers.size() && bytes > 0 && !pieces_.empty(); ++used) {
      const std::string_view next = pieces_.front().substr(begun_, bytes);
      buffers[used] = boost::asio::buffer(next);
      bytes -= next.size();
      begun_ += next.size();
      if (begun_ < pieces_.front().size()) continue;
      pieces_ = pieces_.subspan(1);
      begun_ = 0;
    }
    return buffers;
  }

 private:
  std::string_view head_;
  Pieces pieces_;
  std::size_t begun_ = 0;  ///< of the first piece
};

}  // namespace kymo::KYMO_ABI::net
