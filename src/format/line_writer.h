#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// Appends to a string through a bare pointer: one check a line instead of one a piece.
///
/// Room is taken a block at a time: where the string can only grow filled with zeros, a block is still in the
/// cache when the text overwrites it, the whole of a large exposition would not be.
class LineWriter final {
 public:
  explicit LineWriter(std::string& out) : out_(out), used_(out.size()) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() { out_.resize(used_); }

  /// Where the next `bytes` bytes may be written; valid until the next call.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (out_.size() - used_ < bytes) grow(bytes);
    return out_.data() + used_;
  }
  /// What was written ends here.
  void wrote_to(const char* end) noexcept { used_ = static_cast<std::size_t>(end - out_.data()); }

  /// So many bytes are about to come: saves copying the text while it grows.
  void expect(std::size_t bytes) {
    const std::size_t total = used_ + bytes;
    if (total > out_.capacity()) out_.reserve(total);
  }

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10U;

  void grow(std::size_t bytes);

  std::string& out_;
  std::size_t used_;
};

}  // namespace kymo::KYMO_ABI::format
