#include "segment.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace kymo::KYMO_ABI::history {

Segment::~Segment() {
  if (must_delete_.load()) (void)files_.unlink(path_);
}

void Segment::add(const SegmentIndex& index, std::span<const BlockPlace> blocks, std::uint64_t bytes) {
  while (lists_.size() < index.lists.size()) {
    lists_.push_back(std::make_shared<const std::vector<std::uint32_t>>(index.lists[lists_.size()]));
  }
  if (blocks_.capacity() < blocks_.size() + blocks.size())
    blocks_.reserve(std::max(2 * blocks_.size(), blocks_.size() + blocks.size()));
  blocks_.insert(blocks_.end(), blocks.begin(), blocks.end());
  for (const BlockPlace& block : blocks) {
    first_ms_ = std::min(first_ms_, block.first_ms);
    last_ms_ = std::max(last_ms_, block.last_ms);
    samples_ += block.samples;
  }
  bytes_ = bytes;
}

void Segment::find(std::uint32_t id, series::TimeRange range, std::vector<StoredBlock>& found) const {
  std::vector<bool> has_series(lists_.size());
  for (std::size_t i = 0; i < lists_.size(); ++i)
    has_series[i] = std::ranges::find(*lists_[i], id) != lists_[i]->end();
  for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
    const BlockPlace& block = blocks_[i];
    if (has_series[block.list] && range.from_ms <= block.last_ms && block.first_ms <= range.to_ms)
      found.push_back(
          {.segment = shared_from_this(), .number = i, .place = block, .list = lists_[block.list], .id = id});
  }
}

base::FileDescriptor Segment::open() const { return open_file(files_, path_, O_RDONLY); }

Bytes Segment::read(const base::FileDescriptor& file, const BlockPlace& place) const {
  Bytes bytes(place.size);
  bytes.resize(read_at(files_, file.get(), place.offset, bytes, path_));
  return bytes;
}

void Segment::note_damage(std::uint32_t block) const {
  const std::lock_guard lock(damage_mutex_);
  damaged_.insert(block);
}

std::uint64_t Segment::damaged_blocks() const {
  const std::lock_guard lock(damage_mutex_);
  return damaged_.size();
}

SegmentFile read_segment_file(FileOperations& files, const std::string& path) {
  SegmentFile found;
  const base::FileDescriptor file = open_file(files, path, O_RDONLY);
  found.bytes = size_of_file(file.get(), path);
  std::array<std::byte, kTrailerBytes> trailer{};
  if (found.bytes >= kTrailerBytes) {
    (void)read_at(files, file.get(), found.bytes - kTrailerBytes, trailer, path);
    if (const auto offset = footer_offset(trailer, found.bytes)) {
      Bytes footer(found.bytes - kTrailerBytes - *offset);
      footer.resize(read_at(files, file.get(), *offset, footer, path));
      if (auto index = read_footer(footer)) {
        found.index = *std::move(index);
        found.has_footer = true;
        return found;
      }
    }
  }
  Bytes all(found.bytes);
  all.resize(read_at(files, file.get(), 0, all, path));
  found.index = scan_segment(all, found.damage);
  return found;
}

SegmentWriter::SegmentWriter(FileOperations& files, std::string folder, std::string path)
    : files_(files),
      folder_(std::move(folder)),
      segment_(std::make_shared<Segment>(files, std::move(path))),
      file_(open_file(files, segment_->path(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND)) {}

std::optional<std::int64_t> SegmentWriter::first_ms() const {
  if (index_.blocks.empty()) return std::nullopt;
  return index_.blocks.front().first_ms;
}

bool SegmentWriter::is_deleted() const noexcept { return is_deleted_file(file_.get()); }

void SegmentWriter::append(std::span<const BlockPtr> blocks, std::span<const EntryPtr> entries) {
  buffer_.clear();
  std::vector<LogSeries> fresh;
  for (const EntryPtr& entry : entries) {
    if (!named_.emplace(entry->id, entry).second) continue;
    fresh.push_back({.series = entry->id,
                     .labels = std::string(entry->labels.bytes()),
                     .form = entry->form,
                     .family = entry->family});
  }
  names_.append(fresh, buffer_);
  const std::size_t first = index_.blocks.size();
  for (const BlockPtr& block : blocks) {
    index_.blocks.push_back({.offset = bytes_ + buffer_.size(),
                             .size = static_cast<std::uint32_t>(block->bytes().size()),
                             .samples = static_cast<std::uint32_t>(block->samples()),
                             .first_ms = block->first_ms(),
                             .last_ms = block->last_ms(),
                             .list = index_.list_of(block->series())});
    history::append(buffer_, block->bytes());
  }
  put_index(index_, first, buffer_);
  names_.append(fresh, buffer_);  // once more: damage to one of both costs nothing
  index_.names.insert(index_.names.end(), std::make_move_iterator(fresh.begin()),
                      std::make_move_iterator(fresh.end()));
  write_all(files_, file_.get(), buffer_, segment_->path());
  sync_file(files_, file_.get(), segment_->path());
  if (!is_in_folder_) sync_folder(files_, folder_);
  is_in_folder_ = true;
  bytes_ += buffer_.size();
  constexpr std::size_t kUsualBuffer = std::size_t{1} << 20U;
  if (buffer_.capacity() > kUsualBuffer) buffer_ = {};
}

void SegmentWriter::close() {
  buffer_.clear();
  put_footer(index_, bytes_, names_, buffer_);
  write_all(files_, file_.get(), buffer_, segment_->path());
  sync_file(files_, file_.get(), segment_->path());
  bytes_ += buffer_.size();
}

void append_footer(FileOperations& files, const std::string& path, SegmentFile& file) {
  NamesEncoder names;
  Bytes footer;
  put_footer(file.index, file.bytes, names, footer);
  const base::FileDescriptor out = open_file(files, path, O_WRONLY | O_APPEND);
  write_all(files, out.get(), footer, path);
  sync_file(files, out.get(), path);
  file.bytes += footer.size();
}

}  // namespace kymo::KYMO_ABI::history
