#include <kymo/log/context_cell.h>

#include <mutex>

#include "thread_context.h"

namespace kymo::KYMO_ABI::log::detail {

class ContextCell final {
 public:
  explicit ContextCell(Context context) noexcept : context_(std::move(context)) {}

  [[nodiscard]] Context load() const noexcept {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  void store(Context context) noexcept {
    {
      const std::lock_guard lock(mutex_);
      std::swap(context_, context);
    }
    // The old context is destroyed here, outside of the lock.
  }

 private:
  mutable std::mutex mutex_;  ///< for coroutines that share an executor and run at the same time
  Context context_;
};

namespace {

/// The thread's innermost run.
constinit thread_local ContextRun* thread_run = nullptr;

}  // namespace

std::shared_ptr<ContextCell> make_context_cell() { return std::make_shared<ContextCell>(current_context()); }

ContextRun::ContextRun(ContextCell& cell) noexcept
    : cell_(cell), outer_(std::exchange(thread_run, this)), before_(ThreadContext::exchange(cell.load())) {}

ContextRun::~ContextRun() {
  thread_run = outer_;
  ThreadContext::exchange(std::move(before_));
}

// At once, not at the run's end. The coroutine may resume on another thread before this one has returned from
// the call that suspended it.
void ContextRun::keep(const Context& context) noexcept {
  if (thread_run != nullptr) thread_run->cell_.store(context);
}

ContextRun* ContextRun::exchange(ContextRun* next) noexcept { return std::exchange(thread_run, next); }

}  // namespace kymo::KYMO_ABI::log::detail
