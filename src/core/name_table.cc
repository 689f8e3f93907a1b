#include "name_table.h"

#include <utility>

namespace kymo::inline v0 {
namespace {

constexpr std::size_t kFirstNames = 64;

}  // namespace

NameTable::NameTable() : seed_(hash_seed()) {
  all_slots_.push_back(std::make_unique<Slots>(kFirstNames));
  current_.store(all_slots_.back().get(), std::memory_order_release);
}

void NameTable::Slots::put(const Entry* added) noexcept {
  std::size_t at = added->hash;
  while (entry[at & mask].load(std::memory_order_relaxed) != nullptr) ++at;
  entry[at & mask].store(added, std::memory_order_release);
}

const NameTable::Entry* NameTable::add(std::string_view name, std::shared_ptr<FamilyCore> family) {
  entries_.push_back(std::make_unique<Entry>(
      Entry{.name = std::string(name), .hash = hash_text(name, seed_), .family = std::move(family)}));
  Slots* slots = all_slots_.back().get();
  if (entries_.size() * 2 <= slots->mask) {
    slots->put(entries_.back().get());
  } else {
    auto larger = std::make_unique<Slots>((slots->mask + 1) * 2);
    for (const auto& entry : entries_) larger->put(entry.get());
    current_.store(larger.get(), std::memory_order_release);
    all_slots_.push_back(std::move(larger));
  }
  return entries_.back().get();
}

}  // namespace kymo::inline v0
