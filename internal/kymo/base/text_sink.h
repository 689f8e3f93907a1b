#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// Memory that a writer fills with text, from the front, a stretch at a time. Threads: one at a time.
class TextSink {
 public:
  TextSink() = default;
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;

  /// A stretch of at least `bytes` behind the text. Ends with the next call of any member. Throws
  /// std::bad_alloc; the text stays as it was.
  [[nodiscard]] virtual std::span<char> room(std::size_t bytes) = 0;
  /// The text goes on with the first `bytes` of the last stretch. Once for each stretch.
  virtual void wrote(std::size_t bytes) noexcept = 0;
  /// About as many bytes come next. A sink that copies as it grows saves the copies.
  virtual void expect(std::size_t /*bytes*/) {}

  /// Copies a text of any size.
  void append(std::string_view text);

 protected:
  ~TextSink() = default;
};

/// Appends to a string, which outlives the sink.
class StringSink final : public TextSink {
 public:
  /// `step`: how much room to take at a time. Where the string can only grow filled with zeros, a step is
  /// still in the cache when the text overwrites it. The whole of a large text would not be.
  explicit StringSink(std::string& out, std::size_t step = kStep) : out_(out), step_(step) {}

  [[nodiscard]] std::span<char> room(std::size_t bytes) override;
  void wrote(std::size_t bytes) noexcept override { out_.resize(used_ + bytes); }
  void expect(std::size_t bytes) override;

 private:
  static constexpr std::size_t kStep = std::size_t{64} << 10U;

  std::string& out_;
  const std::size_t step_;
  std::size_t used_ = 0;  ///< where the last stretch begins
};

}  // namespace kymo::KYMO_ABI::base
