#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

/// Calls a function when woken and when it said that it would be due, on a thread of its own, `kymo-live`,
/// which blocks all signals. While nothing is due it sleeps.
class LiveThread final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  LiveThread() = default;
  LiveThread(const LiveThread&) = delete;
  LiveThread& operator=(const LiveThread&) = delete;
  ~LiveThread();  ///< as stop()

  /// `work` gives the time of the next call at the latest; must not throw. Throws std::system_error where
  /// there is no thread to be had. Once only.
  void start(std::function<Time()> work);
  /// Whether start() has found a thread. Threads: any, after start().
  [[nodiscard]] bool is_running() const noexcept { return thread_.joinable(); }
  /// Asks for a call soon. Threads: any. Before start() it counts, too.
  void wake() noexcept;
  /// Waits for a call that is running. May be called twice, not from `work`.
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
