#include "series_table.h"

#include <bit>
#include <utility>

#include "series.h"

namespace kymo::KYMO_ABI {
namespace {

constexpr std::size_t kFirstSize = 4;
constexpr std::uint8_t kMostAliases = 4;

}  // namespace

SeriesTable::SeriesTable() : slots_(new Slots(kFirstSize)) {}

SeriesTable::~SeriesTable() { delete slots_.load(std::memory_order_relaxed); }

void SeriesTable::insert(Series* series) noexcept {
  put(series->hash, series);
  ++live_;
}

void SeriesTable::insert_alias(std::uint64_t hash, Series* series) {
  if (series->aliases_ == kMostAliases) return;
  make_room();
  put(hash, series);
  ++series->aliases_;
}

void SeriesTable::erase(const Series* series) noexcept {
  Slots& slots = *slots_.load(std::memory_order_relaxed);
  if (series->aliases_ != 0) {
    // Its other hashes are stored nowhere.
    for (std::size_t at = 0; at < slots.size(); ++at) {
      if (series_of(slots[at].load(std::memory_order_relaxed)) == series) slots[at].store(kErased);
    }
  } else {
    for (std::size_t at = series->hash;; ++at) {
      const std::uint64_t word = slots[at].load(std::memory_order_relaxed);
      if (word == kEmpty) break;
      if (series_of(word) == series) slots[at].store(kErased, std::memory_order_release);
    }
  }
  --live_;
}

std::vector<std::unique_ptr<SeriesTable::Slots>> SeriesTable::take_replaced() noexcept {
  return std::exchange(replaced_, {});
}

void SeriesTable::put(std::uint64_t hash, Series* series) noexcept {
  Slots& slots = *slots_.load(std::memory_order_relaxed);
  std::size_t at = hash;
  while (slots[at].load(std::memory_order_relaxed) != kEmpty) ++at;
  const std::uint64_t address = reinterpret_cast<std::uint64_t>(series);
  slots[at].store(tag_of(hash) << kAddressBits | address, std::memory_order_release);
  ++used_;
}

// A quarter of the slots stays empty, so every search ends soon.
void SeriesTable::make_room() {
  const Slots& full = *slots_.load(std::memory_order_relaxed);
  if ((used_ + 1) * 4 <= full.size() * 3) return;
  replaced_.reserve(replaced_.size() + 1);
  auto larger = std::make_unique<Slots>(std::bit_ceil((live_ + 1) * 2));
  used_ = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    const std::uint64_t word = full[i].load(std::memory_order_relaxed);
    if (word == kEmpty || word == kErased) continue;
    Series* series = series_of(word);
    // The slots after its hash show whether it is there already, under an alias' word.
    std::size_t at = series->hash;
    while ((*larger)[at].load(std::memory_order_relaxed) != kEmpty &&
           series_of((*larger)[at].load(std::memory_order_relaxed)) != series) {
      ++at;
    }
    if ((*larger)[at].load(std::memory_order_relaxed) != kEmpty) continue;
    (*larger)[at].store(tag_of(series->hash) << kAddressBits | reinterpret_cast<std::uint64_t>(series),
                        std::memory_order_relaxed);
    series->aliases_ = 0;
    ++used_;
  }
  replaced_.emplace_back(slots_.exchange(larger.release(), std::memory_order_acq_rel));
}

}  // namespace kymo::KYMO_ABI
