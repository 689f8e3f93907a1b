#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <kymo/base/thread.h>
#include <kymo/core/histogram_value.h>
#include <kymo/core/registry.h>
#include <kymo/core/timing.h>
#include <kymo/live/metrics_hub.h>
#include <kymo/version.h>

#include "part.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::chrono::milliseconds kRetry{100};

/// Differs from that of every other process, and of this one's next life.
std::string make_instance() {
  const auto started = std::chrono::system_clock::now().time_since_epoch().count();
  return std::to_string(started) + "-" + std::to_string(::getpid());
}

/// The hub, and the thread that works for it when woken and when due.
class Live final {
 public:
  explicit Live(const PartContext& context)
      : clock_(context.clock),
        logger_(context.logger),
        encode_duration_(timings_.timing("frame", "Holds durations of encoding frames.", {.recent = 0})),
        hub_({.snapshot = [&source = context.snapshots] { return source.get(); },
              .clock = context.clock,
              .wake = [this] { wake(); },
              .on_encoded = [this](std::chrono::nanoseconds time) { encode_duration_.record(time); },
              .server = "kymo/" + std::string(version()),
              .instance = make_instance(),
              .tick_interval = context.options.tick_interval}) {}
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  ~Live() { stop(); }

  [[nodiscard]] live::Route route() {
    return live::metrics_socket_route(hub_, [this] { return thread_.joinable(); });
  }

  void start() {
    try {
      thread_ = base::start_thread("kymo-live", [this] { run(); });
    } catch (const std::system_error& error) {
      logger_.error("live connections get nothing: no thread could be made", {{"reason", error.what()}});
    }
  }

  void stop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void write(SnapshotWriter& writer) const {
    const live::MetricsHub::Statistics live = hub_.statistics();
    const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
      writer.counter({name, help}).add(static_cast<double>(value));
    };
    writer.gauge({"kymo_ws_clients", "Live connections open now."}).add(static_cast<double>(live.clients));
    counter("kymo_ws_frames_sent_total", "Frames sent to live connections.", live.frames_sent);
    counter("kymo_ws_frames_conflated_total",
            "Frames merged into a later one because the live connection was still receiving another.",
            live.frames_conflated);
    counter("kymo_ws_frames_failed_total", "Rounds of frames that an exception ended.",
            failed_.load(std::memory_order_relaxed));
    counter("kymo_ws_slow_closed_total",
            "Live connections closed because they received a message too slowly.", live.slow_closed);
    counter("kymo_ws_messages_refused_total", "Invalid messages from live connections.",
            live.messages_refused);
    writer
        .histogram(
            {"kymo_ws_frame_encode_seconds", "Time to encode a frame, once for all its clients.", "seconds"})
        .add({}, encode_duration_.value());
  }

 private:
  using Time = live::MetricsHub::Time;

  /// Also counts before start().
  void wake() noexcept {
    {
      const std::lock_guard lock(mutex_);
      is_woken_ = true;
    }
    changed_.notify_all();
  }

  void run() noexcept {
    Time due = Time::max();
    while (wait_until(due)) due = work();
  }

  /// Tries again after a failure: a callback's exception, or no memory.
  [[nodiscard]] Time work() noexcept {
    try {
      return hub_.work();
    } catch (...) {
      failed_.fetch_add(1, std::memory_order_relaxed);
      return clock_.steady_now() + kRetry;
    }
  }

  [[nodiscard]] bool wait_until(Time time) {
    std::unique_lock lock(mutex_);
    const auto has_reason = [this] { return is_woken_ || is_stopping_; };
    // The largest time would overflow in the conversion to the condition variable's clock.
    if (time == Time::max()) {
      changed_.wait(lock, has_reason);
    } else {
      changed_.wait_until(lock, time, has_reason);
    }
    is_woken_ = false;
    return !is_stopping_;
  }

  const base::Clock& clock_;
  const log::Logger& logger_;
  Registry timings_;  // holds the instrument below; not exported as a whole
  Timing encode_duration_;
  std::atomic<std::uint64_t> failed_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_woken_ = false;
  bool is_stopping_ = false;
  live::MetricsHub hub_;  // after all that its functions use
  std::thread thread_;
};

}  // namespace

Part make_live_part(const PartContext& context) {
  const auto live = std::make_shared<Live>(context);
  return {.name = "live",
          .start = [live] { live->start(); },
          .stop = [live] { live->stop(); },
          .routes = {live->route()},
          .write = [live](SnapshotWriter& writer) { live->write(writer); }};
}

}  // namespace kymo::KYMO_ABI::monitor
