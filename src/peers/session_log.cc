#include <kymo/peers/session_log.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>

#include "open_sessions.h"

namespace kymo::peers {
namespace {

constexpr std::string_view kUnknownReason = "the store threw what is no std::exception";

/// The store's last word on sessions that the process before did not end.
void mark_interrupted(Session& session) {
  if (session.end) return;
  session.end = session.start + session.duration;
  session.interrupted = true;
}

}  // namespace

/// Two locks: one of the figures, which recording threads take, and one of the store, which is taken first
/// where both are.
class SessionLog::State final : public ProbeListener {
 public:
  explicit State(SessionLogOptions options) : options_(std::move(options)), open_(options_) {}

  /// Before anybody else has this object.
  void load() {
    if (options_.store == nullptr) return;
    try {
      std::vector<Session> stored = options_.store->load();
      const std::size_t kept = std::min(stored.size(), options_.max_sessions);
      const std::lock_guard lock(mutex_);
      for (Session& session : std::span(stored).last(kept)) {
        mark_interrupted(session);
        ended_.push_back(std::move(session));
      }
    } catch (const std::exception& error) {
      report("the sessions of before are not known", error.what());
    } catch (...) {
      report("the sessions of before are not known", kUnknownReason);
    }
  }

  std::string start(std::string_view kind, std::string_view name, std::span<const std::string> peers) {
    std::string id;
    {
      const SessionTime at = now();
      const std::lock_guard lock(mutex_);
      id = open_.start({kind, name, peers}, at, next_number_++);
      ++(id.empty() ? statistics_.refused : statistics_.started);
    }
    if (!id.empty()) save();
    return id;
  }

  bool join(std::string_view id, std::string_view peer) {
    const std::lock_guard lock(mutex_);
    return open_.join(id, peer);
  }

  bool end(std::string_view id) {
    {
      const SessionTime at = now();
      const std::lock_guard lock(mutex_);
      auto ended = open_.end(id, at);
      if (!ended) return false;
      keep(std::move(*ended));
    }
    save();
    return true;
  }

  void end_all() {
    {
      const SessionTime at = now();
      const std::lock_guard lock(mutex_);
      if (open_.size() == 0) return;
      for (const Session& session : open_at(at)) {
        if (auto ended = open_.end(session.id, at)) keep(std::move(*ended));
      }
    }
    save();
  }

  void checkpoint() {
    {
      const auto at = now().steady;
      const std::lock_guard lock(mutex_);
      if (open_.size() == 0 || at - saved_ < options_.checkpoint_interval) return;
    }
    save();
  }

  [[nodiscard]] std::vector<Session> last(std::size_t limit) const {
    std::vector<Session> sessions = all();
    if (limit < sessions.size()) sessions.erase(sessions.begin(), sessions.end() - signed_count(limit));
    std::reverse(sessions.begin(), sessions.end());
    return sessions;
  }

  [[nodiscard]] Statistics statistics() const {
    const std::lock_guard lock(mutex_);
    Statistics statistics = statistics_;
    statistics.open = open_.size();
    return statistics;
  }

  void on_probe(std::string_view peer_id, std::optional<double> latency_ms) noexcept override {
    if (!latency_ms) return;
    const std::lock_guard lock(mutex_);
    open_.add_latency(peer_id, *latency_ms);
  }

 private:
  static std::ptrdiff_t signed_count(std::size_t count) { return static_cast<std::ptrdiff_t>(count); }

  [[nodiscard]] SessionTime now() const noexcept {
    const model::Clock& clock = options_.clock != nullptr ? *options_.clock : machine_;
    return {clock.steady_now(), clock.system_now()};
  }

  void keep(Session session) {
    ended_.push_back(std::move(session));
    if (ended_.size() > options_.max_sessions) ended_.erase(ended_.begin());
  }

  /// Those that go on, in the order in which they started. Under the lock.
  [[nodiscard]] std::vector<Session> open_at(SessionTime at) const {
    std::vector<NumberedSession> numbered = open_.all(at);
    std::ranges::sort(numbered, {}, &NumberedSession::number);
    std::vector<Session> sessions;
    sessions.reserve(numbered.size());
    for (NumberedSession& one : numbered) sessions.push_back(std::move(one.session));
    return sessions;
  }

  /// In the order in which they ended, and behind them those that go on: none of these may fall behind
  /// sessions that are over, however early it started.
  [[nodiscard]] std::vector<Session> all() const {
    const SessionTime at = now();
    const std::lock_guard lock(mutex_);
    std::vector<Session> sessions = ended_;
    for (Session& session : open_at(at)) sessions.push_back(std::move(session));
    return sessions;
  }

  /// The list is taken when it is this call's turn, so that the last to write has the newest.
  void save() noexcept {
    if (options_.store == nullptr) return;
    std::string reason;
    try {
      const std::lock_guard store_lock(store_mutex_);
      const auto at = now().steady;
      try {
        options_.store->save(all());
      } catch (const std::exception& error) {
        reason = error.what();
      }
      const std::lock_guard lock(mutex_);
      saved_ = at;  // also where it failed: the next try is one interval away, not at the next tick
    } catch (...) {
      reason = kUnknownReason;
    }
    if (!reason.empty()) report("the sessions are not stored", reason);
  }

  void report(std::string_view what, std::string_view reason) noexcept {
    {
      const std::lock_guard lock(mutex_);
      ++statistics_.store_errors;
    }
    try {
      if (options_.on_event) options_.on_event(std::string(what) + ": " + std::string(reason));
    } catch (...) {
      return;  // counted already, and nobody else to tell
    }
  }

  const SessionLogOptions options_;
  const model::RealClock machine_;
  std::mutex store_mutex_;
  mutable std::mutex mutex_;  // of what follows
  OpenSessions open_;
  std::vector<Session> ended_;  // in the order in which they ended
  std::uint64_t next_number_ = 0;
  std::chrono::steady_clock::time_point saved_{};
  Statistics statistics_;
};

SessionLog::SessionLog(PeerTable& table, SessionLogOptions options)
    : state_(std::make_shared<State>(std::move(options))) {
  state_->load();
  table.tell(state_);
}

SessionLog::~SessionLog() { state_->end_all(); }

std::string SessionLog::start(std::string_view kind, std::string_view name,
                              std::span<const std::string> peers) {
  return state_->start(kind, name, peers);
}
bool SessionLog::join(std::string_view id, std::string_view peer) { return state_->join(id, peer); }
bool SessionLog::end(std::string_view id) { return state_->end(id); }
void SessionLog::checkpoint() { state_->checkpoint(); }
std::vector<Session> SessionLog::last(std::size_t limit) const { return state_->last(limit); }
SessionLog::Statistics SessionLog::statistics() const { return state_->statistics(); }

}  // namespace kymo::peers
