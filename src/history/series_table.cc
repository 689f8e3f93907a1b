#include "series_table.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

/// Nodes of the maps, the control block, and the id in a vector for each label.
constexpr std::size_t kOverheadBytes = sizeof(SeriesEntry) + 160;

std::size_t bytes_of(const SeriesEntry& entry) noexcept {
  return kOverheadBytes + entry.labels.bytes().size();
}

}  // namespace

EntryPtr SeriesTable::get(series::LabelSet labels, series::SampleForm form,
                          const std::shared_ptr<const series::FamilyInfo>& family, std::size_t most) {
  if (const auto found = ids_.find({labels.bytes(), form}); found != ids_.end())
    return entries_[found->second];
  if (size() >= most) return nullptr;
  auto entry = std::make_shared<SeriesEntry>();
  entry->labels = std::move(labels);
  entry->form = form;
  entry->family = family;
  entry->id = static_cast<std::uint32_t>(free_.empty() ? entries_.size() : free_.back());
  if (free_.empty()) {
    if (entries_.size() == entries_.capacity()) {
      const std::size_t room = 2 * entries_.size() + 64;
      entries_.reserve(room);
      free_.reserve(room);  // so that erase() cannot fail
    }
    entries_.emplace_back();
    free_.push_back(entry->id);
  }
  for (const Label label : entry->labels) {
    LabelList& list = by_label_[text_of(label)];
    list.ids.push_back(entry->id);  // a series that then fails to come is left out by those who read the list
    ++list.series;
  }
  ids_.emplace(Key{entry->labels.bytes(), form}, entry->id);
  free_.pop_back();
  bytes_ += bytes_of(*entry);
  return entries_[entry->id] = std::move(entry);
}

EntryPtr SeriesTable::find(std::string_view labels, series::SampleForm form) const {
  const auto found = ids_.find({labels, form});
  return found == ids_.end() ? nullptr : entries_[found->second];
}

void SeriesTable::erase(const SeriesEntry& entry) noexcept {
  EntryPtr& place = entries_[entry.id];
  const EntryPtr kept = std::move(place);
  place.reset();
  try {
    for (const Label label : kept->labels) forget_label(label);
  } catch (const std::bad_alloc&) {  // the list keeps an id that leads nowhere
  }
  bytes_ -= bytes_of(*kept);
  ids_.erase({kept->labels.bytes(), kept->form});
  // While a reader holds the series, its id must not lead to another one.
  if (kept.use_count() == 1) free_.push_back(kept->id);
}

void SeriesTable::forget_label(const Label& label) {
  const auto found = by_label_.find(text_of(label));
  if (found == by_label_.end()) return;
  LabelList& list = found->second;
  if (--list.series == 0) {
    by_label_.erase(found);
    return;
  }
  constexpr std::size_t kMostGone = 16;
  if (list.ids.size() <= 2 * list.series + kMostGone) return;
  std::ranges::sort(list.ids);
  const auto repeated = std::ranges::unique(list.ids);
  list.ids.erase(repeated.begin(), repeated.end());
  std::erase_if(list.ids, [&](std::uint32_t id) {
    return entries_[id] == nullptr || entries_[id]->labels.get(label.key) != label.value;
  });
}

/// Neither text has a NUL.
std::string SeriesTable::text_of(const Label& label) {
  return std::string(label.key).append(1, '\0').append(label.value);
}

const std::vector<std::uint32_t>* SeriesTable::with_label(std::string_view key,
                                                          std::string_view value) const {
  const auto found = by_label_.find(text_of(Label(key, value)));
  return found == by_label_.end() ? nullptr : &found->second.ids;
}

}  // namespace kymo::KYMO_ABI::history
