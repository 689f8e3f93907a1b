// Allocations of a store: none in a warm tick, and any of them may fail.

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core.h>
#include <kymo/history/store.h>

#include "store_model.h"

namespace {

thread_local std::size_t allocations = 0;
constinit thread_local long until_failure = -1;

void* obtained_or_null(std::size_t bytes) noexcept {
  ++allocations;
  const bool fails = until_failure >= 0 && until_failure-- == 0;
  return fails ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}

void* obtained(std::size_t bytes) {
  void* const memory = obtained_or_null(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return obtained(bytes); }
void* operator new[](std::size_t bytes) { return obtained(bytes); }
// Sanitizers have a nothrow form of their own.
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return obtained_or_null(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return obtained_or_null(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }

namespace kymo::KYMO_ABI::history {
namespace {

std::chrono::system_clock::time_point at(std::int64_t time_ms) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(time_ms));
}

/// A registry with series of all kinds, which move at each tick.
class Source final {
 public:
  std::shared_ptr<const Snapshot> tick() {
    ++tick_;
    for (int i = 0; i < 40; ++i) {
      counters_.with({{"of", std::to_string(i)}}).add(static_cast<std::uint64_t>(tick_ * i));
    }
    for (int i = 0; i < 5; ++i) {
      sizes_.with({{"of", std::to_string(i)}}).record(1 + tick_ % 7);
      bounded_.with({{"of", std::to_string(i)}}).record(i);
    }
    level_.set(0.1 * tick_);
    window_.record(tick_);
    return registry_.snapshot();
  }
  void add_series() { counters_.with({{"of", "new" + std::to_string(tick_)}}).add(1); }

 private:
  Registry registry_;
  Family<Counter> counters_ = registry_.family<Counter>("calls", "C.");
  Family<Histogram> sizes_ = registry_.family<Histogram>("sizes", "S.");
  Family<Histogram> bounded_ = registry_.family<Histogram>("bounded", "B.", {.bounds = {1, 5}});
  Gauge level_ = registry_.gauge("level", "L.");
  Window window_ = registry_.window("recent", "R.");
  int tick_ = 0;
};

TEST(StoreMemory, AWarmTickAllocatesNothing) {
  Source source;
  Store store({.window_ticks = 60});
  std::size_t warm = 0;
  for (int i = 1; i <= 200; ++i) {
    const auto snapshot = source.tick();
    const std::uint64_t blocks = store.figures().blocks;
    const std::size_t before = allocations;
    ASSERT_TRUE(store.append(at(i), *snapshot));
    const std::size_t made = allocations - before;
    if (i <= 120 || store.figures().blocks != blocks) continue;  // a block needs memory of its own
    EXPECT_EQ(made, 0U) << i;
    ++warm;
  }
  EXPECT_GT(warm, 10U);
}

TEST(StoreMemory, AWarmTickWithADirectoryAllocatesNothing) {
  std::string folder = (std::filesystem::temp_directory_path() / "kymo-memory-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  {
    Source source;
    Store store({.window_ticks = 60, .directory = {.path = folder, .sync = Sync::off}});
    std::size_t warm = 0;
    for (int i = 1; i <= 200; ++i) {
      const auto snapshot = source.tick();
      const StoreFigures figures = store.figures();
      const std::size_t before = allocations;
      ASSERT_TRUE(store.append(at(i), *snapshot));
      const std::size_t made = allocations - before;
      const StoreFigures now = store.figures();
      const bool has_sealed = now.blocks + now.stored_blocks != figures.blocks + figures.stored_blocks;
      if (i <= 120 || has_sealed) continue;
      EXPECT_EQ(made, 0U) << i;
      ++warm;
    }
    EXPECT_GT(warm, 10U);
  }
  std::filesystem::remove_all(folder);
}

/// Each sample that the store has is one of the model's, in order.
void expect_part_of(const PlainSeries& kept, const PlainSeries& all, long n) {
  for (const auto& [key, samples] : kept) {
    ASSERT_TRUE(all.contains(key)) << n << ' ' << key;
    auto next = all.at(key).begin();
    for (const PlainSample& sample : samples) {
      next = std::find_if(next, all.at(key).end(), [&](const PlainSample& other) {
        return sample.time_ms == other.time_ms &&
               (sample.bits == other.bits || sample.bits == series::kStaleBits);
      });
      ASSERT_NE(next, all.at(key).end()) << n << ' ' << key << " at " << sample.time_ms;
      if (sample.bits == series::kStaleBits) continue;
      EXPECT_EQ(sample, *next) << n << ' ' << key;
    }
  }
}

TEST(StoreMemory, AnyAllocationMayFail) {
  long n = 0;
  for (bool has_failed = true; has_failed && !HasFatalFailure(); n += 1 + n / 4) {
    Source source;
    Store store({.window_ticks = 12});
    StoreModel model;
    has_failed = false;
    for (int i = 1; i <= 40; ++i) {
      if (i % 10 == 0) source.add_series();
      const auto snapshot = source.tick();
      model.append(i, *snapshot);
      const bool is_short = i == 1 || i == 21 || i == 30;
      until_failure = is_short ? n : -1;
      (void)store.append(at(i), *snapshot);
      has_failed = has_failed || (is_short && until_failure < 0);
      until_failure = -1;
    }
    expect_part_of(all_of(store), model.all(), n);
    const StoreFigures figures = store.figures();
    EXPECT_EQ(figures.newest_ms, 40);
    EXPECT_GT(figures.samples, 1000U) << n;
  }
  EXPECT_GT(n, 50);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::history
