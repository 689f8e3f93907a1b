#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/base/resolved_path.h>

namespace kymo::KYMO_ABI::log {

/// Resolves symbolic links to the real file, which need not exist yet. Rotation renames that file: renaming a
/// link would leave the full file in use under another name.
///
/// Faults: a path through `/dev`, `/proc` or `/sys`, where nothing may be renamed (`/dev/stdout` is
/// a link to a link in `/proc`); a cycle of links; and a link of another user than this one or
/// root, who could direct the log into any of this user's files. Threads: any. Cost: some system
/// calls.
[[nodiscard]] base::ResolvedPath resolve_log_path(const std::string& path);

/// Appends lines to a file, and starts another when it is full. Threads: one at a
/// time.
class RotatingFile final {
 public:
  /// Resolves the path's symbolic links now, see resolve_log_path().
  RotatingFile(const std::string& path, std::uint64_t max_bytes, std::size_t older_files);
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;
  ~RotatingFile() { close(); }

  /// Appends as many whole lines as possible, each with its newline, and removes them from `lines`. Returns
  /// the reason if lines remain; no part of these is in the file. Empty: all were written.
  [[nodiscard]] std::string append(std::string_view& lines);

 private:
  [[nodiscard]] bool is_current() const noexcept;
  [[nodiscard]] std::string open();
  void close() noexcept;
  [[nodiscard]] std::string rotate();
  [[nodiscard]] std::string write(std::string_view text);
  [[nodiscard]] std::size_t that_fit(std::string_view lines) const noexcept;

  std::string path_;  ///< of the real file, not of a link to it
  const std::uint64_t max_bytes_;
  const std::size_t older_files_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace kymo::KYMO_ABI::log
