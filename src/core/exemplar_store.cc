#include "exemplar_store.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include <kymo/core/names.h>

#include "utf8.h"

namespace kymo::inline v0 {
namespace {

// Renders without allocating; 0 when the labels are not fit to be an exemplar's.
std::size_t render_into(Labels labels, std::span<char> out) noexcept {
  std::size_t used = 0;
  std::size_t characters = 0;
  const auto put = [&](std::string_view text) {
    if (used + text.size() > out.size()) return false;
    std::memcpy(out.data() + used, text.data(), text.size());
    used += text.size();
    return true;
  };
  for (const Label& label : labels) {
    characters += label.key.size() + label.value.size();
    const bool plain =
        utf8::is_clean(label.value) && label.value.find_first_of("\\\"\n") == std::string_view::npos;
    if (characters > ExemplarStore::kMaxLabelBytes || !plain || label.key.empty()) return 0;
    if (!(used == 0 || put(",")) || !put(label.key) || !put("=\"") || !put(label.value) || !put("\""))
      return 0;
  }
  return used;
}

// A writer holds a slot for some hundred nanoseconds; only the reader waits, never a writer. It does not wait
// for ever: the writer may have been in another process, before a fork.
bool take(std::atomic<bool>& busy) noexcept {
  constexpr int kTries = 10'000;
  for (int i = 0; i < kTries; ++i) {
    if (!busy.exchange(true, std::memory_order_acquire)) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

ExemplarStore::ExemplarStore(std::shared_ptr<const std::vector<double>> bounds)
    : bounds_(std::move(bounds)),
      slot_count_(bounds_ == nullptr ? 1 : bounds_->size() + 1),
      slots_(std::make_unique<Slot[]>(slot_count_)) {}

bool ExemplarStore::offer(double value, Labels labels, std::chrono::system_clock::time_point time) noexcept {
  std::size_t index = 0;
  if (bounds_ != nullptr) {
    const auto bound = std::lower_bound(bounds_->begin(), bounds_->end(), value);
    index = static_cast<std::size_t>(bound - bounds_->begin());
  }
  Slot& slot = slots_[index];
  if (slot.busy.exchange(true, std::memory_order_acquire)) return false;
  const std::size_t size = render_into(labels, slot.text);
  if (size != 0) {
    slot.size = size;
    slot.value = value;
    slot.time = time;
    slot.filled = true;
  } else {
    slot.filled = false;  // the text may be half written
  }
  slot.busy.store(false, std::memory_order_release);
  return size != 0;
}

void ExemplarStore::clear() noexcept {
  for (std::size_t i = 0; i < slot_count_; ++i) {
    if (!take(slots_[i].busy)) continue;
    slots_[i].filled = false;
    slots_[i].busy.store(false, std::memory_order_release);
  }
}

std::vector<Exemplar> ExemplarStore::read() const {
  std::vector<Exemplar> exemplars;
  for (std::size_t i = 0; i < slot_count_; ++i) {
    Slot& slot = slots_[i];
    if (!take(slot.busy)) continue;
    if (slot.filled) exemplars.push_back({std::string(slot.text.data(), slot.size), slot.value, slot.time});
    slot.busy.store(false, std::memory_order_release);
  }
  return exemplars;
}

}  // namespace kymo::inline v0
