#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

/// Calls a function when woken and when due, on its own thread, `kymo-live`, which blocks all signals. While
/// nothing is due it sleeps.
class LiveThread final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  LiveThread() = default;
  LiveThread(const LiveThread&) = delete;
  LiveThread& operator=(const LiveThread&) = delete;
  ~LiveThread();  ///< as stop()

  /// `work` returns the latest time of the next call; must not throw. Throws std::system_error if no thread
  /// can be made. Once only.
  void start(std::function<Time()> work);
  /// True if start() has made a thread. Threads: any, after start().
  [[nodiscard]] bool is_running() const noexcept { return thread_.joinable(); }
  /// Requests a call soon. Threads: any. Also counts before start().
  void wake() noexcept;
  /// Waits for a running call. May be called twice, not from `work`.
  void stop() noexcept;

 private:
  void run(const std::function<Time()>& work);
  [[nodiscard]] bool wait_until(Time time);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kymo::KYMO_ABI::monitor
