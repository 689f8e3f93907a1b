#include "window_ring.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kymo::KYMO_ABI {

WindowRing::WindowRing(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1)), slots_(new std::atomic<double>[capacity_]) {
  // NaN can never be recorded, so it marks an unwritten slot.
  for (std::size_t i = 0; i < capacity_; ++i) {
    slots_[i].store(std::numeric_limits<double>::quiet_NaN(), std::memory_order_relaxed);
  }
}

void WindowRing::record(double value) noexcept {
  if (!is_of_this_process()) [[unlikely]]
    begin_child();
  const std::uint64_t turn = next_.fetch_add(1, std::memory_order_relaxed);
  slots_[turn % capacity_].store(value, std::memory_order_release);
}

void WindowRing::reset() noexcept {
  if (!is_of_this_process()) begin_child();
  first_.store(next_.load(std::memory_order_acquire), std::memory_order_relaxed);
}

// If several threads come here at once, one begins anew: the one that found the ring, before any has
// recorded.
void WindowRing::begin_child() noexcept {
  const std::uint64_t first = next_.load(std::memory_order_acquire);
  std::uint32_t seen = fork_generation_.load(std::memory_order_relaxed);
  const std::uint32_t now = kymo::fork_generation();
  if (seen != now && fork_generation_.compare_exchange_strong(seen, now, std::memory_order_acq_rel))
    first_.store(first, std::memory_order_relaxed);
}

std::vector<double> WindowRing::sorted() const {
  std::vector<double> values;
  values.reserve(capacity_);
  const std::uint64_t held = std::min<std::uint64_t>(count(), capacity_);
  const std::uint64_t end = next_.load(std::memory_order_acquire);
  for (std::uint64_t turn = end - held; turn != end; ++turn) {
    const double value = slots_[turn % capacity_].load(std::memory_order_acquire);
    if (!std::isnan(value)) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace kymo::KYMO_ABI
