#pragma once

#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::log {

/// Where a log is written.
struct LogPath {
  std::string path;   ///< absolute, no symbolic link in it; as far as it goes where there is a fault
  std::string fault;  ///< why no log may be there, with the remedy; empty: it may
};

/// Follows symbolic links to the file that they lead to, which need not be there yet. Rotation renames that
/// file: to rename a link would leave the full file in use under another name.
///
/// Faults: a way that leads through `/dev`, `/proc` or `/sys`, where nothing may be renamed (`/dev/stdout` is
/// a link to a link in `/proc`), links that lead in a circle, and a link that belongs to neither this user
/// nor root: its owner would choose which of this user's files the log goes into. Threads: any. Cost: some
/// system calls.
[[nodiscard]] LogPath resolve_log_path(const std::string& path);

}  // namespace kymo::KYMO_ABI::log
