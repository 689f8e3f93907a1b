#include <kymo/history/import.h>

#include <fcntl.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "block.h"
#include "directory.h"
#include "file_operations.h"
#include "segment.h"
#include "series_group.h"
#include "series_table.h"

namespace kymo::KYMO_ABI::history {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNumbers = 64;  ///< series in a block
constexpr std::size_t kMostHistograms = 8;
constexpr std::size_t kTicksOfBlock = 600;
constexpr std::size_t kMostHeldBytes = std::size_t{24}
                                       << 20U;  ///< of samples; vectors take up to twice as much
constexpr std::size_t kMostImportBytes = std::size_t{4} << 20U;

/// The samples of one series since the last blocks were made.
struct Held {
  std::vector<std::int64_t> times;
  std::vector<std::uint64_t> bits;  ///< of a mark kStaleBits
  std::vector<bool> is_whole;
  std::vector<std::pair<std::int64_t, std::int64_t>> starts;  ///< from this time on, the start of the count
  std::shared_ptr<const std::vector<double>> bounds;
  std::map<std::int32_t, std::vector<std::uint64_t>> buckets;
};

/// One series of the import.
struct Known {
  EntryPtr entry = nullptr;
  std::int64_t last_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t started_ms = 0;
  std::optional<std::size_t> held = {};  ///< its place among those with samples
};

/// A block in the folder's own file, which has blocks in the order of the text.
struct MadeBlock {
  std::uint64_t offset = 0;
  std::size_t size = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::uint64_t samples = 0;
  std::vector<std::uint32_t> series;
};

std::uint64_t real_bits(std::uint64_t bits, bool is_whole) {
  return is_whole ? std::bit_cast<std::uint64_t>(static_cast<double>(bits)) : bits;
}

}  // namespace

class Importer::Impl final {
 public:
  explicit Impl(std::string path) : path_(std::move(path)) {
    while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
    std::error_code error;
    if (fs::exists(path_, error) && !fs::is_empty(path_, error)) {
      if (!error) error = std::make_error_code(std::errc::directory_not_empty);
      throw std::system_error(error,
                              "cannot import into " + path_ + ", which has files; name a new directory");
    }
    const fs::path parent = fs::path(path_).parent_path();
    if (!parent.empty()) fs::create_directories(parent, error);
    std::string folder = path_ + ".import-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), "cannot make the folder " + folder);
    folder_ = folder;
    blocks_path_ = folder_ + "/blocks";
    blocks_file_ = open_file(files_, blocks_path_, O_RDWR | O_CREAT | O_EXCL);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  std::string add(const series::PastSample& sample) {
    Known* const known = known_of(sample);
    if (known == nullptr)
      return "the series is one too many; import at most " + std::to_string(StoreOptions().most_series) +
             " into one directory";
    if (sample.time_ms <= known->last_ms)
      return "the sample of " + known->entry->labels.to_string() +
             " is not after the one before of this series; sort the samples of each series by time";
    known->last_ms = sample.time_ms;
    if (sample.histogram != nullptr && has_other_bounds(*known, *sample.histogram)) make_blocks();
    hold(*known, sample);
    ++samples_;
    if (held_bytes_ > kMostHeldBytes) make_blocks();
    return {};
  }

  ImportedDirectory finish() {
    make_blocks();
    const std::uint64_t segments = write_segments();
    blocks_file_.reset();
    (void)files_.unlink(blocks_path_);
    sync_folder(files_, folder_);
    std::error_code error;
    fs::rename(folder_, path_, error);
    if (error)
      throw std::system_error(error, "cannot give " + folder_ + " the name " + path_ +
                                         "; the directory must be empty and stay so");
    folder_.clear();
    const fs::path parent = fs::path(path_).parent_path();
    sync_folder(files_, parent.empty() ? "." : parent.string());
    return {.series = table_.size(), .samples = samples_, .segments = segments};
  }

 private:
  Known* known_of(const series::PastSample& sample) {
    std::string key(sample.labels.bytes());
    key += sample.form == series::SampleForm::histogram ? 'h' : 'n';
    if (const auto found = known_.find(key); found != known_.end()) return &found->second;
    EntryPtr entry = table_.get(sample.labels, sample.form, sample.family, StoreOptions().most_series);
    if (entry == nullptr) return nullptr;
    return &known_.emplace(std::move(key), Known{.entry = std::move(entry)}).first->second;
  }

  [[nodiscard]] bool has_other_bounds(const Known& known, const series::PastHistogram& histogram) const {
    if (!known.held) return false;
    const Held& held = held_[*known.held].second;
    if (held.buckets.empty() && held.bounds == nullptr) return histogram.bounds != nullptr;
    if (held.bounds == nullptr || histogram.bounds == nullptr) return held.bounds != histogram.bounds;
    return *held.bounds != *histogram.bounds;
  }

  void hold(Known& known, const series::PastSample& sample) {
    if (!known.held) {
      known.held = held_.size();
      held_.emplace_back(&known, Held());
      if (known.started_ms != 0) held_.back().second.starts.emplace_back(sample.time_ms, known.started_ms);
    }
    Held& held = held_[*known.held].second;
    if (sample.started_ms != 0 && sample.started_ms != known.started_ms) {
      known.started_ms = sample.started_ms;
      held.starts.emplace_back(sample.time_ms, sample.started_ms);
    }
    const std::size_t place = held.times.size();
    held.times.push_back(sample.time_ms);
    held.bits.push_back(sample.bits);
    held.is_whole.push_back(sample.is_whole);
    held_bytes_ += sizeof(std::int64_t) + sizeof(std::uint64_t);
    if (sample.histogram != nullptr) {
      held.bounds = sample.histogram->bounds;
      for (const auto& [index, count] : sample.histogram->buckets) {
        std::vector<std::uint64_t>& counts = held.buckets[index];
        held_bytes_ += (place + 1 - counts.size()) * sizeof(std::uint64_t);
        counts.resize(place);
        counts.push_back(count);
      }
    }
  }

  /// Series share a block where they have the same last time: a later sample of either is then after the
  /// whole block, as readers expect. And only where they have nearly the same ticks.
  void make_blocks() {
    const auto last = [](const auto& one) { return one.second.times.back(); };
    std::ranges::stable_sort(held_, [&](const auto& a, const auto& b) {
      const auto form = [](const auto& one) { return one.first->entry->form; };
      return form(a) != form(b) ? form(a) < form(b) : last(a) < last(b);
    });
    std::vector<std::int64_t> ticks;
    std::vector<std::int64_t> more;
    for (std::size_t begin = 0; begin < held_.size();) {
      const bool is_histogram = held_[begin].first->entry->form == series::SampleForm::histogram;
      ticks = held_[begin].second.times;
      std::size_t most = ticks.size();
      std::size_t end = begin + 1;
      for (; end < held_.size() && end - begin < (is_histogram ? kMostHistograms : kMostNumbers); ++end) {
        const auto& next = held_[end];
        if (next.first->entry->form != held_[begin].first->entry->form || last(next) != ticks.back()) break;
        if (next.second.times == ticks) continue;
        more.clear();
        std::ranges::set_union(ticks, next.second.times, std::back_inserter(more));
        most = std::max(most, next.second.times.size());
        if (more.size() > most + most / 4 + 16) break;
        ticks.swap(more);
      }
      make_blocks_of(begin, end, ticks);
      begin = end;
    }
    for (const auto& [known, held] : held_) known->held.reset();
    held_.clear();
    held_bytes_ = 0;
  }

  void make_blocks_of(std::size_t begin, std::size_t end, const std::vector<std::int64_t>& ticks) {
    std::vector<std::size_t> next(end - begin);  // the first sample that is in no block
    for (std::size_t at = 0; at < ticks.size(); at += kTicksOfBlock) {
      const std::size_t to = std::min(ticks.size(), at + kTicksOfBlock);
      columns_.times_ms.assign(ticks.begin() + static_cast<std::ptrdiff_t>(at),
                               ticks.begin() + static_cast<std::ptrdiff_t>(to));
      columns_.series.clear();
      for (std::size_t i = begin; i < end; ++i) {
        const SeriesEntry& entry = *held_[i].first->entry;
        SeriesColumns series =
            columns_of(held_[i].second, entry.form == series::SampleForm::histogram, next[i - begin]);
        series.series = entry.id;
        if (!series.values.bits.empty() || !series.stale.empty())
          columns_.series.push_back(std::move(series));
      }
      if (columns_.series.empty()) continue;
      const SealedBlock block(columns_, encoder_);
      write_all(files_, blocks_file_.get(), block.bytes(), blocks_path_);
      made_.push_back({blocks_bytes_, block.bytes().size(), block.first_ms(), block.last_ms(),
                       block.samples(), block.series()});
      blocks_bytes_ += block.bytes().size();
    }
  }

  /// The samples from `from` on that the block's ticks have; moves `from` on.
  [[nodiscard]] SeriesColumns columns_of(const Held& held, bool is_histogram, std::size_t& from) const {
    SeriesColumns out;
    const std::vector<std::int64_t>& ticks = columns_.times_ms;
    out.present.resize((ticks.size() + kWordBits - 1) / kWordBits);
    std::vector<std::size_t> chosen;
    auto start = held.starts.begin();
    std::int64_t started_ms = 0;
    for (std::size_t tick = 0; tick < ticks.size() && from < held.times.size(); ++tick) {
      if (held.times[from] != ticks[tick]) continue;
      const std::size_t sample = from++;
      if (!held.is_whole[sample] && held.bits[sample] == series::kStaleBits) {
        out.stale.push_back(static_cast<std::uint32_t>(tick));
        continue;
      }
      const std::int64_t before = started_ms;
      for (; start != held.starts.end() && start->first <= ticks[tick]; ++start) started_ms = start->second;
      if (started_ms != before)
        out.created.push_back({static_cast<std::uint32_t>(chosen.size()), started_ms});
      out.present[tick / kWordBits] |= std::uint64_t{1} << tick % kWordBits;
      chosen.push_back(sample);
    }
    const auto is_whole = [&](std::size_t sample) { return bool{held.is_whole[sample]}; };
    const bool is_all_whole = std::ranges::all_of(chosen, is_whole);
    out.values.kind = is_all_whole && !chosen.empty() ? ColumnKind::integer : ColumnKind::real;
    for (const std::size_t sample : chosen)
      out.values.bits.push_back(is_all_whole ? held.bits[sample]
                                             : real_bits(held.bits[sample], held.is_whole[sample]));
    if (chosen.size() == ticks.size()) out.present.clear();
    if (is_histogram) add_buckets(held, chosen, out);
    return out;
  }

  static void add_buckets(const Held& held, const std::vector<std::size_t>& chosen, SeriesColumns& out) {
    HistogramColumns& histogram = out.histogram.emplace();
    if (held.bounds != nullptr) histogram.bounds = *held.bounds;
    for (const auto& [index, counts] : held.buckets) {
      std::vector<std::uint64_t> column;
      column.reserve(chosen.size());
      bool is_used = false;
      for (const std::size_t sample : chosen) {
        column.push_back(sample < counts.size() ? counts[sample] : 0);
        is_used = is_used || column.back() != 0;
      }
      if (!is_used) continue;
      histogram.buckets.push_back(index);
      histogram.counts.push_back(std::move(column));
    }
  }

  /// In the order of time, so that retention deletes the oldest.
  std::uint64_t write_segments() {
    std::ranges::stable_sort(made_, {}, &MadeBlock::first_ms);
    const DirectoryOptions options{.path = folder_};
    Directory directory(options);
    std::optional<SegmentWriter> writer;
    std::uint64_t segments = 0;
    std::vector<SegmentWriter::BlockPtr> blocks;
    std::vector<EntryPtr> entries;
    std::size_t bytes = 0;
    const auto flush = [&] {
      if (blocks.empty()) return;
      writer->append(blocks, entries);
      blocks.clear();
      entries.clear();
      bytes = 0;
    };
    const auto close = [&] {
      flush();
      if (writer) writer->close();
      writer.reset();
    };
    std::int64_t begun_ms = 0;
    for (const MadeBlock& made : made_) {
      if (writer && (made.last_ms - begun_ms >= segment_ms(options) ||
                     writer->bytes() + bytes >= segment_bytes(options)))
        close();
      if (!writer) {
        writer.emplace(files_, folder_, directory.new_path(FileKind::segment));
        ++segments;
        begun_ms = made.first_ms;
      }
      Bytes block(made.size);
      (void)read_at(files_, blocks_file_.get(), made.offset, block, blocks_path_);
      blocks.push_back(std::make_shared<const SealedBlock>(made.series, std::move(block), made.first_ms,
                                                           made.last_ms, made.samples));
      for (const std::uint32_t id : made.series) entries.push_back(table_.at(id));
      bytes += made.size;
      if (bytes > kMostImportBytes) flush();
    }
    close();
    return segments;
  }

  FileOperations& files_ = FileOperations::of_the_system();
  std::string path_;
  std::string folder_;  ///< empty once it is the directory
  std::string blocks_path_;
  base::FileDescriptor blocks_file_;
  std::uint64_t blocks_bytes_ = 0;
  SeriesTable table_;
  std::unordered_map<std::string, Known> known_;
  std::vector<std::pair<Known*, Held>> held_;
  std::size_t held_bytes_ = 0;
  std::uint64_t samples_ = 0;
  std::vector<MadeBlock> made_;
  BlockColumns columns_;
  BlockEncoder encoder_;
};

Importer::Importer(std::string path) : impl_(std::make_unique<Impl>(std::move(path))) {}
Importer::~Importer() = default;

std::string Importer::add(const series::PastSample& sample) { return impl_->add(sample); }
ImportedDirectory Importer::finish() { return impl_->finish(); }

}  // namespace kymo::KYMO_ABI::history
