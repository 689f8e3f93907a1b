#include <kymo/core/stopwatch.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "fork_gate.h"

namespace kymo::KYMO_ABI::ticks {

constinit std::atomic<std::uint64_t> nanoseconds_per_tick{0};

namespace {

using std::chrono::steady_clock;

constexpr auto kShortestMeasurement = std::chrono::milliseconds(20);
constexpr int kMostDisagreements = 3;

/// One moment by both clocks.
struct Moment {
  std::uint64_t ticks = 0;
  steady_clock::time_point time;
};

bool is_invariant() noexcept {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8U & 1U) != 0;
#else
  return false;
#endif
}

// The kernel watches each processor's counter and switches the clock when they drift apart.
bool is_kernels_clock() noexcept {
  const int file =
      open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::array<char, 16> name{};
  const ssize_t size = read(file, name.data(), name.size());
  close(file);
  return size > 0 && std::string_view(name.data(), static_cast<std::size_t>(size)) == "tsc\n";
}

// The clock, between two close readings of the counter.
Moment read_both() noexcept {
  Moment best;
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t before = now();
    const auto time = steady_clock::now();
    const std::uint64_t gap = now() - before;
    if (gap >= least) continue;
    least = gap;
    best = {before + gap / 2, time};
  }
  return best;
}

std::uint64_t scale_between(const Moment& begin, const Moment& end) noexcept {
  const auto nanoseconds = static_cast<std::uint64_t>((end.time - begin.time).count());
  if (end.ticks <= begin.ticks) return 0;
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{nanoseconds} << 32U) / (end.ticks - begin.ticks));
}

bool agree(std::uint64_t a, std::uint64_t b) noexcept {
  const std::uint64_t difference = std::max(a, b) - std::min(a, b);
  return difference < std::max(a, b) / 200;  // half a percent; a short measurement has a smaller error
}

class Calibration final {
 public:
  void go_on() noexcept {
    if (state_ == State::unsound) return;
    if (state_ == State::untried) return begin();
    const Moment moment = read_both();
    if (moment.time - last_.time < kShortestMeasurement) return;
    const std::uint64_t recently = scale_between(last_, moment);
    const std::uint64_t overall = scale_between(first_, moment);
    last_ = moment;
    // The counter stood still or jumped: a suspended or migrated machine.
    if (recently == 0 || !agree(recently, overall)) return begin_again(moment);
    nanoseconds_per_tick.store(overall, std::memory_order_relaxed);
  }

 private:
  enum class State : std::uint8_t { untried, measuring, unsound };

  void begin() noexcept {
    state_ = is_invariant() && is_kernels_clock() ? State::measuring : State::unsound;
    first_ = last_ = read_both();
  }

  void begin_again(const Moment& moment) noexcept {
    nanoseconds_per_tick.store(0, std::memory_order_relaxed);
    first_ = moment;
    if (++disagreements_ > kMostDisagreements) state_ = State::unsound;
  }

  State state_ = State::untried;
  int disagreements_ = 0;
  Moment first_;
  Moment last_;
};

constinit std::mutex mutex;
constinit Calibration calibration;

}  // namespace

void calibrate() noexcept {
  const StructureLock lock(mutex);
  calibration.go_on();
}

}  // namespace kymo::KYMO_ABI::ticks
