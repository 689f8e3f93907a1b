#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/snapshot_builder.h>

#include "fork_gate.h"
#include "registration.h"

namespace kymo::KYMO_ABI {

/// Calls callbacks one after the other on its own thread. So a callback that hangs delays a Snapshot by no
/// more than its deadline.
///
/// A thread with a late callback is abandoned, and ends when the callback returns; another thread continues
/// with the next callbacks. An abandoned thread uses nothing of the runner: it shares ownership of the
/// callback and of its output. In a forked child the runner begins anew.
/// Threads: any; simultaneous callers are served one after the other.
class CallbackRunner final {
 public:
  using SlotPtr = std::shared_ptr<Registration::Slot>;
  using Names = std::vector<std::pair<std::string, std::uint64_t>>;

  /// Maximum number of abandoned threads; at this number, no callback is called.
  static constexpr int kMostLeftBehind = 8;
  /// Maximum number of names with separate counts; the others are "other".
  static constexpr std::size_t kMostNames = 100;

  struct Answer {
    enum class State : std::uint8_t {
      not_called,  ///< to be called on the caller's thread
      done,        ///< `written` has its output
      failed,      ///< the callback threw, or ended its thread
      left_out,    ///< the callback is late, hangs, or has ended
    };
    State state = State::not_called;
    SnapshotBuilder written;
  };
  struct Answers {
    std::vector<Answer> of;             ///< one for each slot, in their order
    std::vector<std::string> messages;  ///< reasons why callbacks were left out
  };

  /// Deadline 0: no callback is called here.
  explicit CallbackRunner(std::chrono::nanoseconds deadline);
  CallbackRunner(const CallbackRunner&) = delete;
  CallbackRunner& operator=(const CallbackRunner&) = delete;
  ~CallbackRunner();

  /// Calls the callbacks with a deadline. Begins no call after five deadlines, so it returns after six at the
  /// latest. Calls none if the caller is itself in a callback, which occupies the thread, or if no thread can
  /// be made. Throws bad_alloc.
  [[nodiscard]] Answers ask(const std::vector<SlotPtr>& slots);

  /// True once there was a callback to call.
  [[nodiscard]] bool is_used() const noexcept { return is_used_.load(std::memory_order_relaxed); }
  /// Number of times that callbacks were left out, because they or earlier ones were late, by name.
  [[nodiscard]] Names late() const;
  /// Number of times that callbacks were not called here, because no thread could be made.
  [[nodiscard]] std::uint64_t unguarded() const noexcept {
    return unguarded_.load(std::memory_order_relaxed);
  }

 private:
  using Time = Registration::Slot::Time;
  struct Round;
  class Worker;
  enum class End : std::uint8_t { parked, late, thread_ended };

  /// State of one process: a forked child has none of its parent's threads.
  struct Threads {
    std::uint32_t generation = fork_generation();
    std::shared_ptr<Worker> worker;                 ///< parked or none
    std::shared_ptr<std::atomic<int>> left_behind;  ///< none before the first use
  };

  [[nodiscard]] std::vector<std::size_t> order_of(const std::vector<SlotPtr>& slots, Answers& answers);
  void call_in_turn(const std::vector<SlotPtr>& slots, const std::vector<std::size_t>& order,
                    Answers& answers);
  [[nodiscard]] bool has_room();
  [[nodiscard]] bool has_worker();
  [[nodiscard]] std::pair<End, std::size_t> call(const std::shared_ptr<Round>& round);
  void leave_out(const Registration::Slot& slot, Answer& answer);
  void count_late(const std::string& name);
  void renew_after_fork() noexcept;

  const std::chrono::nanoseconds deadline_;
  std::atomic<bool> is_used_{false};
  std::atomic<std::uint64_t> unguarded_{0};
  LongMutex turn_;  // the members below
  Threads threads_;
  const Registration::Slot* next_first_ = nullptr;  // got no time in the last round; only for comparison
  mutable std::mutex late_mutex_;                   // the member below
  std::map<std::string, std::uint64_t, std::less<>> late_;
};

}  // namespace kymo::KYMO_ABI
