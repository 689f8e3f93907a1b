#include <kymo/profile/profile.h>

#include "function_name.h"
#include "profiler.h"
#include "site_table.h"

namespace kymo::KYMO_ABI::profile {
namespace {

/// While it lives, a signal handler that interrupts this thread does not record.
class BusyLog final {
 public:
  explicit BusyLog(ThreadLog& log) noexcept : log_(log) {
    log_.busy.store(1, kRelaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  BusyLog(const BusyLog&) = delete;
  BusyLog& operator=(const BusyLog&) = delete;
  ~BusyLog() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    log_.busy.store(0, kRelaxed);
  }

 private:
  ThreadLog& log_;
};

[[gnu::noinline]] void settle_now(ThreadLog& log) noexcept {
  if (log.abandoned.load(kRelaxed) != kRoot) log.leave_abandoned();
  if (log.generation.load(kRelaxed) != the_profiler.generation.load(kRelaxed)) renew(log);
}

/// Completes work that others have left for this thread.
inline void settle(ThreadLog& log) noexcept {
  const bool is_settled = log.abandoned.load(kRelaxed) == kRoot &&
                          log.generation.load(kRelaxed) == the_profiler.generation.load(kRelaxed);
  if (!is_settled) [[unlikely]]
    settle_now(log);
}

[[gnu::noinline]] std::uint32_t number_new_site(Site& site, std::string_view name) noexcept {
  if (StructureChange::is_changing()) return kNoSite;
  const StructureChange change;
  const std::uint32_t number = number_of_site(site.is_function ? qualified_name(name) : name);
  site.id.store(number, kRelease);
  return number;
}

[[gnu::noinline]] void count_lost() noexcept { the_profiler.lost.fetch_add(1, kRelaxed); }

}  // namespace

void Scope::enter(Site& site, const char* name) noexcept {
  ThreadLog* log = leased_log;
  if (log == nullptr) [[unlikely]]
    log = lease_log();
  if (log == nullptr || log->busy.load(kRelaxed) != 0) [[unlikely]]
    return count_lost();
  {
    const BusyLog busy(*log);
    settle(*log);
    // Another thread may have stored the name. A reader of this log must see it, too.
    std::uint32_t number = site.id.load(kAcquire);
    if (number == kNoSite) [[unlikely]]
      number = number_new_site(site, name);
    if (number == kNoSite) [[unlikely]]
      return count_lost();
    node_ = log->child(number);
    outer_ = log->current;
    log->current = node_;
    siblings_ = log->children;
    log->children = 0;
    generation_ = log->generation.load(kRelaxed);
    total_ = log->site_total(node_).load(kRelaxed);
  }
  exceptions_ = *log->uncaught_exceptions;
  log_ = log;
  scale_ = clock_scale();
  begin_ = read_clock(scale_);
}

void Scope::leave() noexcept {
  const std::uint64_t end = read_clock(scale_);
  ThreadLog& log = *log_;
  if (leased_log != log_) [[unlikely]] {
    log.abandoned.store(node_, kRelaxed);
    return count_lost();
  }
  const BusyLog busy(log);
  settle(log);
  // The scope may have left inner scopes open, which a coroutine holds; but it must enclose the current one.
  if (log.current != node_ && !log.is_within(log.current, node_)) [[unlikely]]
    return count_lost();
  const std::uint64_t ns = nanoseconds_between(begin_, end, scale_);
  const std::uint64_t self = ns > log.children ? ns - log.children : 0;
  log.current = outer_;
  log.children = siblings_ + ns;
  // The scope began before a reset. A coarse clock could not show that.
  if (generation_ != log.generation.load(kRelaxed)) [[unlikely]]
    return;
  const bool failed = *log.uncaught_exceptions > exceptions_;
  log.record(node_, {.ns = ns, .self = self, .total_before = total_, .failed = failed});
  if (log.ring == nullptr) return;
  log.record_event(begin_, end, node_ | (scale_ != 0 ? kEventInTicks : 0) | (failed ? kEventFailed : 0));
}

}  // namespace kymo::KYMO_ABI::profile
