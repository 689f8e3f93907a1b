#include <kymo/packs/stream_sessions.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <variant>
#include <vector>

#include <kymo/base/duration.h>
#include <kymo/core/stopwatch.h>

namespace kymo::KYMO_ABI::packs {
namespace {

constexpr std::array<std::string_view, 6> kFaultNames = {"collector", "degrade_status", "degrade_action",
                                                         "send",      "report",         "tick"};

/// Clamps the interval: 0 cannot divide, and the longest one would overflow a time.
SessionStreamsOptions usable(SessionStreamsOptions options) {
  options.interval = std::clamp<std::chrono::steady_clock::duration>(
      options.interval, std::chrono::milliseconds(1), base::kLongestWait);
  return options;
}

/// The streams' own metrics.
struct SelfMetrics {
  explicit SelfMetrics(Registry& registry);

  Timing tick_duration;
  Counter ticks_missed;
  Counter messages_sent;
  Counter messages_dropped;
  Counter send_failures;
  Counter sessions_refused;
  std::array<Counter, kFaultNames.size()> faults;
};

SelfMetrics::SelfMetrics(Registry& registry)
    : tick_duration(registry.timing("kymo_stream_tick_duration_seconds",
                                    "Time to make and send all sessions' messages.", {.recent = 0})),
      ticks_missed(registry.counter("kymo_stream_ticks_missed_total",
                                    "Ticks missed because one was late, or another was running.")),
      messages_sent(
          registry.counter("kymo_stream_messages_sent_total", "Messages sent to sessions' clients.")),
      messages_dropped(registry.counter("kymo_stream_messages_dropped_total",
                                        "Messages dropped because a client was too slow, or gone.")),
      send_failures(
          registry.counter("kymo_stream_send_failures_total", "Messages lost because the transport failed.")),
      sessions_refused(registry.counter("kymo_stream_sessions_refused_total",
                                        "Sessions refused messages because too many were open.")) {
  const auto family =
      registry.family<Counter, "kind">("kymo_stream_faults_total", "Failed callbacks of sessions, by kind.");
  for (std::size_t i = 0; i < kFaultNames.size(); ++i) faults[i] = family.with(kFaultNames[i]);
}

/// Faults since the last report.
struct FaultAccount {
  std::uint64_t count = 0;
  std::string last = {};
  std::optional<std::chrono::steady_clock::time_point> reported = {};
};

std::string_view what_is_thrown(const std::exception* error) {
  return error != nullptr ? error->what() : "an object of unknown type";
}

const std::string& id_of(const StreamMessage& message) {
  return std::visit([](const auto& held) -> const std::string& { return held.ids.session_id; }, message);
}

/// Runs `call`, and passes its exceptions to `failed`.
template <class Call, class Failed>
void guarded(const Call& call, const Failed& failed) {
  try {
    call();
  } catch (const std::exception& error) {
    failed(what_is_thrown(&error));
  } catch (...) {
    failed(what_is_thrown(nullptr));
  }
}

}  // namespace

class SessionStreams::State final {
 public:
  State(Registry& registry, SessionStreamsOptions options)
      : options_(usable(std::move(options))),
        metrics_(std::make_shared<StreamMetrics>(registry, options_.time_unit)),
        self_(registry) {}

  std::shared_ptr<SessionStream> begin(SessionOptions options, StreamTime now);
  void end(const std::shared_ptr<SessionStream>& stream, StreamTime now) noexcept;
  void tick(StreamTime now, const StreamDeliver& deliver) noexcept;
  void on_end(StreamEnded told);

  [[nodiscard]] std::vector<std::shared_ptr<SessionStream>> sessions() const;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] const std::shared_ptr<StreamMetrics>& metrics() const noexcept { return metrics_; }
  [[nodiscard]] std::vector<std::shared_ptr<SessionStream>> sessions_of(std::string_view session_id) const;
  [[nodiscard]] std::chrono::steady_clock::duration interval() const noexcept { return options_.interval; }
  [[nodiscard]] std::size_t max_sessions() const noexcept { return options_.max_sessions; }

 private:
  struct Load {
    std::uint64_t depth = 0;
    double lag_seconds = 0;
  };

  [[nodiscard]] bool goes_on(const std::shared_ptr<SessionStream>& stream) const;
  void count_missed(StreamTime now) noexcept;
  void tell_all(StreamTime now, const StreamDeliver& deliver);
  void tell(const std::shared_ptr<SessionStream>& stream, StreamTime now, const StreamDeliver& deliver,
            Load& load);
  void send_one(SessionStream& stream, const StreamMessage& message, const StreamDeliver& deliver);
  void tell_end(const SessionStream& stream, StreamTime now) noexcept;
  void count(SendResult result) noexcept;
  void add_fault(StreamFault::Kind kind, std::string_view session, std::string_view what) noexcept;
  void report(StreamTime now) noexcept;

  const SessionStreamsOptions options_;
  const std::shared_ptr<StreamMetrics> metrics_;
  SelfMetrics self_;

  mutable std::mutex mutex_;
  std::unordered_set<std::shared_ptr<SessionStream>> sessions_;
  std::recursive_mutex end_mutex_;  // held during on_end_, which may end other sessions
  StreamEnded on_end_;

  std::atomic_flag ticking_;
  std::optional<std::chrono::steady_clock::time_point>
      last_tick_;  // this and the rest: of the tick under way
  FaultAccount account_;
};

std::shared_ptr<SessionStream> SessionStreams::State::begin(SessionOptions options, StreamTime now) {
  auto stream = std::make_shared<SessionStream>(now, std::move(options), metrics_);
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.size() < options_.max_sessions) {
      sessions_.insert(stream);
    } else {
      self_.sessions_refused.add();
    }
  }
  metrics_->ws_connections.add();
  metrics_->active_sessions.add(1);
  return stream;
}

void SessionStreams::State::end(const std::shared_ptr<SessionStream>& stream, StreamTime now) noexcept {
  bool was_told_of = false;
  {
    const std::lock_guard lock(mutex_);
    was_told_of = sessions_.erase(stream) > 0;
  }
  stream->end();
  metrics_->ws_disconnects.add();
  metrics_->active_sessions.sub(1);
  if (was_told_of) tell_end(*stream, now);
}

void SessionStreams::State::tell_end(const SessionStream& stream, StreamTime now) noexcept {
  const auto tell = [&] {
    const std::lock_guard lock(end_mutex_);
    if (on_end_) on_end_(stream.end_message(now));
  };
  guarded(tell, [&](std::string_view) {
    self_.send_failures.add();
    self_.faults[static_cast<std::size_t>(StreamFault::Kind::send)].add();
  });
}

void SessionStreams::State::on_end(StreamEnded told) {
  const std::lock_guard lock(end_mutex_);
  on_end_ = std::move(told);
}

std::vector<std::shared_ptr<SessionStream>> SessionStreams::State::sessions_of(
    std::string_view session_id) const {
  std::vector<std::shared_ptr<SessionStream>> found;
  const std::lock_guard lock(mutex_);
  for (const auto& stream : sessions_) {
    if (stream->has_id(session_id)) found.push_back(stream);
  }
  return found;
}

std::vector<std::shared_ptr<SessionStream>> SessionStreams::State::sessions() const {
  const std::lock_guard lock(mutex_);
  return {sessions_.begin(), sessions_.end()};
}

std::size_t SessionStreams::State::size() const noexcept {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

bool SessionStreams::State::goes_on(const std::shared_ptr<SessionStream>& stream) const {
  const std::lock_guard lock(mutex_);
  return sessions_.contains(stream);
}

void SessionStreams::State::tick(StreamTime now, const StreamDeliver& deliver) noexcept {
  if (ticking_.test_and_set(std::memory_order_acquire)) return self_.ticks_missed.add();
  const Stopwatch watch;
  count_missed(now);
  guarded([&] { tell_all(now, deliver); },
          [&](std::string_view what) { add_fault(StreamFault::Kind::tick, "", what); });
  report(now);
  self_.tick_duration.record(watch.elapsed());
  ticking_.clear(std::memory_order_release);
}

void SessionStreams::State::count_missed(StreamTime now) noexcept {
  if (last_tick_) {
    // A tick may be a little late; only whole intervals without a tick count as missed.
    const auto intervals = (now.steady - *last_tick_ + options_.interval / 2) / options_.interval;
    if (intervals > 1) self_.ticks_missed.add(intervals - 1);
  }
  last_tick_ = now.steady;
}

void SessionStreams::State::tell_all(StreamTime now, const StreamDeliver& deliver) {
  Load load;
  for (const auto& stream : sessions()) {
    const auto failed = [&](std::string_view what) { add_fault(StreamFault::Kind::tick, "", what); };
    guarded([&] { tell(stream, now, deliver, load); }, failed);
    for (const StreamFault& fault : stream->take_faults()) {
      guarded([&] { add_fault(fault.kind, stream->ids().session_id, fault.what); }, failed);
    }
  }
  metrics_->queue_depth.set(static_cast<double>(load.depth));
  metrics_->processing_lag_seconds.set(load.lag_seconds);
}

void SessionStreams::State::tell(const std::shared_ptr<SessionStream>& stream, StreamTime now,
                                 const StreamDeliver& deliver, Load& load) {
  for (const StreamMessage& message : stream->tick(now)) {
    if (!goes_on(stream)) return;  // the callback ended it
    if (const auto* metrics = std::get_if<MetricsMessage>(&message)) {
      load.depth += metrics->figures.queue_depth;
      load.lag_seconds = std::max(load.lag_seconds, metrics->figures.backlog_seconds);
    }
    send_one(*stream, message, deliver);
  }
}

void SessionStreams::State::send_one(SessionStream& stream, const StreamMessage& message,
                                     const StreamDeliver& deliver) {
  const auto* status = std::get_if<StatusMessage>(&message);
  const auto attempt = [&] {
    const SendResult result = deliver(message);
    count(result);
    if (result == SendResult::busy && status != nullptr) stream.put_back(*status);
  };
  guarded(attempt, [&](std::string_view what) {
    self_.send_failures.add();
    add_fault(StreamFault::Kind::send, id_of(message), what);
    if (status != nullptr) stream.put_back(*status);
  });
}

void SessionStreams::State::count(SendResult result) noexcept {
  switch (result) {
    case SendResult::sent: return self_.messages_sent.add();
    case SendResult::busy:
    case SendResult::gone: return self_.messages_dropped.add();
    case SendResult::unwanted: return;
  }
}

void SessionStreams::State::add_fault(StreamFault::Kind kind, std::string_view session,
                                      std::string_view what) noexcept {
  self_.faults[static_cast<std::size_t>(kind)].add();
  ++account_.count;
  guarded(
      [&] {
        account_.last = std::string(kFaultNames[static_cast<std::size_t>(kind)]);
        if (!session.empty()) account_.last.append(" of session ").append(session);
        account_.last.append(": ").append(what);
      },
      [](std::string_view) {});  // without memory for the text, report the count alone
}

void SessionStreams::State::report(StreamTime now) noexcept {
  if (account_.count == 0 || !options_.report) return;
  if (account_.reported && now.steady - *account_.reported < options_.report_every) return;
  const std::uint64_t count = std::exchange(account_.count, 0);
  account_.reported = now.steady;
  guarded(
      [&] {
        options_.report("session streams: " + std::to_string(count) +
                        (count == 1 ? " fault; " : " faults; the last: ") + account_.last);
      },
      [&](std::string_view what) { add_fault(StreamFault::Kind::report, "", what); });
}

SessionStreams::Session& SessionStreams::Session::operator=(Session&& other) noexcept {
  if (this != &other) {
    end();
    state_ = std::move(other.state_);
    stream_ = std::move(other.stream_);
  }
  return *this;
}

void SessionStreams::Session::end(StreamTime now) noexcept {
  if (const auto state = std::exchange(state_, nullptr)) state->end(stream_, now);
}

SessionStreams::SessionStreams(Registry& registry, SessionStreamsOptions options)
    : state_(std::make_shared<State>(registry, std::move(options))) {}

SessionStreams::Session SessionStreams::begin(SessionOptions options, StreamTime now) {
  return Session(state_, state_->begin(std::move(options), now));
}

void SessionStreams::tick(StreamTime now, const StreamSend& send) noexcept {
  state_->tick(now, [&send](const StreamMessage& message) { return send(id_of(message), to_json(message)); });
}

void SessionStreams::tick(StreamTime now, const StreamDeliver& deliver) noexcept {
  state_->tick(now, deliver);
}

void SessionStreams::on_end(StreamEnded told) { state_->on_end(std::move(told)); }

bool SessionStreams::goes_on(std::string_view session_id) const {
  return !state_->sessions_of(session_id).empty();
}

std::vector<StatusMessage> SessionStreams::standing_statuses(std::string_view session_id,
                                                             StreamTime now) const {
  std::vector<StatusMessage> messages;
  for (const auto& stream : state_->sessions_of(session_id)) {
    std::ranges::move(stream->standing_statuses(now), std::back_inserter(messages));
  }
  return messages;
}

void SessionStreams::offer_traceparent(std::string_view session_id, std::string_view traceparent) {
  for (const auto& stream : state_->sessions_of(session_id)) stream->offer_traceparent(traceparent);
}

std::size_t SessionStreams::size() const noexcept { return state_->size(); }

std::chrono::steady_clock::duration SessionStreams::interval() const noexcept { return state_->interval(); }

std::shared_ptr<StreamMetrics> SessionStreams::metrics() const noexcept { return state_->metrics(); }

std::optional<SessionsOverview> SessionStreams::overview(StreamTime now, std::size_t top,
                                                         std::string_view by) const {
  std::vector<SessionSummary> summaries;
  for (const auto& stream : state_->sessions()) summaries.push_back(stream->summary(now));
  auto overview = make_overview(std::move(summaries), top, by);
  if (overview) {
    overview->time = now.wall;
    overview->max_sessions = state_->max_sessions();
  }
  return overview;
}

}  // namespace kymo::KYMO_ABI::packs
