#include "series_table.h"

#include <string>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

/// Nodes of two maps, the control block, and the id in three vectors.
constexpr std::size_t kOverheadBytes = sizeof(SeriesEntry) + 112;

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
  std::vector<std::uint32_t>& of_name = names_[std::string(entry->labels.name())];
  if (of_name.size() == of_name.capacity()) of_name.reserve(2 * of_name.size() + 1);
  ids_.emplace(Key{entry->labels.bytes(), form}, entry->id);
  entry->place_in_name = static_cast<std::uint32_t>(of_name.size());
  of_name.push_back(entry->id);
  free_.pop_back();
  bytes_ += bytes_of(*entry);
  return entries_[entry->id] = std::move(entry);
}

void SeriesTable::erase(const SeriesEntry& entry) noexcept {
  EntryPtr& place = entries_[entry.id];
  const EntryPtr kept = std::move(place);
  place.reset();
  forget_name(*kept);
  bytes_ -= bytes_of(*kept);
  ids_.erase({kept->labels.bytes(), kept->form});
  // While a reader holds the series, its id must not lead to another one.
  if (kept.use_count() == 1) free_.push_back(kept->id);
}

void SeriesTable::forget_name(const SeriesEntry& entry) noexcept {
  const auto found = names_.find(entry.labels.name());
  std::vector<std::uint32_t>& ids = found->second;
  ids[entry.place_in_name] = ids.back();
  if (ids.back() != entry.id) entries_[ids.back()]->place_in_name = entry.place_in_name;
  ids.pop_back();
  if (ids.empty()) names_.erase(found);
}

const std::vector<std::uint32_t>* SeriesTable::named(std::string_view name) const noexcept {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

}  // namespace kymo::KYMO_ABI::history
