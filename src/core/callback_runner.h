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

/// Calls callbacks one after the other on a thread of its own, so that one that hangs takes a Snapshot no
/// more than its deadline.
///
/// A thread whose callback is late is left behind and ends when the callback returns; the callbacks behind it
/// go on with another thread. Nothing that such a thread uses is the runner's: it shares the ownership of the
/// callback and of what that writes into. In a forked child the runner begins anew.
/// Threads: any; those that ask at the same time are served one after the other.
class CallbackRunner final {
 public:
  using SlotPtr = std::shared_ptr<Registration::Slot>;
  using Names = std::vector<std::pair<std::string, std::uint64_t>>;

  /// Threads left behind, at most: while there are so many, no callback is called.
  static constexpr int kMostLeftBehind = 8;
  /// Names that are counted apart, at most; the others are "other".
  static constexpr std::size_t kMostNames = 100;

  struct Answer {
    enum class State : std::uint8_t {
      not_called,  ///< to be called on the asker's thread
      done,        ///< `written` has what it wrote
      failed,      ///< it threw, or ended its thread
      left_out,    ///< it is late, hangs, or has ended
    };
    State state = State::not_called;
    SnapshotBuilder written;
  };
  struct Answers {
    std::vector<Answer> of;             ///< one for each slot, in their order
    std::vector<std::string> messages;  ///< why callbacks were left out
  };

  /// Deadline 0: no callback is called here.
  explicit CallbackRunner(std::chrono::nanoseconds deadline);
  CallbackRunner(const CallbackRunner&) = delete;
  CallbackRunner& operator=(const CallbackRunner&) = delete;
  ~CallbackRunner();

  /// Calls those that have a deadline. Begins no call after five deadlines, so that it returns after six at
  /// the latest. None is called where the asker is itself in a callback, since that one has the thread, nor
  /// where there is no thread to be had. Throws bad_alloc.
  [[nodiscard]] Answers ask(const std::vector<SlotPtr>& slots);

  /// Whether it ever had something to call.
  [[nodiscard]] bool is_used() const noexcept { return is_used_.load(std::memory_order_relaxed); }
  /// How often callbacks were left out because they or those before them were late, by name.
  [[nodiscard]] Names late() const;
  /// How often callbacks were not called here for want of a thread.
  [[nodiscard]] std::uint64_t unguarded() const noexcept {
    return unguarded_.load(std::memory_order_relaxed);
  }

 private:
  using Time = Registration::Slot::Time;
  struct Round;
  class Worker;
  enum class End : std::uint8_t { parked, late, thread_ended };

  /// State that belongs to one process: a forked child has none of its parent's threads.
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
  const Registration::Slot* next_first_ = nullptr;  // there was no time left for it; only to be compared
  mutable std::mutex late_mutex_;                   // the member below
  std::map<std::string, std::uint64_t, std::less<>> late_;
};

}  // namespace kymo::KYMO_ABI
