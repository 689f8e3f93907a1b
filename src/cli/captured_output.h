#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// A pipe whose text is kept until the terminal is free: its last part, and the total size. Threads: one at a
/// time.
class CapturedOutput final {
 public:
  static constexpr std::size_t kMostKept = std::size_t{256} * 1024;

  /// Errors: std::system_error if no descriptors are left.
  CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput();

  /// The end for writing; pass it to a command, then close it here.
  [[nodiscard]] int writing_end() const noexcept { return writing_; }
  void close_writing_end() noexcept;

  /// For poll(); -1 once all writers have ended.
  [[nodiscard]] int reading_end() const noexcept { return reading_; }
  /// Reads all waiting text. Never blocks.
  void drain();

  [[nodiscard]] std::string last_line() const;
  /// The kept text, with a notice before it if earlier text was dropped.
  [[nodiscard]] std::string text() const;

 private:
  int reading_ = -1;
  int writing_ = -1;
  std::string kept_;
  std::uint64_t dropped_ = 0;
};

}  // namespace kymo::KYMO_ABI::cli
