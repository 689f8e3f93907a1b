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
  std::size_t max_sessions = 100;    ///< ended sessions; the oldest go first
  std::size_t max_open = 100;        ///< open sessions; further ones are refused
  std::size_t max_peers = 1024;      ///< peers of one session; further ones are ignored
  std::size_t max_text_bytes = 256;  ///< for kind, name and each peer's id; longer texts are cut
  /// How often open sessions are stored, see SessionLog::checkpoint().
  std::chrono::steady_clock::duration checkpoint_interval = std::chrono::minutes(1);
  /// Keeps sessions across restarts; null: nothing is kept. The store must outlive the log.
  SessionStore* store = nullptr;
  /// Gets errors of the store; called from any thread, without a lock held.
  std::function<void(std::string_view message)> on_event = nullptr;
  const base::Clock* clock = nullptr;  ///< null: the machine's; else it must outlive the log
};

/// The sessions of a process and the quality of its peers' paths during each.
///
///     kymo::peers::SessionFile file("/var/lib/voice/sessions.jsonl");
///     kymo::peers::SessionLog sessions(peers, {.store = &file});
///     const std::string id = sessions.start("game", "Friday", {"anna", "ben"});
///     …
///     sessions.end(id);
///
/// Latencies are exact. Each probe counts that the PeerTable records for one of the session's peers between
/// start() and end(); no probe is stored. A peer may leave the table and come back meanwhile.
///
/// A killed process cannot end its sessions. So sessions are stored at their start, and by checkpoint() while
/// they go on. A new log reads them as interrupted, with their last stored time as their end. A log that is
/// destroyed ends its open sessions.
///
/// Threads: any. Only flush() waits for the store: the log's own thread writes, at once and one list
/// after another. The destructor waits until the last list is written. Errors: an exception of the store
/// is counted, reported and retried at the next write; nothing else changes. Memory: bounded by the
/// options.
class KYMO_API SessionLog final {
 public:
  /// Reads the store. The table may be destroyed before the log: then there are no more latencies.
  explicit SessionLog(PeerTable& table, SessionLogOptions options = {});
  SessionLog(const SessionLog&) = delete;
  SessionLog& operator=(const SessionLog&) = delete;
  ~SessionLog();

  /// Returns the session's unique id; empty if too many sessions are open.
  std::string start(std::string_view kind, std::string_view name, std::span<const std::string> peers);
  std::string start(std::string_view kind, std::string_view name, std::initializer_list<std::string> peers) {
    return start(kind, name, std::span(peers.begin(), peers.size()));
  }
  /// Adds a peer to the session. False: the peer is in it already, the session is not open, or there is no
  /// room.
  bool join(std::string_view id, std::string_view peer);
  /// False: no open session has that id.
  bool end(std::string_view id);

  /// Stores the open sessions as they are now, if checkpoint_interval has passed since the last time. Call it
  /// from a tick; a Monitor does.
  void checkpoint();

  /// Waits until everything before this call is stored, or has failed.
  void flush();

  /// Open sessions, newest start first, then ended ones, newest end first; at most
  /// `limit`.
  [[nodiscard]] std::vector<Session> last(std::size_t limit) const;

  struct Statistics {
    std::size_t open = 0;
    std::uint64_t started = 0;       ///< in this process
    std::uint64_t refused = 0;       ///< for want of room
    std::uint64_t store_errors = 0;  ///< exceptions of the store
  };
  [[nodiscard]] Statistics statistics() const;

 private:
  class State;
  class Writer;
  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::peers
