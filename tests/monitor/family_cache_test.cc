#include "src/monitor/family_cache.h"

#include <gtest/gtest.h>

#include <kymo/core/snapshot_builder.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

void write_host(SnapshotWriter& writer) {
  writer.counter({.name = "seconds_total", .help = "A count.", .unit = "seconds"})
      .add({{"cpu", "0"}, {"mode", "a\"b\\c\nd"}}, 1.5)
      .add({{"cpu", "1"}, {"mode", ""}}, 0x1p53);
  writer.gauge({.name = "load", .help = "A number."}).add(0.25);
  HistogramValue histogram;
  histogram.add_bucket(3, 2);
  histogram.set_sum(4);
  writer.histogram({.name = "size_bytes", .help = "A distribution.", .unit = "bytes"}).add({}, histogram);
}

TEST(FamilyCache, GivesBackWhatWasWritten) {
  SnapshotBuilder builder;
  write_host(builder);
  FamilyCache cache;
  cache.replace(builder.take_families());

  write_host(builder);
  const auto direct = builder.finish();
  cache.write(builder);
  const auto cached = builder.finish();
  ASSERT_EQ(cached->families.size(), direct->families.size());
  for (std::size_t f = 0; f < direct->families.size(); ++f) {
    const FamilySnapshot& a = direct->families[f];
    const FamilySnapshot& b = cached->families[f];
    EXPECT_EQ(a.descriptor().family_name, b.descriptor().family_name);
    EXPECT_EQ(a.descriptor().kind, b.descriptor().kind);
    EXPECT_EQ(a.descriptor().help, b.descriptor().help);
    EXPECT_EQ(a.descriptor().unit, b.descriptor().unit);
    EXPECT_EQ(a.columns().numbers, b.columns().numbers);
    EXPECT_EQ(a.columns().histograms.size(), b.columns().histograms.size());
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a.point(i).labels.text(), b.point(i).labels.text());
  }
  EXPECT_EQ(builder.errors(), 0U);
}

TEST(FamilyCache, IsEmptyAtFirst) {
  SnapshotBuilder builder;
  FamilyCache().write(builder);
  EXPECT_TRUE(builder.finish()->families.empty());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
