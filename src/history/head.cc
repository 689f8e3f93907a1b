#include "head.h"

#include <algorithm>
#include <utility>

namespace kymo::KYMO_ABI::history {

Head::Head(SeriesTable& table, ByteChains& chains, const HeadOptions& options,
           std::function<void(SeriesGroup&)> seal)
    : table_(table),
      chains_(chains),
      options_(options),
      seal_(std::move(seal)),
      times_(options.window_ticks) {}

std::uint32_t Head::first_target(std::size_t group) const noexcept {
  constexpr std::uint32_t kStep = 89;  // prime, so that neighbours are far apart
  const std::uint32_t half = (options_.window_ticks + 1) / 2;
  return options_.window_ticks - static_cast<std::uint32_t>(group) * kStep % half;
}

SeriesGroup& Head::group_with_room(series::SampleForm form) {
  for (auto group = groups_.rbegin(); group != groups_.rend(); ++group) {
    if ((*group)->form() == form && !(*group)->is_full()) return **group;
  }
  const std::size_t row_of_all = (groups_.size() + 1) * SeriesGroup::kMostNumbers * sizeof(std::uint64_t);
  constexpr std::size_t kLeastRows = 4;
  const std::size_t rows = std::clamp(options_.row_bytes / row_of_all, kLeastRows, kMostPackValues);
  auto group = std::make_unique<SeriesGroup>(form, static_cast<std::uint32_t>(rows), times_, chains_);
  group->set_target(first_target(groups_.size()));
  groups_.push_back(std::move(group));
  return *groups_.back();
}

Target Head::get(series::LabelSet labels, series::SampleForm form,
                 const std::shared_ptr<const series::FamilyInfo>& family, SlotForm slot_form) {
  const EntryPtr entry = table_.get(std::move(labels), form, family, options_.most_series);
  if (entry == nullptr || entry->sparse != nullptr) return {};
  if (entry->group == nullptr) {
    SeriesGroup& group = group_with_room(form);
    entry->slot = group.add(entry, std::move(slot_form));
    entry->group = &group;
  } else if (!(entry->group->form_of(entry->slot) == slot_form)) {
    entry->is_live = true;  // keeps the slot
    seal_(*entry->group);
    entry->group->set_form(entry->slot, std::move(slot_form));
  }
  entry->is_live = true;
  return {entry->group, entry->slot};
}

void Head::end(Target target) noexcept {
  if (target.group != nullptr) target.group->entry(target.slot)->is_live = false;
}

void Head::begin_tick(std::int64_t time_ms) noexcept {
  times_.push(time_ms);
  last_ms_ = time_ms;
}

std::uint64_t Head::end_tick() noexcept {
  std::uint64_t lost = 0;
  plain_bytes_ = 0;
  for (const auto& group : groups_) {
    try {
      group->end_tick();
    } catch (...) {
      lost += group->samples();
      group->begin_window();
    }
    plain_bytes_ += group->bytes();
  }
  return lost;
}

SeriesGroup* Head::due(bool early) noexcept {
  constexpr std::uint32_t kShort = 15;  // a block of fewer ticks takes more memory than the window
  SeriesGroup* longest = nullptr;
  for (const auto& group : groups_) {
    if (group->length() >= group->target()) return group.get();
    if (early && group->length() > (longest == nullptr ? kShort : longest->length())) longest = group.get();
  }
  return longest;
}

std::size_t Head::bytes() const noexcept { return plain_bytes_; }

}  // namespace kymo::KYMO_ABI::history
