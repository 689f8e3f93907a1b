#include "callback_runner.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <new>

#include <kymo/base/assert.h>
#include <kymo/base/thread.h>

namespace kymo::KYMO_ABI {
namespace {

using Slot = Registration::Slot;
using State = CallbackRunner::Answer::State;

constexpr std::chrono::nanoseconds kLongestDeadline = std::chrono::hours(1);
/// Total time of a Snapshot's callbacks, in deadlines.
constexpr int kDeadlinesTogether = 5;

std::string in_milliseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

std::string late_message(const Slot& slot, std::chrono::nanoseconds deadline) {
  return "callback \"" + slot.name() + "\" has not returned within " + in_milliseconds(deadline) +
         "; Snapshots lack it until it returns, and the end of its registration waits for it. Let it return "
         "a value that another thread updates, or raise RegistryOptions::callback_deadline";
}

std::string no_time_message(std::chrono::nanoseconds time) {
  return "callbacks were left out of a Snapshot because earlier ones took " + in_milliseconds(time) +
         "; make callbacks faster, or raise RegistryOptions::callback_deadline";
}

std::string no_more_threads_message() {
  return std::to_string(CallbackRunner::kMostLeftBehind) +
         " callbacks have not returned; until one does no callback is called. Find the cause of the wait; "
         "kymo_callback_hanging_seconds has their names";
}

}  // namespace

/// Callbacks that run one after the other, and their outcomes.
struct CallbackRunner::Round {
  std::vector<SlotPtr> slots;
  std::vector<Answer> answers;
  Time end;  // no call begins later
  // Under the worker's lock; the answer at `at` belongs to the worker alone.
  std::size_t at = 0;
  Time since;
};

/// A thread and the state that it shares with the runner. Both own it, so the thread may be abandoned.
class CallbackRunner::Worker final {
 public:
  explicit Worker(std::shared_ptr<std::atomic<int>> left_behind) : left_behind_(std::move(left_behind)) {}

  /// Null if no thread can be made.
  static std::shared_ptr<Worker> start(std::shared_ptr<std::atomic<int>> left_behind);

  /// Ends the parked thread.
  void stop() noexcept;

  /// Hands over a round and waits for its end. Returns the reason of the end and the number of callbacks that
  /// returned. Unless parked again, the thread is no longer usable.
  std::pair<End, std::size_t> call(const std::shared_ptr<Round>& round, std::chrono::nanoseconds deadline);

 private:
  class Ending;
  static void* main(void* owned_worker);
  void work();

  const std::shared_ptr<std::atomic<int>> left_behind_;
  pthread_t thread_{};
  std::mutex mutex_;  // the members below
  std::condition_variable changed_;
  std::shared_ptr<Round> round_;  // null: parked
  SlotPtr late_;                  // the callback that this thread was abandoned with
  bool is_stopping_ = false;
  bool is_over_ = false;
};

std::shared_ptr<CallbackRunner::Worker> CallbackRunner::Worker::start(
    std::shared_ptr<std::atomic<int>> left_behind) {
  auto worker = std::make_shared<Worker>(std::move(left_behind));
  auto owned = std::make_unique<std::shared_ptr<Worker>>(worker);
  const base::SignalsBlocked blocked;
  if (pthread_create(&worker->thread_, nullptr, main, owned.get()) != 0) return nullptr;
  (void)owned.release();  // owned by the thread
  pthread_setname_np(worker->thread_, "kymo-callbacks");
  return worker;
}

void* CallbackRunner::Worker::main(void* owned_worker) {
  const std::unique_ptr<std::shared_ptr<Worker>> worker(static_cast<std::shared_ptr<Worker>*>(owned_worker));
  // Only a return, or a callback that ends it, may end the thread.
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  (*worker)->work();
  return nullptr;
}

/// Reports the end of the thread, also where a callback ends it.
class CallbackRunner::Worker::Ending final {
 public:
  explicit Ending(Worker& worker) noexcept : worker_(worker) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    const std::lock_guard lock(worker_.mutex_);
    worker_.is_over_ = true;
    worker_.changed_.notify_all();
    if (worker_.late_ == nullptr) return;
    worker_.late_->clear_hanging();
    worker_.left_behind_->fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  Worker& worker_;
};

void CallbackRunner::Worker::work() {
  const Ending ending(*this);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return round_ != nullptr || is_stopping_; });
    if (is_stopping_ || late_ != nullptr) return;
    Round& round = *round_;
    while (round.at < round.slots.size()) {
      round.since = std::chrono::steady_clock::now();
      if (round.since >= round.end) break;
      Slot& slot = *round.slots[round.at];
      Answer& answer = round.answers[round.at];
      lock.unlock();
      const Slot::Outcome outcome = slot.run(answer.written);
      lock.lock();
      if (late_ != nullptr) return;
      answer.state = outcome == Slot::Outcome::done    ? State::done
                     : outcome == Slot::Outcome::threw ? State::failed
                                                       : State::left_out;
      ++round.at;
    }
    round_ = nullptr;
    changed_.notify_all();
  }
}

void CallbackRunner::Worker::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (pthread_equal(thread_, pthread_self()) != 0) {
    pthread_detach(thread_);  // a callback destroys its registry
  } else {
    pthread_join(thread_, nullptr);
  }
}

std::pair<CallbackRunner::End, std::size_t> CallbackRunner::Worker::call(const std::shared_ptr<Round>& round,
                                                                         std::chrono::nanoseconds deadline) {
  std::unique_lock lock(mutex_);
  // Else a round of before would be called again, or never end.
  KYMO_ASSERT(round_ == nullptr && late_ == nullptr);
  round->since = std::chrono::steady_clock::now();
  round_ = round;
  changed_.notify_all();
  while (round_ != nullptr && !is_over_) {
    const Time due = round->since + deadline;
    if (std::chrono::steady_clock::now() >= due) {
      late_ = round->slots[round->at];
      late_->set_hanging(round->since);
      left_behind_->fetch_add(1, std::memory_order_relaxed);
      pthread_detach(thread_);
      return {End::late, round->at};
    }
    changed_.wait_until(lock, due);
  }
  if (round_ == nullptr) return {End::parked, round->at};
  pthread_detach(thread_);
  return {End::thread_ended, round->at};
}

CallbackRunner::CallbackRunner(std::chrono::nanoseconds deadline)
    : deadline_(std::clamp(deadline, std::chrono::nanoseconds(0), kLongestDeadline)) {}

CallbackRunner::~CallbackRunner() {
  renew_after_fork();
  if (threads_.worker != nullptr) threads_.worker->stop();
}

// The state is the parent's, perhaps half-written. The parent's thread and lock do not exist here.
void CallbackRunner::renew_after_fork() noexcept {
  if (threads_.generation != fork_generation()) new (&threads_) Threads;
}

CallbackRunner::Answers CallbackRunner::ask(const std::vector<SlotPtr>& slots) {
  Answers answers;
  answers.of = std::vector<Answer>(slots.size());
  const auto has_deadline = [](const SlotPtr& slot) { return slot->has_deadline(); };
  if (deadline_.count() == 0 || std::none_of(slots.begin(), slots.end(), has_deadline)) return answers;
  is_used_.store(true, std::memory_order_relaxed);
  // Also checks the slots: another copy of kymo may have called this thread's callback.
  if (is_in_producer() ||
      std::any_of(slots.begin(), slots.end(), [](const SlotPtr& slot) { return slot->runs_here(); })) {
    return answers;
  }
  const std::lock_guard turn(turn_);
  renew_after_fork();
  call_in_turn(slots, order_of(slots, answers), answers);
  return answers;
}

// The callbacks that had no time in the last round come first.
std::vector<std::size_t> CallbackRunner::order_of(const std::vector<SlotPtr>& slots, Answers& answers) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i]->has_deadline()) continue;
    if (slots[i]->hanging_since()) {
      leave_out(*slots[i], answers.of[i]);
    } else {
      order.push_back(i);
    }
  }
  const auto first =
      std::find_if(order.begin(), order.end(), [&](std::size_t i) { return slots[i].get() == next_first_; });
  if (first != order.end()) std::rotate(order.begin(), first, order.end());
  next_first_ = nullptr;
  return order;
}

void CallbackRunner::call_in_turn(const std::vector<SlotPtr>& slots, const std::vector<std::size_t>& order,
                                  Answers& answers) {
  const Time begin = std::chrono::steady_clock::now();
  const Time end = begin + kDeadlinesTogether * deadline_;
  std::size_t next = 0;
  while (next < order.size()) {
    const bool is_in_time = std::chrono::steady_clock::now() < end;
    if (!is_in_time || !has_room()) {
      answers.messages.push_back(is_in_time ? no_more_threads_message() : no_time_message(end - begin));
      next_first_ = slots[order[next]].get();
      for (; next < order.size(); ++next) leave_out(*slots[order[next]], answers.of[order[next]]);
      return;
    }
    if (!has_worker()) {
      unguarded_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const auto round = std::make_shared<Round>();
    for (std::size_t i = next; i < order.size(); ++i) round->slots.push_back(slots[order[i]]);
    round->answers = std::vector<Answer>(round->slots.size());
    round->end = end;
    const auto [how, returned] = call(round);
    for (std::size_t i = 0; i < returned; ++i) answers.of[order[next++]] = std::move(round->answers[i]);
    if (how == End::parked) continue;
    const std::size_t culprit = order[next++];
    if (how == End::late) {
      leave_out(*slots[culprit], answers.of[culprit]);
      answers.messages.push_back(late_message(*slots[culprit], deadline_));
    } else {
      answers.of[culprit].state = State::failed;
    }
  }
}

bool CallbackRunner::has_room() {
  if (threads_.left_behind == nullptr) threads_.left_behind = std::make_shared<std::atomic<int>>(0);
  return threads_.left_behind->load(std::memory_order_relaxed) < kMostLeftBehind;
}

bool CallbackRunner::has_worker() {
  if (threads_.worker == nullptr) threads_.worker = Worker::start(threads_.left_behind);
  return threads_.worker != nullptr;
}

std::pair<CallbackRunner::End, std::size_t> CallbackRunner::call(const std::shared_ptr<Round>& round) {
  const auto result = threads_.worker->call(round, deadline_);
  if (result.first != End::parked) threads_.worker = nullptr;
  return result;
}

void CallbackRunner::leave_out(const Registration::Slot& slot, Answer& answer) {
  answer.state = State::left_out;
  count_late(slot.name());
}

void CallbackRunner::count_late(const std::string& name) {
  const StructureLock lock(late_mutex_);
  const auto known = late_.find(name);
  if (known != late_.end()) {
    ++known->second;
  } else {
    ++late_[late_.size() < kMostNames ? name : "other"];
  }
}

CallbackRunner::Names CallbackRunner::late() const {
  const StructureLock lock(late_mutex_);
  return {late_.begin(), late_.end()};
}

}  // namespace kymo::KYMO_ABI
