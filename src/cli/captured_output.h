#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// A pipe whose text is kept until there is room for it on the terminal: the end of it, and how much there
/// was. Threads: one at a time.
class CapturedOutput final {
 public:
  static constexpr std::size_t kMostKept = std::size_t{256} * 1024;

  /// Errors: std::system_error where there are no descriptors left.
  CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput();

  /// The end to write to; given to a command, and then closed here.
  [[nodiscard]] int writing_end() const noexcept { return writing_; }
  void close_writing_end() noexcept;

  /// To poll; -1 once everybody who wrote has ended.
  [[nodiscard]] int reading_end() const noexcept { return reading_; }
  /// Takes what has come. Never waits.
  void drain();

  [[nodiscard]] std::string last_line() const;
  /// All that is kept, with a line before it where that is not all there was.
  [[nodiscard]] std::string text() const;

 private:
  int reading_ = -1;
  int writing_ = -1;
  std::string kept_;
  std::uint64_t dropped_ = 0;
};

}  // namespace kymo::KYMO_ABI::cli
