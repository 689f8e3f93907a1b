#pragma once

#include <cstddef>
#include <string_view>

#include <kymo/base/text_sink.h>

namespace kymo::KYMO_ABI::format {

/// Writes into a sink through a bare pointer: one check a line instead of one a piece. The sink is complete
/// after this object's destruction.
class LineWriter final {
 public:
  explicit LineWriter(base::TextSink& out) : out_(out) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() { hand_over(); }

  /// Room for the next `bytes` bytes; valid until the next call.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) take_room(bytes);
    return at_;
  }
  /// Ends the written text here.
  void wrote_to(char* end) noexcept { at_ = end; }
  void append(std::string_view text) {
    char* const at = room(text.size());
    wrote_to(at + text.copy(at, text.size()));
  }

  /// Announces the approximate number of next bytes.
  void expect(std::size_t bytes) {
    hand_over();
    out_.expect(bytes);
  }

 private:
  void hand_over() noexcept {
    if (begin_ != nullptr) out_.wrote(static_cast<std::size_t>(at_ - begin_));
    begin_ = at_ = end_ = nullptr;
  }
  void take_room(std::size_t bytes) {
    hand_over();
    const auto stretch = out_.room(bytes);
    begin_ = at_ = stretch.data();
    end_ = begin_ + stretch.size();
  }

  base::TextSink& out_;
  char* begin_ = nullptr;  ///< of the sink's last stretch; null: none is open
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace kymo::KYMO_ABI::format
