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

/// The answered probes of a session's peers between its start and its end: round trips in milliseconds.
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
  std::optional<std::chrono::system_clock::time_point> end = {};  ///< nothing: it goes on
  std::chrono::milliseconds duration{};  ///< by a clock that nobody sets; up to now where it goes on
  /// It had no end, because the process ended first: `end` and the rest are as they were last stored.
  bool interrupted = false;
  std::vector<std::string> peers = {};  ///< ids
  SessionLatency latency = {};
};

/// Where a SessionLog keeps its sessions while the process is not there.
///
/// Threads: one call at a time. Errors: any exception; the SessionLog counts it, reports it and goes on.
class KYMO_API SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// The sessions that were saved last, in that order. Called once, before any save().
  [[nodiscard]] virtual std::vector<Session> load() = 0;
  /// All sessions that are to be kept: in the order in which they ended, then those that go on, as they are.
  virtual void save(std::span<const Session> sessions) = 0;
};

/// One file with a session a line, as JSON with a checksum. The file is replaced as a whole: after a kill or
/// a power cut it is as before or as after. Other users may not read it (mode 0600).
///
/// A file that could not be read, or had damaged lines, is never overwritten: the first save() keeps it
/// beside as `NAME.unread-1`, `-2`, … up to ten. Only a regular file of this user in a folder that no other
/// user may write to is read or replaced; links are not followed. 64 MiB and the last 10 000 sessions are
/// read.
///
/// Of one process at a time: of two that use a file, the last to save wins. Bytes of ids and names that are
/// not UTF-8 come back as U+FFFD. Errors: std::system_error with the file and the reason.
class KYMO_API SessionFile final : public SessionStore {
 public:
  /// `on_event` is told of lines that are left out, of the first ten one by one, and of a file that is kept
  /// aside. Nothing is opened yet.
  explicit SessionFile(std::string path, std::function<void(std::string_view message)> on_event = nullptr);

  [[nodiscard]] std::vector<Session> load() override;
  void save(std::span<const Session> sessions) override;

 private:
  void set_aside(int folder, const std::string& name);

  std::string path_;
  std::function<void(std::string_view)> on_event_;
  bool must_keep_ = true;  ///< the file may hold sessions that were not read
};

}  // namespace kymo::KYMO_ABI::peers
