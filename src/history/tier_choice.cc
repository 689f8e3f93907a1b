#include "tier_choice.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

using series::SampleUse;

SampleUse use_of(TierColumn column) {
  switch (column) {
    case TierColumn::edges: return SampleUse::edges;
    case TierColumn::least: return SampleUse::least;
    case TierColumn::greatest: return SampleUse::greatest;
    case TierColumn::sum: return SampleUse::sum;
    case TierColumn::count: return SampleUse::count;
  }
  return SampleUse::every;
}

}  // namespace

void TierChoice::Reach::add(std::int64_t from_ms, std::int64_t to_ms) noexcept {
  first_ms = is_any ? std::min(first_ms, from_ms) : from_ms;
  last_ms = is_any ? std::max(last_ms, to_ms) : to_ms;
  is_any = true;
}

TierChoice::TierChoice(series::TimeRange range, const series::ReadWish& wish, series::SampleForm form)
    : range_(range), column_(column_for(wish.use, form)), use_(use_of(column_)) {
  if (wish.grid_ms <= 0 || !is_exact_for(wish.use, form)) return;
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    if (wish.grid_ms % kTierWindows[tier] == 0) exact_ = tier;
  }
}

void TierChoice::add_tier(const Segment& file, std::uint32_t id) {
  std::vector<StoredBlock>& blocks = tiers_[file.tier()];
  const std::size_t before = blocks.size();
  file.find(tier_id(id, column_), range_, blocks);
  for (std::size_t i = before; i < blocks.size(); ++i) blocks[i].use = use_;
}

/// The times before or behind the one that was chosen so far. Files of all tiers have windows that end where
/// a segment does, and leave as a whole, so no window is divided here.
void TierChoice::take(std::vector<StoredBlock>& blocks) {
  const Reach before = reach_;
  for (StoredBlock& block : blocks) {
    reach_.add(block.place.first_ms, block.place.last_ms);
    if (!before.is_any) {
      chosen_.push_back(std::move(block));
      continue;
    }
    if (block.place.last_ms > before.last_ms) {
      StoredBlock& after = chosen_.emplace_back(block);
      after.part.from_ms = std::max(after.part.from_ms, before.last_ms + 1);
    }
    if (block.place.first_ms < before.first_ms) {
      block.part.to_ms = std::min(block.part.to_ms, before.first_ms - 1);
      chosen_.push_back(std::move(block));
    }
  }
}

void TierChoice::take_samples(SeriesParts& parts) {
  const Reach before = reach_;
  take(parts.stored);
  parts.stored.clear();
  for (const auto& block : parts.blocks) reach_.add(block->first_ms(), block->last_ms());
  if (!parts.head_times.empty()) reach_.add(parts.head_times.front(), parts.head_times.back());
  if (before.is_any) parts.memory_from_ms = before.last_ms + 1;
}

void TierChoice::choose(SeriesParts& parts) {
  for (std::size_t tier = exact_ == kTiers ? 0 : exact_ + 1; tier-- > 0;) take(tiers_[tier]);
  take_samples(parts);
  for (std::size_t tier = exact_ == kTiers ? 0 : exact_ + 1; tier < kTiers; ++tier) take(tiers_[tier]);
  std::erase_if(chosen_, [](const StoredBlock& block) {
    return block.part.from_ms > std::min(block.part.to_ms, block.place.last_ms) ||
           block.part.to_ms < block.place.first_ms;
  });
  std::ranges::stable_sort(chosen_, {}, [](const StoredBlock& block) {
    return std::max(block.part.from_ms, block.place.first_ms);
  });
  parts.stored = std::move(chosen_);
}

}  // namespace kymo::KYMO_ABI::history
