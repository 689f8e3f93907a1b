#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <kymo/base/number_text.h>
#include <kymo/base/text_sink.h>
#include <kymo/core/snapshot.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// The two text formats, for code with small differences between them.
enum class Dialect : std::uint8_t { prometheus, openmetrics };

// put_…() write from `at` on, where the caller has made room, and return the new end.
using base::kMaxNumberBytes;
using base::put_canonical;
using base::put_number;
using base::put_text;

/// Seconds since 1970 with milliseconds: `1520430000.123`.
[[nodiscard]] char* put_unix_time(char* at, std::chrono::system_clock::time_point time) noexcept;

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

/// Upper bound of put_head()'s bytes, with a number and a line break after them.
[[nodiscard]] inline std::size_t line_bytes(std::string_view name, std::string_view labels,
                                            std::string_view more = {}) noexcept {
  return name.size() + labels.size() + more.size() + kMaxNumberBytes + 5;
}

/// The start of a sample's line: `name{labels} `, or `name ` without labels.
[[nodiscard]] inline char* put_head(char* at, std::string_view name, std::string_view labels) noexcept {
  at = put_text(at, name);
  if (!labels.empty()) {
    *at++ = '{';
    at = put_text(at, labels);
    *at++ = '}';
  }
  *at++ = ' ';
  return at;
}

/// With one more rendered label after the series' own: `le="1.0"`.
[[nodiscard]] inline char* put_head(char* at, std::string_view name, std::string_view labels,
                                    std::string_view more) noexcept {
  at = put_text(at, name);
  *at++ = '{';
  if (!labels.empty()) {
    at = put_text(at, labels);
    *at++ = ',';
  }
  at = put_text(at, more);
  *at++ = '}';
  *at++ = ' ';
  return at;
}

/// Writes one line a series, for a family of single numbers. Fast: a scrape may have a million counters.
void write_number_lines(const FamilyColumns& columns, std::string_view sample_name, LineWriter& lines);

/// Estimates the bytes of all series' labels from a sample of them.
[[nodiscard]] std::size_t expected_label_bytes(const FamilyColumns& columns);

/// The newest exemplar that OpenMetrics allows: with a value, and labels of at most 128 characters. Null if
/// there is none.
[[nodiscard]] const Exemplar* newest_allowed(std::span<const Exemplar> exemplars);

/// Upper bound of put_exemplar's bytes.
[[nodiscard]] std::size_t exemplar_bytes(const Exemplar& exemplar) noexcept;

/// Writes ` # {labels} value timestamp`, the text after a sample's value.
[[nodiscard]] char* put_exemplar(char* at, const Exemplar& exemplar) noexcept;

}  // namespace kymo::KYMO_ABI::format
