#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

class Series;

/// Series by the hash of their labels: open addressing, linear probing. One thread at a time changes it; any
/// number read it meanwhile, each within a LookupGuard.
///
/// A slot is one word: an address and 16 bits of the hash. So a reader sees a whole slot or none, and follows
/// an address only if the hash agrees.
class SeriesTable final {
 public:
  class Slots;

  SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;
  ~SeriesTable();

  /// The first series under this hash for which `is_it(Series&)` holds, or null.
  template <class IsIt>
  [[nodiscard]] Series* find(std::uint64_t hash, IsIt is_it) const noexcept;

  /// Lets the next insert() succeed without memory.
  void make_room();
  /// Puts the series under its own hash, `Series::hash`. After make_room().
  void insert(Series* series) noexcept;
  /// Adds the series under another hash too, unless it has too many: a spelling of its labels with the same
  /// rendering. The alias is lost when the table grows.
  void insert_alias(std::uint64_t hash, Series* series);
  /// Removes the series. The caller keeps it alive until a GracePeriod has passed.
  void erase(const Series* series) noexcept;

  /// Replaced slots that readers may still see; free them after a GracePeriod.
  [[nodiscard]] std::vector<std::unique_ptr<Slots>> take_replaced() noexcept;
  [[nodiscard]] bool has_replaced() const noexcept { return !replaced_.empty(); }

  [[nodiscard]] std::size_t size() const noexcept { return live_; }

 private:
  static constexpr std::uint64_t kEmpty = 0;
  static constexpr std::uint64_t kErased = 1;
  static constexpr unsigned kAddressBits = 48;

  [[nodiscard]] static std::uint64_t tag_of(std::uint64_t word) noexcept { return word >> kAddressBits; }
  [[nodiscard]] static Series* series_of(std::uint64_t word) noexcept {
    return reinterpret_cast<Series*>(word & ((std::uint64_t{1} << kAddressBits) - 1));
  }
  void put(std::uint64_t hash, Series* series) noexcept;

  std::atomic<Slots*> slots_;
  std::size_t used_ = 0;  // non-empty words
  std::size_t live_ = 0;  // series
  std::vector<std::unique_ptr<Slots>> replaced_;
};

class SeriesTable::Slots final {
 public:
  explicit Slots(std::size_t size) : mask_(size - 1), words_(new std::atomic<std::uint64_t>[size]()) {}

  [[nodiscard]] std::size_t size() const noexcept { return mask_ + 1; }
  /// The word at a position of the probe sequence that begins anywhere.
  [[nodiscard]] std::atomic<std::uint64_t>& operator[](std::size_t position) const noexcept {
    return words_[position & mask_];
  }

 private:
  std::size_t mask_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

template <class IsIt>
Series* SeriesTable::find(std::uint64_t hash, IsIt is_it) const noexcept {
  const Slots& slots = *slots_.load(std::memory_order_acquire);
  for (std::size_t at = hash;; ++at) {
    const std::uint64_t word = slots[at].load(std::memory_order_acquire);
    if (word == kEmpty) return nullptr;
    if (tag_of(word) != tag_of(hash) || word == kErased) continue;
    if (Series* series = series_of(word); is_it(*series)) return series;
  }
}

}  // namespace kymo::KYMO_ABI
