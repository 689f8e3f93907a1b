#include "audio/filter_bank_cache.h"

#include <algorithm>
#include <utility>

namespace voice {

FilterBankCache::Lookup FilterBankCache::find(RatePair rates) {
  if (auto kept = find_kept(rates)) return {std::move(kept), Result::hit};
  // Built without the lock: streams of other rates need not wait for it.
  auto built = std::make_shared<const FilterBank>(rates);
  keep(built);
  return {std::move(built), Result::miss};
}

std::size_t FilterBankCache::size() const {
  const std::lock_guard lock(mutex_);
  return banks_.size();
}

std::shared_ptr<const FilterBank> FilterBankCache::find_kept(RatePair rates) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(banks_.begin(), banks_.end(),
                                  [rates](const auto& bank) { return bank->rates() == rates; });
  if (found == banks_.end()) return nullptr;
  banks_.splice(banks_.begin(), banks_, found);
  return banks_.front();
}

void FilterBankCache::keep(std::shared_ptr<const FilterBank> bank) {
  const std::lock_guard lock(mutex_);
  std::erase_if(banks_, [&](const auto& other) { return other->rates() == bank->rates(); });
  banks_.push_front(std::move(bank));
  while (banks_.size() > capacity_) banks_.pop_back();
}

}  // namespace voice
