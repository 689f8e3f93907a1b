#include "audio/filter_bank_cache.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace voice {
namespace {

constexpr RatePair kFrom8{.from_hz = 8'000, .to_hz = 16'000};
constexpr RatePair kFrom48{.from_hz = 48'000, .to_hz = 16'000};
constexpr RatePair kFrom16{.from_hz = 16'000, .to_hz = 16'000};

TEST(FilterBankCache, MissesOnceThenHits) {
  FilterBankCache cache;
  const auto first = cache.find(kFrom8);
  const auto second = cache.find(kFrom8);
  EXPECT_EQ(first.result, FilterBankCache::Result::miss);
  EXPECT_EQ(second.result, FilterBankCache::Result::hit);
  EXPECT_EQ(first.bank, second.bank);
  EXPECT_EQ(first.bank->rates(), kFrom8);
}

TEST(FilterBankCache, DropsTheOneUnusedTheLongest) {
  FilterBankCache cache(2);
  const auto kept_by_a_stream = cache.find(kFrom48).bank;
  (void)cache.find(kFrom8);
  (void)cache.find(kFrom48);
  (void)cache.find(kFrom16);  // drops 8 kHz
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find(kFrom48).result, FilterBankCache::Result::hit);
  EXPECT_EQ(cache.find(kFrom8).result, FilterBankCache::Result::miss);
  EXPECT_EQ(kept_by_a_stream->rates(), kFrom48);
}

TEST(FilterBankCache, ManyThreadsShareOneBank) {
  FilterBankCache cache;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&cache] {
      for (int round = 0; round < 50; ++round) {
        EXPECT_EQ(cache.find(kFrom8).bank->rates(), kFrom8);
        EXPECT_EQ(cache.find(kFrom16).bank->rates(), kFrom16);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(cache.size(), 2U);
}

}  // namespace
}  // namespace voice
