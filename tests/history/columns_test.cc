// Columns that break a rule are found before they are encoded.
#include "src/history/columns.h"

#include <gtest/gtest.h>

#include <functional>

namespace {

using namespace kymo::history;

BlockColumns sound() {
  SeriesColumns series;
  series.present = {0b101};
  series.stale = {1};
  series.created = {{.sample = 0, .time_ms = 7}, {.sample = 1, .time_ms = 9}};
  series.values.bits = {1, 2};
  series.histogram = HistogramColumns{.bounds = {}, .buckets = {-3, 4}, .counts = {{1, 2}, {3, 4}}};
  return {.times_ms = {10, 20, 30}, .series = {series}};
}

TEST(Columns, SoundOnesHaveNoFault) {
  EXPECT_EQ(fault_of(sound()), nullptr);
  EXPECT_EQ(fault_of(BlockColumns{}), nullptr);
  EXPECT_EQ(samples_of(sound().series[0].present, 3), 2U);
}

TEST(Columns, EachBrokenRuleIsNamed) {
  const auto fault_after = [](const std::function<void(BlockColumns&, SeriesColumns&)>& change) {
    BlockColumns block = sound();
    change(block, block.series[0]);
    return fault_of(block) != nullptr;
  };
  EXPECT_TRUE(fault_after([](auto& block, auto&) { block.times_ms = {10, 10, 30}; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.present = {0b1001}; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.present = {0b101, 0}; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.stale = {0}; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.stale = {3}; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.created[0].sample = 1; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.created[1].sample = 2; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.values.bits.pop_back(); }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.histogram->buckets = {4, -3}; }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.histogram->counts[1].pop_back(); }));
  EXPECT_TRUE(fault_after([](auto&, auto& series) { series.histogram->counts.pop_back(); }));
}

}  // namespace
