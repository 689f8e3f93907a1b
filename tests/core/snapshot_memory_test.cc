#include <kymo/core/snapshot_memory.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <kymo/core/registry.h>

namespace kymo {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t kSeries = 4000;

/// Frees all that is kept, of whatever ran before.
void free_all() {
  free_unused_snapshot_memory(steady_clock::now() + seconds(100));
  ASSERT_EQ(kept_snapshot_bytes(), 0U);
}

template <class Instrument, class Record>
void fill(Registry& registry, const std::string& name, Record record) {
  const auto family = registry.family<Instrument>(name, "Holds series.");
  for (std::size_t i = 0; i < kSeries; ++i) record(family.with({{"id", std::to_string(i)}}), i);
}

RegistryOptions options() { return {.max_series_per_family = 2 * kSeries, .max_series = 10 * kSeries}; }

const FamilyColumns& columns(const Snapshot& snapshot) { return snapshot.families.front().columns(); }

TEST(SnapshotMemory, ServesTheNextSnapshot) {
  free_all();
  Registry registry(options());
  fill<Counter>(registry, "a", [](Counter counter, std::size_t i) { counter.add(i); });
  auto snapshot = registry.snapshot();
  const void* const first = columns(*snapshot).numbers.data();
  const auto second = registry.snapshot();
  EXPECT_NE(columns(*second).numbers.data(), first) << "still in use";
  EXPECT_EQ(kept_snapshot_bytes(), 0U);
  snapshot.reset();
  EXPECT_GE(kept_snapshot_bytes(), kSeries * sizeof(std::uint64_t));
  const auto third = registry.snapshot();
  EXPECT_EQ(columns(*third).numbers.data(), first);
  EXPECT_EQ(kept_snapshot_bytes(), 0U);
  EXPECT_EQ(columns(*third).numbers, columns(*second).numbers);
}

TEST(SnapshotMemory, GoesBackAfterAMinute) {
  free_all();
  Registry registry(options());
  fill<Counter>(registry, "a", [](Counter counter, std::size_t i) { counter.add(i); });
  (void)registry.snapshot();
  free_unused_snapshot_memory(steady_clock::now() + seconds(59));
  EXPECT_NE(kept_snapshot_bytes(), 0U);
  free_unused_snapshot_memory(steady_clock::now() + seconds(61));
  EXPECT_EQ(kept_snapshot_bytes(), 0U);
}

/// A copy of a family shares the words of its histograms, and outlives the Snapshot.
TEST(SnapshotMemory, TakesNothingThatACopyStillUses) {
  free_all();
  Registry registry(options());
  fill<Timing>(registry, "a",
               [](Timing timing, std::size_t i) { timing.record(std::chrono::microseconds(i + 1)); });
  auto snapshot = registry.snapshot();
  const FamilySnapshot copy = snapshot->families.front();
  snapshot.reset();
  for (int i = 0; i < 3; ++i) {
    fill<Timing>(registry, "b" + std::to_string(i),
                 [](Timing timing, std::size_t) { timing.record(seconds(1)); });
    (void)registry.snapshot();
  }
  for (std::size_t i = 0; i < kSeries; ++i) {
    ASSERT_EQ(copy.point(i).histogram->count(), 1U);
    ASSERT_EQ(copy.point(i).histogram->buckets().front().count, 1U);
    ASSERT_LT(copy.point(i).histogram->max(), 0.1);
  }
}

TEST(SnapshotMemory, HasNoLimitButItsOwn) {
  free_all();
  Registry registry(options());
  for (const char* name : {"a", "b", "c"}) {
    fill<Gauge>(registry, name, [](Gauge gauge, std::size_t i) { gauge.set(static_cast<double>(i)); });
  }
  std::vector<std::shared_ptr<const Snapshot>> many;
  for (int i = 0; i < 30; ++i) many.push_back(registry.snapshot());
  many.clear();
  EXPECT_GT(kept_snapshot_bytes(), 0U);
  EXPECT_LE(kept_snapshot_bytes(), std::size_t{64} << 20U);
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(snapshot->find("c", {{"id", "7"}})->gauge->max, 7);
  free_all();
}

TEST(SnapshotMemory, ServesThreads) {
  Registry registry(options());
  fill<Timing>(registry, "a",
               [](Timing timing, std::size_t i) { timing.record(std::chrono::microseconds(i + 1)); });
  fill<Counter>(registry, "b", [](Counter counter, std::size_t i) { counter.add(i); });
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&registry] {
      for (int i = 0; i < 5; ++i) {
        const auto snapshot = registry.snapshot();
        EXPECT_EQ(to_double(snapshot->find("b", {{"id", "77"}})->number), 77);
        EXPECT_EQ(snapshot->find("a", {{"id", "77"}})->histogram->count(), 1U);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace kymo
