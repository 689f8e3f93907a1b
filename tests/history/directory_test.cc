// A store with a directory: restarts, other processes, limits.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <kymo/history/store.h>

#include "directory_fixture.h"
#include "store_model.h"

namespace kymo::KYMO_ABI::history {
namespace {

TEST_F(HistoryDirectory, KeepsEverythingOverRestarts) {
  for (int run = 0; run < 4; ++run) {
    Store store(options());
    if (run > 0) expect_equal(all_of(store), model_.all());
    append(store, 33);
    if (run % 2 == 0) store.sync();
    append(store, 30);
    expect_equal(all_of(store), model_.all());
  }
  EXPECT_THAT(events_, testing::IsEmpty());
  const Store store(options());
  const StoreFigures figures = store.figures();
  EXPECT_TRUE(figures.has_directory);
  EXPECT_GT(figures.stored_blocks, 10U);
  EXPECT_GT(figures.replayed_ticks, 0U);
  EXPECT_EQ(figures.damaged_bytes + figures.damaged_blocks + figures.lost_ticks, 0U);
  EXPECT_EQ(figures.oldest_ms, 1'700'000'001'000);
}

TEST_F(HistoryDirectory, ASecondStoreIsRefusedAndGoesOnInMemory) {
  Store first(options());
  append(first, 5);
  Store second(options());
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_THAT(events_[0], testing::HasSubstr("is in use by process " + std::to_string(::getpid()) + ";"));
  EXPECT_FALSE(second.figures().has_directory);
  append(second, 5);
  EXPECT_EQ(second.figures().ticks, 5U);
  second.sync();
  EXPECT_TRUE(first.figures().has_directory);
}

TEST_F(HistoryDirectory, AChildOfAForkWritesNothing) {
  Store store(options());
  append(store, 25);
  store.sync();
  append(store, 5);
  const auto snapshot = source_.tick();
  const auto sizes = [this] {
    std::map<std::string, std::uintmax_t> all;
    for (const auto& entry : fs::directory_iterator(folder_.path())) all[entry.path()] = entry.file_size();
    return all;
  };
  const auto before = sizes();
  const pid_t child = ::fork();
  if (child == 0) {
    for (int i = 1; i < 40; ++i) (void)store.append(at(time_ms_ + i * 1000), *snapshot);
    store.sync();
    store.~Store();
    ::_exit(0);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(sizes(), before);
  append(store, 5);
  expect_equal(all_of(store), model_.all());
}

TEST_F(HistoryDirectory, AChildOfAForkDoesNotKeepTheLock) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  pid_t child = 0;
  {
    Store store(options());
    append(store, 5);
    child = ::fork();
    if (child == 0) {
      char byte = 0;
      ::close(ends[1]);
      (void)!::read(ends[0], &byte, 1);  // as long as the test goes on
      ::_exit(0);
    }
  }
  const Store next(options());
  EXPECT_TRUE(next.figures().has_directory);
  expect_equal(all_of(next), model_.all());
  ::close(ends[1]);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(HistoryDirectory, AClockThatWasSetBackIsRefusedAfterARestartToo) {
  {
    Store store(options());
    append(store, 30);
    store.sync();
  }
  Store store(options());
  EXPECT_FALSE(store.append(at(time_ms_ - 3'600'000), *source_.tick()));
  EXPECT_EQ(store.figures().late_ticks, 1U);
  time_ms_ += 3'600'000;
  append(store, 30);
  expect_equal(all_of(store), model_.all());
}

TEST_F(HistoryDirectory, RetentionDeletesWholeSegmentsByAgeAndBySize) {
  StoreOptions small = options();
  small.directory.retention = std::chrono::seconds(160);
  std::uint64_t full = 0;
  {
    Store store(small);
    for (int i = 0; i < 10; ++i) {
      append(store, 40);
      store.sync();
    }
    const StoreFigures figures = store.figures();
    EXPECT_GT(figures.expired_segments, 2U);
    EXPECT_GE(figures.oldest_ms, time_ms_ - 300'000);
    EXPECT_LE(figures.oldest_ms, time_ms_ - 160'000);
    EXPECT_EQ(folder_.files(".segment").size(), figures.segments);
    full = figures.segment_bytes;
  }
  small.directory.retention = {};
  small.directory.bytes = full / 2;
  Store store(small);
  store.sync();
  EXPECT_LE(store.figures().segment_bytes, full / 2);
  EXPECT_GT(store.figures().displaced_segments, 0U);
  for (const auto& [key, samples] : all_of(store)) {
    EXPECT_THAT(model_.all().at(key), testing::IsSupersetOf(samples)) << key;
  }
}

/// A reader finds whole samples, whatever is sealed, written or deleted meanwhile.
TEST_F(HistoryDirectory, ReadersNeedNotWait) {
  StoreOptions small = options();
  small.directory.retention = std::chrono::seconds(60);
  Store store(small);
  append(store, 1);
  std::atomic<bool> is_done{false};
  std::atomic<std::uint64_t> samples{0};
  const auto read = [&] {
    const auto scan = store.scan();
    while (!is_done) {
      for (const series::SeriesRef& series : store.find({}, {})) {
        scan->open(series, {});
        std::int64_t last_ms = 0;
        while (const series::SeriesChunk* chunk = scan->next()) {
          for (const std::int64_t time : chunk->times_ms) {
            EXPECT_GT(time, last_ms) << series->labels.to_string();
            last_ms = time;
          }
          samples += chunk->times_ms.size();
        }
      }
      (void)store.figures();
    }
    EXPECT_EQ(scan->missing_chunks(), 0U);
  };
  std::thread first(read);
  std::thread second([&] {
    read();
    store.sync();
  });
  for (int i = 0; i < 40; ++i) {
    append(store, 5);
    store.sync();
  }
  is_done = true;
  first.join();
  second.join();
  EXPECT_GT(samples.load(), 0U);
  EXPECT_GT(store.figures().expired_segments, 0U);
}

TEST_F(HistoryDirectory, AScanKeepsASegmentThatRetentionDeletes) {
  StoreOptions small = options();
  small.directory.retention = std::chrono::seconds(100);
  Store store(small);
  append(store, 60);
  store.sync();
  const auto level = store.find(std::array{series::Matcher::equal("__name__", "level")}, {});
  ASSERT_EQ(level.size(), 1U);
  const auto scan = store.scan();
  scan->open(level.front(), {});
  for (int i = 0; i < 5; ++i) {
    append(store, 60);
    store.sync();
  }
  EXPECT_GT(store.figures().expired_segments, 0U);
  std::vector<PlainSample> samples;
  while (const series::SeriesChunk* chunk = scan->next()) append_chunk(*chunk, samples);
  EXPECT_EQ(samples.size(), 60U);
  EXPECT_EQ(scan->missing_chunks(), 0U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::history
