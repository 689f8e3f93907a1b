// A store with a directory: failing calls, kills, damage.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <kymo/core.h>
#include <kymo/history/inspect.h>
#include <kymo/history/store.h>

#include "directory_fixture.h"
#include "src/history/file_operations.h"
#include "store_model.h"

namespace kymo::KYMO_ABI::history {
namespace {

/// Files that fail at the n-th call, or from there on.
class FailingFiles final : public FileOperations {
 public:
  enum class Mode : std::uint8_t { once, from_then_on, short_write, full_disk };

  void arm(long call, Mode mode) {
    mode_ = mode;
    left_ = call;
  }
  void disarm() { left_ = -1; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  int open(const std::string& path, int flags) noexcept override {
    const bool is_read = flags == O_RDONLY;
    return !is_read && fails() ? -1 : FileOperations::open(path, flags);
  }
  ssize_t write(int file, std::span<const std::byte> bytes) noexcept override {
    if (!fails(true)) return FileOperations::write(file, bytes);
    if (mode_ == Mode::short_write || mode_ == Mode::full_disk)
      (void)FileOperations::write(file, bytes.first(bytes.size() / 2));
    errno = ENOSPC;
    return -1;
  }
  ssize_t pread(int file, std::span<std::byte> bytes, off_t offset) noexcept override {
    return FileOperations::pread(file, bytes, offset);
  }
  int fsync(int file) noexcept override { return fails() ? -1 : FileOperations::fsync(file); }
  int fdatasync(int file) noexcept override { return fails() ? -1 : FileOperations::fdatasync(file); }
  int unlink(const std::string& path) noexcept override {
    return fails() ? -1 : FileOperations::unlink(path);
  }
  int rename(const std::string& from, const std::string& to) noexcept override {
    return fails() ? -1 : FileOperations::rename(from, to);
  }

 private:
  bool fails(bool is_write = false) noexcept {
    const long left = left_;
    if (left < 0 || (mode_ == Mode::full_disk && !is_write)) return false;
    if (left > 0) --left_;
    if (left > 1) return false;
    if (mode_ == Mode::once || mode_ == Mode::short_write) left_ = -1;
    has_failed_ = true;
    errno = EIO;
    return true;
  }

  std::atomic<long> left_{-1};
  std::atomic<bool> has_failed_{false};
  Mode mode_ = Mode::once;
};

/// All is in memory meanwhile, and on the disk once writes succeed again.
TEST_F(HistoryDirectory, AnyCallMayFail) {
  using Mode = FailingFiles::Mode;
  for (const Mode mode : {Mode::once, Mode::from_then_on, Mode::short_write}) {
    bool has_failed = true;
    for (long n = 1; has_failed && !HasFatalFailure(); n += 1 + n / 3) {
      SCOPED_TRACE(std::to_string(n) + " mode " + std::to_string(static_cast<int>(mode)));
      const Folder folder;
      FailingFiles files;
      Source source;
      StoreModel model;
      std::vector<std::string> events;
      StoreOptions options{
          .window_ticks = 20,
          .directory = {.path = folder.path(),
                        .sync = n % 2 == 0 ? Sync::always : Sync::second,
                        .on_event = [&](std::string_view text) { events.emplace_back(text); },
                        .files = &files}};
      const auto append_ticks = [&](Store& store, std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
          const auto snapshot = source.tick();
          ASSERT_TRUE(store.append(at(i * 1000), *snapshot));
          model.append(i * 1000, *snapshot);
          if (i % 9 == 0) store.sync();
        }
      };
      {
        Store store(options);
        files.arm(n, mode);
        append_ticks(store, 1, 50);
        has_failed = files.has_failed();
        expect_equal(all_of(store), model.all());
        files.disarm();
        store.sync();
        append_ticks(store, 50, 52);
        store.sync();
        expect_equal(all_of(store), model.all());
        EXPECT_FALSE(store.figures().is_failing);
        EXPECT_EQ(store.figures().write_failures > 0, has_failed);
        EXPECT_LE(events.size(), 4U) << testing::PrintToString(events);
      }
      const Store store(options);
      SCOPED_TRACE("after a restart");
      expect_equal(all_of(store), model.all());
    }
  }
}

TEST_F(HistoryDirectory, AFullDiskGathersNoFiles) {
  FailingFiles files;
  StoreOptions full = options();
  full.directory.files = &files;
  {
    Store store(full);
    append(store, 5);
    files.arm(1, FailingFiles::Mode::full_disk);
    for (int i = 0; i < 40; ++i) {
      append(store, 1);
      store.sync();
    }
    EXPECT_GT(store.figures().write_failures, 20U);
    EXPECT_LE(folder_.files(".log").size() + folder_.files(".segment").size(), 4U);
    EXPECT_EQ(events_.size(), 1U);
    files.disarm();
    store.sync();
    append(store, 2);
    store.sync();
    EXPECT_EQ(events_.size(), 2U);
  }
  const Store store(options());
  expect_equal(all_of(store), model_.all());
}

TEST_F(HistoryDirectory, AFolderThatIsDeletedIsMadeAgain) {
  Store store(options());
  append(store, 30);
  store.sync();
  append(store, 5);
  fs::remove_all(folder_.path());
  store.sync();
  append(store, 2);
  store.sync();
  EXPECT_FALSE(store.figures().is_failing);
  EXPECT_THAT(events_.front(), testing::HasSubstr("was deleted"));
  EXPECT_THAT(events_.back(), testing::HasSubstr("written to its directory again"));
  EXPECT_FALSE(folder_.files(".log").empty());
  EXPECT_FALSE(folder_.files(".segment").empty());
}

/// A process that is killed at any moment loses no tick that it has acknowledged.
TEST_F(HistoryDirectory, AKilledProcessLosesNothing) {
  const auto snapshot_at = [](std::int64_t time_ms) {
    Registry registry;
    auto values = registry.family<Gauge>("value", "V.");
    for (int i = 0; i < 5; ++i)
      values.with({{"of", std::to_string(i)}}).set(static_cast<double>(time_ms * (i + 1)));
    return registry.snapshot();
  };
  std::minstd_rand random(7);
  std::int64_t first = 1000;
  std::int64_t acknowledged = 0;
  StoreOptions opened = options();
  for (int round = 0; round < 30; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const std::int64_t begin = acknowledged + 1000;
    const pid_t child = ::fork();
    if (child == 0) {
      Store store(opened);
      for (std::int64_t time = begin;; time += 1000) {
        if (!store.append(at(time), *snapshot_at(time))) ::_exit(1);
        if (::write(ends[1], &time, sizeof time) != sizeof time) ::_exit(2);
        if (time / 1000 % 7 == 0) store.sync();
      }
    }
    ::close(ends[1]);
    std::int64_t time = 0;
    const std::uint64_t ticks = 1 + random() % 60;
    for (std::uint64_t i = 0; i < ticks && ::read(ends[0], &time, sizeof time) == sizeof time; ++i)
      acknowledged = time;
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    while (::read(ends[0], &time, sizeof time) == sizeof time) acknowledged = time;
    ::close(ends[0]);

    const Store store(opened);
    PlainSeries all = all_of(store);
    std::erase_if(all, [](const auto& series) { return !series.first.starts_with("value"); });
    ASSERT_EQ(all.size(), 5U) << round;
    for (const auto& [key, samples] : all) {
      const double factor = key.find("\"0\"") != std::string::npos ? 1 : 0;
      std::int64_t expected = first;
      for (const PlainSample& sample : samples) {
        ASSERT_EQ(sample.time_ms, expected) << round << key;
        if (factor != 0) {
          ASSERT_EQ(std::bit_cast<double>(sample.bits), static_cast<double>(expected));
        }
        expected += 1000;
      }
      ASSERT_GE(expected, acknowledged + 1000) << round;
      ASSERT_LE(expected, acknowledged + 2000) << round;
    }
    acknowledged = store.figures().newest_ms;
  }
  EXPECT_GT(acknowledged, 300'000);
}

/// Damage to one file: each sample that is there is right, and few are missing.
class Damage : public HistoryDirectory {
 protected:
  void SetUp() override {
    {
      Store store(options());
      append(store, 45);
      store.sync();
    }
    Store store(options());
    append(store, 75);
    store.sync();
    append(store, 12);
    fs::copy(folder_.path(), kept_.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }

  void expect_little_is_missing(const std::string& what) {
    const Folder copy;
    fs::copy(kept_.path(), copy.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    damage_(copy);
    StoreOptions damaged = options();
    damaged.directory.path = copy.path();
    const Store store(damaged);
    std::int64_t first_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t last_ms = 0;
    std::size_t series = 0;
    PlainSeries is = all_of(store);
    for (const auto& [key, expected] : model_.all()) {
      const std::vector<PlainSample>& samples = is[key];
      auto next = samples.begin();
      bool misses = false;
      for (const PlainSample& sample : expected) {
        if (next != samples.end() && *next == sample) {
          ++next;
          continue;
        }
        if (sample.bits == series::kStaleBits) continue;
        misses = true;
        first_ms = std::min(first_ms, sample.time_ms);
        last_ms = std::max(last_ms, sample.time_ms);
      }
      // Where the last sample is missing, its series ends later or never.
      if (next != samples.end() && next->bits == series::kStaleBits) ++next;
      ASSERT_EQ(next, samples.end()) << what << ": a wrong sample of " << key << " at " << next->time_ms;
      series += misses ? 1 : 0;
    }
    if (series == 0) return;
    ++losses_;
    EXPECT_LE(last_ms - first_ms, 60'000) << what;
    const StoreFigures figures = store.figures();
    if (must_be_counted_) {
      EXPECT_GT(figures.damaged_blocks + figures.damaged_bytes + figures.lost_ticks, 0U) << what;
    }
  }

  Folder kept_;
  std::function<void(const Folder&)> damage_;
  bool must_be_counted_ = true;
  int losses_ = 0;
};

TEST_F(Damage, AnyByteMayBeWrong) {
  std::minstd_rand random(3);
  for (const std::string extension : {".segment", ".log"}) {
    const std::vector<fs::path> files = kept_.files(extension);
    ASSERT_FALSE(files.empty());
    for (const fs::path& file : files) {
      const std::uintmax_t size = fs::file_size(file);
      for (std::uintmax_t offset = 0; offset < size; offset += 1 + random() % (size / 9 + 1)) {
        damage_ = [&](const Folder& copy) {
          std::fstream stream(fs::path(copy.path()) / file.filename(),
                              std::ios::in | std::ios::out | std::ios::binary);
          stream.seekg(static_cast<std::streamoff>(offset));
          const int byte = stream.get();
          stream.seekp(static_cast<std::streamoff>(offset));
          stream.put(static_cast<char>(byte ^ (1 << random() % 8)));
        };
        expect_little_is_missing(file.filename().string() + " byte " + std::to_string(offset));
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(losses_, 3);
}

/// A cut segment keeps what is before the cut, and the blocks after it are counted or unknown.
TEST_F(Damage, ASegmentMayEndAnywhere) {
  std::minstd_rand random(5);
  for (const fs::path& file : kept_.files(".segment")) {
    const std::uintmax_t size = fs::file_size(file);
    std::size_t before = 0;
    for (std::uintmax_t length = 0; length < size; length += 1 + random() % (size / 5 + 1)) {
      const Folder copy;
      fs::copy(kept_.path(), copy.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
      fs::resize_file(fs::path(copy.path()) / file.filename(), length);
      StoreOptions damaged = options();
      damaged.directory.path = copy.path();
      const Store store(damaged);
      std::size_t samples = 0;
      for (const auto& [key, series] : all_of(store)) {
        samples += series.size();
        auto expected = model_.all().at(key).begin();
        const auto end = model_.all().at(key).end();
        for (const PlainSample& sample : series) {
          if (sample.bits == series::kStaleBits) continue;
          expected = std::find(expected, end, sample);
          ASSERT_NE(expected, end) << file << length << key;
        }
      }
      EXPECT_GE(samples, before) << file << length;
      before = samples;
    }
  }
}

TEST_F(Damage, ACheckNamesTheDamagedBlock) {
  const auto checked = [this] {
    std::vector<DamagedPart> parts;
    const CheckedDirectory result =
        check_directory(kept_.path(), [&](const DamagedPart& part) { parts.push_back(part); });
    EXPECT_EQ(result.damaged, parts.size());
    EXPECT_GT(result.blocks, 10U);
    EXPECT_GT(result.ticks, 10U);
    return parts;
  };
  EXPECT_THAT(checked(), testing::IsEmpty());
  const fs::path file = kept_.files(".segment").front();
  {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    const std::size_t block = bytes.find("kymB");
    ASSERT_NE(block, std::string::npos);
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(block + 40));
    out.put(static_cast<char>(bytes[block + 40] ^ 1));
    const std::size_t log_byte = 700;
    std::fstream log(kept_.files(".log").front(), std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(log_byte);
    log.put('\0');
  }
  const std::vector<DamagedPart> parts = checked();
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].file, file);
  EXPECT_GT(parts[0].offset, 0U);
  EXPECT_GE(parts[0].series.size(), 1U);
  EXPECT_THAT(parts[0].reason, testing::HasSubstr("checksum"));
  EXPECT_EQ(parts[0].first_ms, 1'700'000'001'000);
  EXPECT_GT(parts[0].last_ms, parts[0].first_ms);
  EXPECT_EQ(fs::path(parts[1].file).extension(), ".log");
}

// Version 1 is read for ever.
TEST(Directory, OfVersion1IsRead) {
  StoreOptions options;
  options.directory.path = KYMO_GOLDEN "/directory_1";
  options.directory.is_read_only = true;
  const Store store(options);
  const StoreFigures figures = store.figures();
  EXPECT_EQ(figures.damaged_bytes + figures.damaged_blocks + figures.lost_ticks, 0U);
  EXPECT_EQ(figures.segments, 1U);
  EXPECT_EQ(figures.replayed_ticks, 14U);
  const PlainSeries all = all_of(store);
  for (const int of : {0, 1}) {
    const std::vector<PlainSample>& samples = all.at("value{of=\"" + std::to_string(of) + "\"}");
    ASSERT_EQ(samples.size(), 25U);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      EXPECT_EQ(samples[i].time_ms, static_cast<std::int64_t>(i + 1) * 1000);
      EXPECT_EQ(std::bit_cast<double>(samples[i].bits), 0.25 * static_cast<double>(i) + of);
    }
  }
  const std::vector<PlainSample>& sizes = all.at("sizes histogram");
  ASSERT_EQ(sizes.size(), 25U);
  EXPECT_THAT(sizes.back().bounds, testing::ElementsAre(1, 5));
  EXPECT_THAT(sizes.back().buckets, testing::ElementsAre(std::pair(0, 10U), std::pair(1, 15U)));
}

TEST_F(Damage, AReaderChangesNothing) {
  StoreOptions reading = options();
  reading.directory.is_read_only = true;
  const Store writer(options());  // has the lock
  std::map<std::string, std::uintmax_t> sizes;
  for (const auto& entry : fs::directory_iterator(folder_.path())) sizes[entry.path()] = entry.file_size();
  {
    Store store(reading);
    store.sync();
    expect_equal(all_of(store), model_.all());
  }
  std::map<std::string, std::uintmax_t> after;
  for (const auto& entry : fs::directory_iterator(folder_.path())) after[entry.path()] = entry.file_size();
  EXPECT_EQ(after, sizes);
}

/// Blocks that the cut took are in the log, or nowhere else: their samples are missing.
TEST_F(Damage, TheLogMayEndAnywhere) {
  std::minstd_rand random(4);
  const fs::path log = kept_.files(".log").back();
  must_be_counted_ = false;  // a log that ends between two records has no trace of more
  const std::uintmax_t size = fs::file_size(log);
  for (std::uintmax_t length = 0; length < size; length += 1 + random() % (size / 15 + 1)) {
    damage_ = [&](const Folder& copy) { fs::resize_file(fs::path(copy.path()) / log.filename(), length); };
    expect_little_is_missing("log cut at " + std::to_string(length));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::history
