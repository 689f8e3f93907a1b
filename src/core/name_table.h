#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "family_core.h"
#include "label_hash.h"

namespace kymo::KYMO_ABI {

/// The families that a Collector records into, by name. Names are added and never removed, so a reader needs
/// neither lock nor guard.
class NameTable final {
 public:
  struct Entry {
    std::string name;
    std::uint64_t hash = 0;
    /// Null: the name was refused. The registry keeps the family.
    mutable std::atomic<FamilyCore*> family = nullptr;
    /// Registry::Impl::freed_names() at the refusal.
    mutable std::atomic<std::uint64_t> refused_at = 0;

    void set(FamilyCore* joined, std::uint64_t freed_names) const noexcept {
      refused_at.store(freed_names, std::memory_order_relaxed);
      family.store(joined, std::memory_order_release);
    }
  };

  NameTable();
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;
  ~NameTable() = default;

  [[nodiscard]] const Entry* find(std::string_view name) const noexcept {
    // Names are usually literals: the same address usually holds the same name. The entry is verified.
    std::atomic<const Entry*>& last = last_at_[reinterpret_cast<std::uintptr_t>(name.data()) / 8 % kLast];
    const Entry* remembered = last.load(std::memory_order_acquire);
    if (remembered != nullptr && is_named(*remembered, name)) return remembered;
    const Entry* found = find_by_hash(name);
    if (found != nullptr) last.store(found, std::memory_order_release);
    return found;
  }

  /// Prepares an entry and room for it, so that adding allocates nothing. One thread at a time.
  [[nodiscard]] std::unique_ptr<Entry> prepare(std::string_view name);
  /// Publishes the last prepared entry. Its name must be new.
  const Entry* add(std::unique_ptr<Entry> prepared) noexcept;

  [[nodiscard]] const std::vector<std::unique_ptr<Entry>>& entries() const noexcept { return entries_; }

 private:
  static constexpr std::size_t kLast = 64;

  [[nodiscard]] static bool is_named(const Entry& entry, std::string_view name) noexcept {
    return entry.name.size() == name.size() && same_text(entry.name.data(), name);
  }

  [[nodiscard]] const Entry* find_by_hash(std::string_view name) const noexcept {
    const std::uint64_t hash = hash_text(name, seed_);
    const Slots& slots = *current_.load(std::memory_order_acquire);
    for (std::size_t at = hash;; ++at) {
      const Entry* entry = slots.entry[at & slots.mask].load(std::memory_order_acquire);
      if (entry == nullptr) return nullptr;
      if (entry->hash == hash && is_named(*entry, name)) return entry;
    }
  }

  struct Slots {
    explicit Slots(std::size_t size) : mask(size - 1), entry(new std::atomic<const Entry*>[size]()) {}
    void put(const Entry* added) noexcept;

    std::size_t mask;
    std::unique_ptr<std::atomic<const Entry*>[]> entry;
  };

  std::uint64_t seed_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::unique_ptr<Slots>> all_slots_;  // the last is current; readers may still be in the others
  std::atomic<const Slots*> current_;
  mutable std::array<std::atomic<const Entry*>, kLast> last_at_{};
};

}  // namespace kymo::KYMO_ABI
