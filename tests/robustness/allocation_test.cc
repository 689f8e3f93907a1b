// Tests that operations done millions of times a second allocate nothing.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>
#include <kymo/packs/cache.h>
#include <kymo/packs/events.h>
#include <kymo/packs/server.h>
#include <kymo/packs/udp.h>
#include <kymo/packs/websocket.h>

#include "tests/robustness/effort.h"
#include "tests/support/sanitizers.h"

namespace {

// Of this thread: a test framework's or sanitizer's other threads are not its concern.
thread_local std::size_t allocations = 0;

void* counted(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}

void* counted(std::size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (bytes + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return counted(bytes, alignment); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return counted(bytes, alignment); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}

#if defined(__GLIBC__) && !KYMO_ADDRESS_SANITIZER && !KYMO_THREAD_SANITIZER
// C's own functions too: the library might call them without `new`. Sanitizers have their own.
extern "C" {
void* __libc_malloc(std::size_t);               // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t, std::size_t);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void*, std::size_t);       // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
}
#endif

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

const int kUpdates = repetitions(1'000'000, 50'000);

template <class Update>
std::size_t allocations_of(int times, Update update) {
  for (int i = 0; i < 1000; ++i) update(i);  // a thread's first touch may allocate
  const std::size_t before = allocations;
  for (int i = 0; i < times; ++i) update(i);
  return allocations - before;
}

TEST(Allocation, IsSeenByThisTest) {
  const std::size_t before = allocations;
  const auto text = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(allocations - before, 2U);
  EXPECT_EQ(text->size(), 100U);
}

TEST(Allocation, NoUpdateThroughAHandleNeedsAny) {
  Registry registry;
  auto counter = registry.counter("counter", "C.");
  auto fractions = registry.double_counter("fractions", "D.");
  auto balance = registry.up_down_counter("balance", "U.");
  auto gauge = registry.gauge("gauge", "G.");
  auto plain_gauge = registry.gauge("plain_gauge", "G.", {.statistics = GaugeTracking::off});
  auto histogram = registry.histogram("histogram", "H.");
  auto fixed = registry.histogram("fixed", "F.", {.bounds = {1, 10, 100}});
  auto timing = registry.timing("timing", "T.");
  auto window = registry.window("window", "W.");

  EXPECT_EQ(allocations_of(kUpdates, [&](int) { counter.add(); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int) { fractions.add(0.5); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int) { balance.add(2), balance.sub(); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int i) { gauge.set(i), gauge.add(1); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int i) { plain_gauge.set(i); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int i) { histogram.record(i); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int i) { fixed.record(i % 200); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int i) { timing.record(std::chrono::microseconds(i)); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int i) { window.record(i); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates, [&](int) { const ScopedTimer timer(timing); }), 0U);
}

TEST(Allocation, ARefusedValueNeedsNone) {
  Registry registry;
  auto counter = registry.counter("counter", "C.");
  auto histogram = registry.histogram("histogram", "H.");
  auto timing = registry.timing("timing", "T.");
  EXPECT_EQ(allocations_of(kUpdates / 10, [&](int) { counter.add(-1); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates / 10, [&](int) { histogram.record(-1.0); }), 0U);
  EXPECT_EQ(allocations_of(kUpdates / 10, [&](int) { timing.record(-1ns); }), 0U);
}

TEST(Allocation, AnExemplarNeedsNoneWhetherItIsKeptOrDropped) {
  Registry registry;
  auto histogram = registry.histogram("histogram", "H.", {.exemplars = Exemplars::on});
  const std::string long_value(300, 'x');
  EXPECT_EQ(allocations_of(kUpdates / 10,
                           [&](int i) {
                             histogram.record_with_exemplar(i, {{"trace.id", "a\"b"}});
                             histogram.record_with_exemplar(i, {{"not a key", "a"}});
                             histogram.record_with_exemplar(i, {{"a.b", "1"}, {"a_b", "2"}});
                             histogram.record_with_exemplar(i, {{"key", "\xff"}});
                             histogram.record_with_exemplar(i, {{"key", long_value}});
                           }),
            0U);
}

TEST(Allocation, CopyingAHandleNeedsNone) {
  Registry registry;
  auto counter = registry.counter("counter", "C.");
  EXPECT_EQ(allocations_of(kUpdates / 10, [&](int) { Counter(counter).add(); }), 0U);
}

TEST(Allocation, LookingUpAKnownSeriesOfATypedFamilyNeedsNone) {
  Registry registry;
  const auto family = registry.family<Counter, "method", "code">("typed", "T.");
  const std::array<const char*, 4> methods{"GET", "PUT", "POST", "DELETE"};
  const auto look_up = [&](int i) { family.with(methods[static_cast<std::size_t>(i) % 4], i % 10).add(); };
  EXPECT_EQ(allocations_of(kUpdates / 10, look_up), 0U);
}

TEST(Allocation, LookingUpAKnownSeriesOfADynamicFamilyNeedsNone) {
  Registry registry;
  const auto family = registry.family<Counter>("dynamic", "D.");
  const auto look_up = [&](int i) {
    family.with({{"method", i % 2 == 0 ? "GET" : "PUT"}, {"code", "200"}, {"region", "eu"}}).add();
  };
  EXPECT_EQ(allocations_of(kUpdates / 10, look_up), 0U);
}

TEST(Allocation, LookingUpLongKnownLabelsNeedsNone) {
  Registry registry;
  const auto family = registry.family<Counter, "path">("paths", "P.");
  const std::string path(900, 'p');
  EXPECT_EQ(allocations_of(kUpdates / 10, [&](int) { family.with(path).add(); }), 0U);
}

TEST(Allocation, RecordingByNameAndTagsNeedsNone) {
  Registry registry;
  Collector metrics(registry);
  const auto record = [&](int i) {
    const char* method = i % 2 == 0 ? "GET" : "PUT";
    metrics.increment("requests", {{"method", method}, {"code", "200"}});
    metrics.increment("bytes", i, {{"method", method}});
    metrics.decrement("open");
    metrics.gauge("depth", i, {{"queue", "a"}});
    metrics.timing("elapsed", std::chrono::microseconds(i), {{"method", method}});
    const auto timer = metrics.timer("scope", {{"method", method}});
  };
  EXPECT_EQ(allocations_of(kUpdates / 10, record), 0U);
  metrics.set_enabled(false);
  EXPECT_EQ(allocations_of(kUpdates / 10, record), 0U);
}

TEST(Allocation, WhatPacksRecordNeedsNone) {
  Registry registry;
  packs::EventMetrics events(registry);
  packs::UdpMetrics udp(registry);
  packs::UdpMetrics::Stream stream(udp);
  packs::WebSocketMetrics websocket(registry);
  packs::ServerMetrics server(registry);
  packs::CacheMetrics cache(registry);
  const auto record = [&](int i) {
    {
      auto event = events.handle(i % 2 == 0 ? "/live/track/renamed" : "/live/scene/added");
      if (i % 5 == 0) event.fail("timeout");
      if (i % 7 == 0) event.unhandled();
    }
    stream.receive(static_cast<std::uint32_t>(i + i / 10));
    const auto client = websocket.connect();
    websocket.broadcast().succeed(), websocket.sent(100);
    const auto connection = server.connect();
    server.processing_time.record(0.5), cache.look_up(i % 2 == 0);
  };
  EXPECT_EQ(allocations_of(kUpdates / 20, record), 0U);
}

TEST(Allocation, TheOverflowSeriesNeedsNone) {
  Registry registry;
  const auto family = registry.family<Counter, "id">("x", "X.", {.series = {.max_series = 1}});
  EXPECT_EQ(allocations_of(kUpdates / 10, [&](int i) { family.with(i).add(); }), 0U)
      << "where labels run wild, the limit must be cheap";
}

}  // namespace
}  // namespace kymo::robustness
