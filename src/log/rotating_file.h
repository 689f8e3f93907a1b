#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::log {

/// A file that lines are appended to, and that makes room for another when it is full. Threads: one at a
/// time.
class RotatingFile final {
 public:
  /// The path's symbolic links are followed now, see resolve_log_path().
  RotatingFile(const std::string& path, std::uint64_t max_bytes, std::size_t older_files);
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;
  ~RotatingFile() { close(); }

  /// Appends whole lines, each with its newline, as many as it can, and takes those from the text. Empty: all
  /// were; otherwise why not, and what remains is not in the file, not even in part.
  [[nodiscard]] std::string append(std::string_view& lines);

 private:
  [[nodiscard]] bool is_current() const noexcept;
  [[nodiscard]] std::string open();
  void close() noexcept;
  [[nodiscard]] std::string rotate();
  [[nodiscard]] std::string write(std::string_view text);
  [[nodiscard]] std::size_t that_fit(std::string_view lines) const noexcept;

  std::string path_;  ///< of the file itself, not of a link to it
  const std::uint64_t max_bytes_;
  const std::size_t older_files_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace kymo::KYMO_ABI::log
