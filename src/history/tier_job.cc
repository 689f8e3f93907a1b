#include "tier_job.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

/// One write and one sync for so much.
constexpr std::size_t kWriteBytes = std::size_t{1} << 20U;

}  // namespace

TierJob::TierJob(FileOperations& files, Plan plan) : files_(files), plan_(std::move(plan)) {
  make_groups();
  const std::string path = plan_.path + kUnfinished;
  (void)files_.unlink(path);
  writer_ = std::make_unique<SegmentWriter>(files_, plan_.folder, path);
}

void TierJob::make_groups() {
  std::unordered_map<std::uint32_t, std::uint32_t>
      above;  // of each series another one of its group, or itself
  const auto top_of = [&above](std::uint32_t id) {
    while (above.at(id) != id) id = above[id] = above[above[id]];
    return id;
  };
  const auto first_of = [](const TierSource& from, std::uint32_t block) -> const SeriesEntry* {
    for (const std::uint32_t id : *from.segment->list(block)) {
      const auto entry = from.entries.find(id);
      if (entry != from.entries.end()) return entry->second.get();
    }
    return nullptr;
  };
  for (const TierSource& from : plan_.sources) {
    for (const auto& [id, entry] : from.entries) {
      by_id_.emplace(entry->id, entry);
      above.emplace(entry->id, entry->id);
    }
    for (std::uint32_t block = 0; block < from.segment->blocks().size(); ++block) {
      const SeriesEntry* const first = first_of(from, block);
      for (const std::uint32_t id : *from.segment->list(block)) {
        const auto entry = from.entries.find(id);
        if (entry != from.entries.end()) above[top_of(entry->second->id)] = top_of(first->id);
      }
    }
  }
  std::unordered_map<std::uint32_t, std::size_t> places;
  for (const auto& [id, entry] : by_id_) {
    const auto [place, is_new] = places.emplace(top_of(id), groups_.size());
    if (is_new) groups_.emplace_back();
    groups_[place->second].ids.push_back(id);
  }
  for (std::size_t source = 0; source < plan_.sources.size(); ++source) {
    const TierSource& from = plan_.sources[source];
    for (std::uint32_t block = 0; block < from.segment->blocks().size(); ++block) {
      if (const SeriesEntry* const first = first_of(from, block))
        groups_[places.at(top_of(first->id))].pieces.push_back({source, block});
    }
  }
  for (Group& group : groups_) {
    std::ranges::stable_sort(group.pieces, {}, [this](const Piece& piece) {
      return plan_.sources[piece.source].segment->blocks()[piece.block].first_ms;
    });
  }
}

TierJob::~TierJob() {
  if (made_ == nullptr) (void)files_.unlink(plan_.path + kUnfinished);
}

bool TierJob::work(std::uint64_t& samples) {
  while (group_ != groups_.size()) {
    if (samples == 0) return false;
    const std::vector<Piece>& pieces = groups_[group_].pieces;
    if (pieces.empty()) {
      ++group_;
      continue;
    }
    if (builder_ == nullptr) begin_group();
    const Piece& piece = pieces[piece_];
    add(piece);
    const std::uint64_t read = plan_.sources[piece.source].segment->blocks()[piece.block].samples;
    samples -= std::min(samples, read);
    if (++piece_ < pieces.size()) {
      if (builder_->is_large()) take();
      continue;
    }
    take();
    builder_.reset();
    piece_ = 0;
    ++group_;
  }
  if (made_ == nullptr) finish();
  return true;
}

void TierJob::begin_group() {
  const Group& group = groups_[group_];
  std::unordered_map<std::uint32_t, std::pair<std::size_t, std::size_t>> reaches;
  for (std::size_t i = 0; i < group.pieces.size(); ++i) {
    const TierSource& source = plan_.sources[group.pieces[i].source];
    for (const std::uint32_t id : *source.segment->list(group.pieces[i].block)) {
      const auto entry = source.entries.find(id);
      if (entry == source.entries.end()) continue;
      reaches.emplace(entry->second->id, std::pair(i, i)).first->second.second = i;
    }
  }
  std::vector<TierBuilder::Series> series;
  for (const std::uint32_t id : group.ids) {
    TierBuilder::Series& one = series.emplace_back();
    one.reach = reaches[id];
    const SeriesEntry& entry = *by_id_.at(id);
    one.id = id;
    one.form = entry.form;
    one.is_count = entry.form == series::SampleForm::histogram || entry.family->kind == Kind::counter;
    if (is_listed_.emplace(id, true).second) entries_.push_back(by_id_.at(id));
  }
  std::ranges::sort(series, {}, [](const auto& one) { return std::pair(one.reach, one.id); });
  places_.clear();
  for (std::size_t i = 0; i < series.size(); ++i) places_.emplace(series[i].id, i);
  builder_ = std::make_unique<TierBuilder>(kTierWindows[plan_.tier], series);
}

/// A block that cannot be read is missing in the tier, too.
void TierJob::add(const Piece& piece) {
  const TierSource& source = plan_.sources[piece.source];
  const Segment& segment = *source.segment;
  const std::vector<std::uint32_t>& ids = *segment.list(piece.block);
  Bytes bytes;
  try {
    if (open_source_ != piece.source) file_ = segment.open();
    open_source_ = piece.source;
    bytes = segment.read(file_, segment.blocks()[piece.block]);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    segment.note_damage(piece.block);
    return;
  }
  std::string error;
  auto reader = BlockReader::open(bytes, error);
  std::vector<std::int64_t> times;
  if (!reader || reader->summaries().size() != ids.size() || !reader->read_times(times)) {
    segment.note_damage(piece.block);
    return;
  }
  std::vector<SeriesColumns> all(ids.size());
  std::vector<std::size_t> places(ids.size(), kNone);  // in the builder
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!reader->read_series(i, all[i])) return segment.note_damage(piece.block);
    const auto entry = source.entries.find(ids[i]);
    if (entry == source.entries.end()) continue;
    places[i] = places_.at(entry->second->id);
  }
  const auto fits = [&] {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (places[i] != kNone && !builder_->fits(places[i], all[i])) return false;
    }
    return true;
  };
  if (!fits()) take();
  // So no window of one segment has samples of another, and files of tiers that end elsewhere fit together.
  if (std::exchange(built_source_, piece.source) != piece.source) builder_->end_windows();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (places[i] != kNone) builder_->add(places[i], times, all[i]);
  }
}

void TierJob::take() {
  std::vector<BlockColumns> taken;
  builder_->take(taken);
  for (const BlockColumns& columns : taken) {
    blocks_.push_back(std::make_shared<const SealedBlock>(columns, encoder_));
    block_bytes_ += blocks_.back()->bytes().size();
  }
  if (block_bytes_ >= kWriteBytes) write();
}

void TierJob::write() {
  if (blocks_.empty()) return;
  writer_->append(blocks_, entries_);
  blocks_.clear();
  block_bytes_ = 0;
}

void TierJob::finish() {
  write();
  writer_->close();
  rename_file(files_, plan_.path + kUnfinished, plan_.path);
  sync_folder(files_, plan_.folder);
  auto segment = std::make_shared<Segment>(files_, plan_.path, plan_.tier);
  segment->add(writer_->index(), writer_->index().blocks, writer_->bytes());
  segment->close();
  made_ = std::move(segment);
}

}  // namespace kymo::KYMO_ABI::history
