#include "name_table.h"

#include <utility>

namespace kymo::KYMO_ABI {
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

std::unique_ptr<NameTable::Entry> NameTable::prepare(std::string_view name) {
  if (entries_.size() == entries_.capacity()) entries_.reserve(2 * entries_.size() + 1);
  const Slots& slots = *all_slots_.back();
  if ((entries_.size() + 1) * 2 > slots.mask) {
    auto larger = std::make_unique<Slots>((slots.mask + 1) * 2);
    for (const auto& entry : entries_) larger->put(entry.get());
    all_slots_.push_back(std::move(larger));
    current_.store(all_slots_.back().get(), std::memory_order_release);
  }
  auto prepared = std::make_unique<Entry>();
  prepared->name = name;
  prepared->hash = hash_text(name, seed_);
  return prepared;
}

const NameTable::Entry* NameTable::add(std::unique_ptr<Entry> prepared) noexcept {
  entries_.push_back(std::move(prepared));
  all_slots_.back()->put(entries_.back().get());
  return entries_.back().get();
}

}  // namespace kymo::KYMO_ABI
