#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_store.h>

namespace kymo::KYMO_ABI::peers {

struct KYMO_API SessionLogOptions {
  std::size_t max_sessions = 100;    ///< that have ended; the oldest go first
  std::size_t max_open = 100;        ///< that go on at once; further ones are refused
  std::size_t max_peers = 1024;      ///< of one session; further ones are left out
  std::size_t max_text_bytes = 256;  ///< of kind, name and each peer's id; longer ones are cut, or left out
  /// How often what goes on is stored, see SessionLog::checkpoint().
  std::chrono::steady_clock::duration checkpoint_interval = std::chrono::minutes(1);
  /// Keeps sessions across restarts; null: nothing does. It must outlive the log.
  SessionStore* store = nullptr;
  /// Told what went wrong with the store; from any thread, without a lock held.
  std::function<void(std::string_view message)> on_event = nullptr;
  const base::Clock* clock = nullptr;  ///< null: the machine's; else it must outlive the log
};

/// The sessions of a process and how well its peers were reached during each.
///
///     kymo::peers::SessionFile file("/var/lib/voice/sessions.jsonl");
///     kymo::peers::SessionLog sessions(peers, {.store = &file});
///     const std::string id = sessions.start("game", "Friday", {"anna", "ben"});
///     …
///     sessions.end(id);
///
/// Latencies are exact: each probe that the PeerTable records for one of the session's peers, after start()
/// has begun and before end() has, counts; none is kept. A peer may leave the table and come back meanwhile.
///
/// A process that is killed cannot end its sessions. So they are stored when they start, and while they go
/// on by checkpoint(); when the log is made anew they are there as ended when they were last stored, marked
/// as interrupted. A log that is destroyed ends the sessions that go on.
///
/// Threads: any. No call but flush() waits for the store: a thread of the log's own writes, at once and one
/// list after another. The destructor waits until the last list is written. Errors: a store that throws is
/// counted, reported and tried again at the next occasion; nothing else changes. Memory: bounded by the
/// options.
class KYMO_API SessionLog final {
 public:
  /// Reads the store. The table may go before the log: from then on there are no latencies.
  explicit SessionLog(PeerTable& table, SessionLogOptions options = {});
  SessionLog(const SessionLog&) = delete;
  SessionLog& operator=(const SessionLog&) = delete;
  ~SessionLog();

  /// Its id, unlike that of every other session; empty where there are too many.
  std::string start(std::string_view kind, std::string_view name, std::span<const std::string> peers);
  std::string start(std::string_view kind, std::string_view name, std::initializer_list<std::string> peers) {
    return start(kind, name, std::span(peers.begin(), peers.size()));
  }
  /// A peer that takes part from now on. False: it does already, the session does not go on, or there is no
  /// room.
  bool join(std::string_view id, std::string_view peer);
  /// False: no such session goes on.
  bool end(std::string_view id);

  /// Stores the sessions that go on as they are now, where that was done last checkpoint_interval ago or
  /// before. For whoever has a tick: a Monitor does it.
  void checkpoint();

  /// Waits until everything before this call is stored, or has failed to be.
  void flush();

  /// Those that go on, the last to start first, and then those that ended, the last to end first; `limit` at
  /// most.
  [[nodiscard]] std::vector<Session> last(std::size_t limit) const;

  struct Statistics {
    std::size_t open = 0;
    std::uint64_t started = 0;       ///< in this process
    std::uint64_t refused = 0;       ///< that there was no room for
    std::uint64_t store_errors = 0;  ///< exceptions of the store
  };
  [[nodiscard]] Statistics statistics() const;

 private:
  class State;
  class Writer;
  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::peers
