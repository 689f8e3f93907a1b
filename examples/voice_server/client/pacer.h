#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace voice {

/// Real time: one frame each 20 ms on average, each up to `jitter` late, without drift.
///
/// Threads: one at a time.
class Pacer final {
 public:
  Pacer(const boost::asio::any_io_executor& executor, std::chrono::milliseconds jitter, std::uint32_t seed);

  /// Waits until the next frame is due; returns its delay against the plan.
  boost::asio::awaitable<std::chrono::nanoseconds> next_frame();

  /// Plans anew from now, after a time without frames.
  void restart() { next_ = std::chrono::steady_clock::now(); }
  /// Ends a wait.
  void cancel() { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now();
  std::minstd_rand random_;
  std::uniform_int_distribution<std::int64_t> jitter_us_;
};

}  // namespace voice
