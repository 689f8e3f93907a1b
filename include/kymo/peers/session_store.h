#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::peers {

/// The answered probes of a session's peers, from its start to its end: round trips in milliseconds.
struct SessionLatency {
  std::size_t count = 0;
  std::optional<double> min_ms = {};
  std::optional<double> avg_ms = {};
  std::optional<double> max_ms = {};
};

/// A session between peers, such as a call, a game or a meeting.
struct Session {
  std::string id;
  std::string kind = {};  ///< "call", "game", …
  std::string name = {};
  std::chrono::system_clock::time_point start = {};
  std::optional<std::chrono::system_clock::time_point> end = {};  ///< empty while the session is open
  std::chrono::milliseconds duration{};  ///< by a steady clock; up to now while the session is open
  /// The process ended before the session: `end` and the rest are as last stored.
  bool interrupted = false;
  std::vector<std::string> peers = {};  ///< ids
  SessionLatency latency = {};
};

/// Storage of a SessionLog's sessions across restarts.
///
/// Threads: one call at a time. Errors: any exception; the SessionLog counts it, reports it and goes on.
class KYMO_API SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// The sessions of the last save, in that order. Called once, before any save().
  [[nodiscard]] virtual std::vector<Session> load() = 0;
  /// Saves all sessions to keep: ended ones in the order of their ends, then open ones.
  virtual void save(std::span<const Session> sessions) = 0;
};

/// One file with a session a line, as JSON with a checksum. The file is replaced as a whole: after a kill or
/// a power cut it is the old or the new one. Other users may not read it (mode 0600).
///
/// A file that was unreadable or had damaged lines is never overwritten: the first save() renames it to
/// `NAME.unread-1`, `-2`, … up to ten. Only a regular file of this user in a folder that no other user may
/// write to is read or replaced; links are not followed. Up to 64 MiB and the last 10 000 sessions are
/// read.
///
/// For one process at a time: if two use a file, the last save wins. In ids and names, U+FFFD replaces bytes
/// that are not UTF-8. Errors: std::system_error with the file and the reason.
class KYMO_API SessionFile final : public SessionStore {
 public:
  /// `on_event` gets each skipped line, up to ten, and a renamed file. The constructor opens
  /// nothing.
  explicit SessionFile(std::string path, std::function<void(std::string_view message)> on_event = nullptr);

  [[nodiscard]] std::vector<Session> load() override;
  void save(std::span<const Session> sessions) override;

 private:
  void set_aside(int folder, const std::string& name);

  std::string path_;
  std::function<void(std::string_view)> on_event_;
  bool must_keep_ = true;  ///< the file may hold unread sessions
};

}  // namespace kymo::KYMO_ABI::peers
