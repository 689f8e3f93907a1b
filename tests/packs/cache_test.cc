#include <kymo/packs/cache.h>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::packs {
namespace {

TEST(CacheMetrics, TheHitRateIsThatOfAllLookUps) {
  Registry registry;
  CacheMetrics cache(registry);
  EXPECT_EQ(cache.hit_rate(), 0);
  for (const bool hit : {true, false, true, true}) cache.look_up(hit);
  EXPECT_EQ(cache.hit_rate(), 0.75);
  EXPECT_EQ(cache.hit_rate_percent(), 75);
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(to_double(snapshot->find("cache.hits", {})->number), 3);
  EXPECT_EQ(to_double(snapshot->find("cache.misses", {})->number), 1);
  EXPECT_EQ(to_double(snapshot->find("cache.hit_rate", {})->number), 0.75);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
