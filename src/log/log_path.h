#pragma once

#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::log {

/// The place of a log.
struct LogPath {
  std::string path;   ///< absolute, without symbolic links; with a fault, as far as resolved
  std::string fault;  ///< why no log may be there, with the remedy; empty: allowed
};

/// Resolves symbolic links to the real file, which need not exist yet. Rotation renames that file: renaming a
/// link would leave the full file in use under another name.
///
/// Faults: a path through `/dev`, `/proc` or `/sys`, where nothing may be renamed (`/dev/stdout` is
/// a link to a link in `/proc`); a cycle of links; and a link of another user than this one or
/// root, who could direct the log into any of this user's files. Threads: any. Cost: some system
/// calls.
[[nodiscard]] LogPath resolve_log_path(const std::string& path);

}  // namespace kymo::KYMO_ABI::log
