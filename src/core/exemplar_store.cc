#include "exemplar_store.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include <kymo/base/utf8.h>

#include "label_text.h"

namespace kymo::KYMO_ABI {
namespace {

/// Fixed memory, large enough for every text that fault_of() accepts.
struct FixedText {
  char* end;

  void operator+=(char c) noexcept { *end++ = c; }
  void operator+=(std::string_view more) noexcept {
    std::memcpy(end, more.data(), more.size());
    end += more.size();
  }
};

/// Nothing for labels that are valid in an exemplar.
std::optional<ExemplarDrop> fault_of(Labels labels) noexcept {
  std::size_t characters = 0;
  for (const Label& label : labels) {
    if (!base::is_utf8(label.value, base::Nul::refused)) return ExemplarDrop::labels;
    characters += label.key.size() + base::count_characters(label.value);
    if (characters > ExemplarStore::kMaxLabelCharacters) return ExemplarDrop::length;
  }
  // Last, because it compares each key with all others; few are left by now.
  if (labels.empty() || !label_keys_are_valid(labels)) return ExemplarDrop::labels;
  return std::nullopt;
}

std::size_t render(Labels labels, char* out) noexcept {
  FixedText text{out};
  for (const Label& label : labels) {
    if (text.end != out) text += ',';
    detail::append_key(label.key, text);
    text += "=\"";
    detail::append_escaped(label.value, text);
    text += '"';
  }
  return static_cast<std::size_t>(text.end - out);
}

// A writer holds a slot for some hundred nanoseconds; only the reader waits, never a writer. The wait is
// bounded: the writer may have been in another process, before a fork.
bool take(std::atomic<bool>& busy) noexcept {
  constexpr int kTries = 10'000;
  for (int i = 0; i < kTries; ++i) {
    if (!busy.exchange(true, std::memory_order_acquire)) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

ExemplarStore::ExemplarStore(std::shared_ptr<const std::vector<double>> bounds,
                             std::shared_ptr<ExemplarDrops> drops)
    : bounds_(std::move(bounds)),
      drops_(std::move(drops)),
      slot_count_(bounds_ == nullptr ? 1 : bounds_->size() + 1),
      slots_(std::make_unique<Slot[]>(slot_count_)) {}

void ExemplarStore::offer(double value, Labels labels, std::chrono::system_clock::time_point time) noexcept {
  if (const auto fault = fault_of(labels)) return drop(*fault);
  std::size_t index = 0;
  if (bounds_ != nullptr) {
    const auto bound = std::lower_bound(bounds_->begin(), bounds_->end(), value);
    index = static_cast<std::size_t>(bound - bounds_->begin());
  }
  Slot& slot = slots_[index];
  if (slot.busy.exchange(true, std::memory_order_acquire)) return drop(ExemplarDrop::busy);
  slot.size = render(labels, slot.text.data());
  slot.value = value;
  slot.time = time;
  slot.filled = true;
  slot.busy.store(false, std::memory_order_release);
}

void ExemplarStore::drop(ExemplarDrop reason) noexcept {
  (*drops_)[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
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

}  // namespace kymo::KYMO_ABI
