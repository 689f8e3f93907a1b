#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>

namespace kymo {
namespace {

using namespace std::chrono_literals;

// Adds up what the series of a family that come and go counted in all.
class Ledger final {
 public:
  void take(const Snapshot& snapshot) {
    const FamilySnapshot* family = snapshot.find("c");
    for (std::size_t i = 0; family != nullptr && i < family->size(); ++i) {
      const Point point = family->point(i);
      Entry& entry = entries_[std::string(point.labels.text())];
      if (entry.created != point.created) gone_ += entry.count;
      entry = {point.created, std::get<std::uint64_t>(point.number)};
    }
  }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = gone_;
    for (const auto& [labels, entry] : entries_) sum += entry.count;
    return sum;
  }

 private:
  struct Entry {
    std::chrono::system_clock::time_point created;
    std::uint64_t count = 0;
  };
  std::map<std::string, Entry> entries_;
  std::uint64_t gone_ = 0;
};

// Series that expire at once, looked up again at the same moment: every count must be seen, either in the
// series that went or in the one that took its place.
TEST(Expiry, LosesNoCountOfALookUpThatComesAtTheSameMoment) {
  Registry registry;
  auto family = registry.family<Counter>("c", "C.", {.series = {.expire_after = 1ms}});
  Collector collector(registry);  // its families do not expire: just another reader of tables
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> added{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::uint64_t count = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        // Few of many: most are idle for a while, then wanted again.
        family.with({{"v", std::to_string((count * 7 + t) % 400)}}).add(1);
        collector.increment("other");
        if (++count % 50 == 0) std::this_thread::sleep_for(200us);
      }
      added += count;
    });
  }
  Ledger ledger;
  const auto end = std::chrono::steady_clock::now() + 1500ms;
  while (std::chrono::steady_clock::now() < end) ledger.take(*registry.snapshot());
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const auto last = registry.snapshot();
  ledger.take(*last);
  EXPECT_EQ(ledger.total(), added.load());
  EXPECT_GT(to_double(last->find("kymo_series_expired_total", {})->number), 100) << "series did go";
  EXPECT_LE(registry.series_count(), 401U);
}

// A series that a user still holds is not taken from under him, however often it was idle.
TEST(Expiry, SparesWhatSomebodyHolds) {
  Registry registry;
  auto family = registry.family<Counter>("c", "C.", {.series = {.expire_after = 1ms}});
  Counter held = family.with({{"v", "held"}});
  for (int i = 0; i < 20; ++i) {
    static_cast<void>(registry.snapshot());
    std::this_thread::sleep_for(2ms);
  }
  held.add(7);
  EXPECT_EQ(registry.snapshot()->find("c", {{"v", "held"}})->number, Number(std::uint64_t{7}));
}

}  // namespace
}  // namespace kymo
