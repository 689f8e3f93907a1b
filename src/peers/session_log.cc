#include <kymo/peers/session_log.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <kymo/base/thread.h>

#include "open_sessions.h"

namespace kymo::KYMO_ABI::peers {
namespace {

constexpr std::string_view kUnknownReason = "the store threw an object of unknown type";

/// Marks a session that an earlier process did not end.
void mark_interrupted(Session& session) {
  if (session.end) return;
  session.end = session.start + session.duration;
  session.interrupted = true;
}

}  // namespace

/// Runs one function on its own thread on request. Requests during a run cause one more run.
class SessionLog::Writer final {
 public:
  explicit Writer(std::function<void()> write) : write_(std::move(write)) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (!thread_.joinable()) return;
    // A forked child has no such thread.
    process_ == ::getpid() ? thread_.join() : thread_.detach();
  }

  void want() {
    {
      const std::lock_guard lock(mutex_);
      if (is_running()) {
        ++wanted_;
        changed_.notify_all();
        return;
      }
    }
    write_();  // without a thread, the caller itself writes
  }

  void wait() {
    std::unique_lock lock(mutex_);
    if (process_ != ::getpid()) return;
    changed_.wait(lock, [this, until = wanted_] { return done_ >= until; });
  }

 private:
  /// Under the lock. Starts the thread at the first call in this process.
  [[nodiscard]] bool is_running() {
    if (thread_.joinable() && process_ == ::getpid()) return true;
    if (thread_.joinable()) thread_.detach();
    try {
      thread_ = base::start_thread("kymo-sessionlog", [this] { run(); });
      process_ = ::getpid();
      done_ = wanted_;
    } catch (const std::system_error&) {
      process_ = 0;
    }
    return thread_.joinable();
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || wanted_ != done_; });
      if (wanted_ == done_) return;
      const std::uint64_t wanted = wanted_;
      lock.unlock();
      write_();
      lock.lock();
      done_ = wanted;
      changed_.notify_all();
    }
  }

  const std::function<void()> write_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t wanted_ = 0;
  std::uint64_t done_ = 0;
  bool stopping_ = false;
  pid_t process_ = 0;
  std::thread thread_;
};

/// Two locks: one for the figures, which recording threads take, and one for the store. Lock order: the
/// store's first.
class SessionLog::State final : public ProbeListener {
 public:
  explicit State(SessionLogOptions options)
      : options_(std::move(options)), open_(options_), writer_([this] { save(); }) {}

  /// Call it before anybody else has this object.
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
      report("the earlier sessions are unknown", error.what());
    } catch (...) {
      report("the earlier sessions are unknown", kUnknownReason);
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
    if (!id.empty()) want_save();
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
    want_save();
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
    want_save();
    flush();
  }

  void checkpoint() {
    {
      const auto at = now().steady;
      const std::lock_guard lock(mutex_);
      if (open_.size() == 0 || at - saved_ < options_.checkpoint_interval) return;
    }
    want_save();
  }

  void flush() { writer_.wait(); }

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
    const base::Clock& clock = options_.clock != nullptr ? *options_.clock : machine_;
    return {clock.steady_now(), clock.system_now()};
  }

  void keep(Session session) {
    ended_.push_back(std::move(session));
    if (ended_.size() > options_.max_sessions) ended_.erase(ended_.begin());
  }

  /// The open sessions in the order of starts. Under the lock.
  [[nodiscard]] std::vector<Session> open_at(SessionTime at) const {
    std::vector<NumberedSession> numbered = open_.all(at);
    std::ranges::sort(numbered, {}, &NumberedSession::number);
    std::vector<Session> sessions;
    sessions.reserve(numbered.size());
    for (NumberedSession& one : numbered) sessions.push_back(std::move(one.session));
    return sessions;
  }

  /// Ended sessions in the order of their ends, then open ones. So the limit never removes an open session
  /// before an ended one.
  [[nodiscard]] std::vector<Session> all() const {
    const SessionTime at = now();
    const std::lock_guard lock(mutex_);
    std::vector<Session> sessions = ended_;
    for (Session& session : open_at(at)) sessions.push_back(std::move(session));
    return sessions;
  }

  void want_save() {
    if (options_.store == nullptr) return;
    {
      const auto at = now().steady;
      const std::lock_guard lock(mutex_);
      saved_ = at;  // also on failure: retry after an interval, not at the next tick
    }
    writer_.want();
  }

  /// Takes the list when its turn comes, so the last write has the newest list.
  void save() noexcept {
    std::string reason;
    try {
      const std::lock_guard store_lock(store_mutex_);
      options_.store->save(all());
    } catch (const std::exception& error) {
      reason = error.what();
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
      return;  // counted already; there is nobody else to tell
    }
  }

  const SessionLogOptions options_;
  const base::RealClock machine_;
  std::mutex store_mutex_;
  mutable std::mutex mutex_;  // of what follows
  OpenSessions open_;
  std::vector<Session> ended_;  // in the order in which they ended
  std::uint64_t next_number_ = 0;
  std::chrono::steady_clock::time_point saved_{};
  Statistics statistics_;
  Writer writer_;  // last: its thread uses the members above
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
void SessionLog::flush() { state_->flush(); }
std::vector<Session> SessionLog::last(std::size_t limit) const { return state_->last(limit); }
SessionLog::Statistics SessionLog::statistics() const { return state_->statistics(); }

}  // namespace kymo::KYMO_ABI::peers
