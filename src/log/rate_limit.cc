#include <kymo/log/rate_limit.h>

#include <vector>

namespace kymo::KYMO_ABI::log {
namespace {

constexpr unsigned kCountBits = 24;
constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;
/// Time since `begin`, of which 40 bits are stored: exact up to 17 years, with any start of the clock.
std::int64_t passed_since(std::uint64_t begin, std::uint64_t milliseconds) noexcept {
  return static_cast<std::int64_t>((milliseconds - begin) << kCountBits) >> kCountBits;
}

}  // namespace

bool RateLimit::takes_place(std::uint64_t milliseconds) noexcept {
  std::uint64_t window = window_.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t begin = window >> kCountBits;
    const std::uint64_t count = window & kCountMask;
    // A thread that read the clock just before the interval's begin still belongs to the interval.
    const std::int64_t passed = passed_since(begin, milliseconds);
    const bool is_over = passed >= 0 && passed >= interval_.count();
    if (count > 0 && !is_over && count >= events_) return false;
    const std::uint64_t next = count == 0 || is_over ? (milliseconds << kCountBits) | 1 : window + 1;
    if (window_.compare_exchange_weak(window, next, std::memory_order_relaxed)) return true;
  }
}

std::optional<std::uint64_t> RateLimit::admit(Time now) noexcept {
  const auto time = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  if (!takes_place(static_cast<std::uint64_t>(time.count()))) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return suppressed_.exchange(0, std::memory_order_relaxed);
}

void log_limited(RateLimit& limit, const Logger& logger, Level level, std::string_view message,
                 std::initializer_list<Field> fields) noexcept {
  if (!logger.enabled(level)) return;
  const auto passed = limit.admit();
  if (!passed) return;
  if (*passed == 0) {
    logger.log(level, message, fields);
    return;
  }
  try {
    std::vector<Field> all(fields);
    all.push_back({"suppressed", *passed});
    logger.log(level, message, all);
  } catch (...) {  // without memory for the count: log the event without it
    logger.log(level, message, fields);
  }
}

}  // namespace kymo::KYMO_ABI::log
