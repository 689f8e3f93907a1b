#include <kymo/history/inspect.h>

#include <fcntl.h>

#include <algorithm>
#include <span>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <kymo/series/label_set.h>

#include "block.h"
#include "directory.h"
#include "file_operations.h"
#include "log_reader.h"
#include "segment_index.h"
#include "tier.h"

namespace kymo::KYMO_ABI::history {
namespace {

std::string text_of_labels(const std::string& bytes) {
  const auto labels = series::LabelSet::from_bytes(bytes);
  return labels ? labels->to_string() : "{}";
}

/// Nothing where retention has deleted the file meanwhile.
std::optional<Bytes> bytes_if_there(const std::string& path) {
  FileOperations& files = FileOperations::of_the_system();
  try {
    const base::FileDescriptor file = open_file(files, path, O_RDONLY);
    Bytes bytes(size_of_file(file.get(), path));
    bytes.resize(read_at(files, file.get(), 0, bytes, path));
    return bytes;
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return std::nullopt;
    throw;
  }
}

class Checker final {
 public:
  explicit Checker(const std::function<void(const DamagedPart&)>& on_damage) : on_damage_(on_damage) {}

  void check_segment(const std::string& path, std::span<const std::byte> bytes, bool is_newest);
  void check_log(const std::string& path, std::span<const std::byte> bytes, bool is_newest);
  [[nodiscard]] CheckedDirectory result() const { return result_; }

 private:
  void report(const DamagedPart& part) {
    ++result_.damaged;
    on_damage_(part);
  }

  const std::function<void(const DamagedPart&)>& on_damage_;
  CheckedDirectory result_;
};

/// Fault of a block; empty: none.
std::string fault_of_block(std::span<const std::byte> segment, const BlockPlace& place) {
  if (place.offset > segment.size() || place.size > segment.size() - place.offset)
    return "the file ends within the block";
  std::string error;
  auto reader = BlockReader::open(segment.subspan(place.offset, place.size), error);
  if (!reader) return error;
  BlockColumns columns;
  return reader->read_all(columns) ? "" : "the block is malformed";
}

void Checker::check_segment(const std::string& path, std::span<const std::byte> bytes, bool is_newest) {
  ++result_.files;
  std::vector<SegmentDamage> damage;
  const SegmentIndex index = scan_segment(bytes, damage);
  std::unordered_map<std::uint32_t, std::string> names;
  for (const LogSeries& name : index.names) names.emplace(name.series, text_of_labels(name.labels));
  for (const BlockPlace& place : index.blocks) {
    ++result_.blocks;
    std::string fault = fault_of_block(bytes, place);
    if (fault.empty()) continue;
    DamagedPart part{.file = path,
                     .offset = place.offset,
                     .bytes = place.size,
                     .reason = std::move(fault),
                     .first_ms = place.first_ms,
                     .last_ms = place.last_ms};
    for (const std::uint32_t id : index.lists[place.list]) {
      const auto name = names.find(series_of_tier_id(id));
      part.series.push_back(name == names.end() ? "series " + std::to_string(id) : name->second);
    }
    report(part);
    std::erase_if(damage, [&](const SegmentDamage& other) {
      return other.offset < place.offset + place.size && place.offset < other.offset + other.bytes;
    });
  }
  for (const SegmentDamage& one : damage) {
    const bool is_at_end = one.offset + one.bytes == bytes.size();
    if (is_newest && is_at_end) continue;
    report({.file = path, .offset = one.offset, .bytes = one.bytes, .reason = one.reason});
  }
}

void Checker::check_log(const std::string& path, std::span<const std::byte> bytes, bool is_newest) {
  ++result_.files;
  LogReader reader(bytes);
  std::int64_t last_ms = 0;
  std::optional<DamagedPart> open;
  while (const auto entry = reader.next()) {
    if (const auto* tick = std::get_if<LogTick>(&*entry)) {
      ++result_.ticks;
      last_ms = tick->time_ms;
      if (open) open->last_ms = last_ms;
    } else if (const auto* skipped = std::get_if<LogSkipped>(&*entry)) {
      if (open) report(*open);
      open.reset();
      if (skipped->is_at_end && skipped->ticks == 0 && is_newest) continue;
      open = DamagedPart{.file = path,
                         .offset = skipped->offset,
                         .bytes = skipped->bytes,
                         .reason = skipped->reason,
                         .first_ms = last_ms,
                         .last_ms = last_ms};
      continue;
    }
    if (open && std::holds_alternative<LogTick>(*entry)) {
      report(*open);
      open.reset();
    }
  }
  if (open) report(*open);
}

}  // namespace

CheckedDirectory check_directory(const std::string& path,
                                 const std::function<void(const DamagedPart&)>& on_damage) {
  Checker checker(on_damage);
  const auto segments = files_of(path, FileKind::segment);
  for (const NumberedFile& file : segments) {
    if (const auto bytes = bytes_if_there(file.path))
      checker.check_segment(file.path, *bytes, file.number == segments.back().number);
  }
  for (const FileKind tier : kTierKinds) {
    for (const NumberedFile& file : files_of(path, tier)) {
      if (const auto bytes = bytes_if_there(file.path)) checker.check_segment(file.path, *bytes, false);
    }
  }
  const auto logs = files_of(path, FileKind::log);
  for (const NumberedFile& file : logs) {
    if (const auto bytes = bytes_if_there(file.path))
      checker.check_log(file.path, *bytes, file.number == logs.back().number);
  }
  return checker.result();
}

}  // namespace kymo::KYMO_ABI::history
