#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/labels.h>

#include "cell_store.h"
#include "label_hash.h"
#include "lookup_guard.h"
#include "series.h"
#include "series_table.h"

namespace kymo {
namespace {

struct Release {
  void operator()(Series* series) const { series->release(); }
};
using OwnedSeries = std::unique_ptr<Series, Release>;

OwnedSeries make_series(std::string_view rendered, std::uint64_t hash) {
  OwnedSeries series(Series::create(rendered, {}));
  series->hash = hash;
  return series;
}

std::string rendered(Labels labels) {
  std::string text;
  render_labels(labels, 1024, text);
  return text;
}

Series* find_text(const SeriesTable& table, std::uint64_t hash, std::string_view text) {
  return table.find(hash, [text](const Series& series) { return series.labels().text() == text; });
}

// prometheus-cpp once took equal hashes for equal labels and merged two series.
TEST(SeriesTable, KeepsSeriesApartWhoseHashesAreAllTheSame) {
  SeriesTable table;
  std::vector<OwnedSeries> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(make_series("a=\"" + std::to_string(i) + "\"", 42));
    table.make_room();
    table.insert(all.back().get());
  }
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(find_text(table, 42, "a=\"" + std::to_string(i) + "\""),
              all[static_cast<std::size_t>(i)].get());
  }
  EXPECT_EQ(find_text(table, 42, "a=\"300\""), nullptr);
}

TEST(SeriesTable, FindsWhatStaysWhenOthersGo) {
  SeriesTable table;
  std::vector<OwnedSeries> all;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    all.push_back(make_series("a=\"" + std::to_string(i) + "\"", i / 3 * 0x9E3779B97F4A7C15));
    table.make_room();
    table.insert(all.back().get());
    if (i % 2 == 1) table.erase(all[i - 1].get());
  }
  EXPECT_EQ(table.size(), 500U);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Series* found = find_text(table, all[i]->hash, "a=\"" + std::to_string(i) + "\"");
    EXPECT_EQ(found, i % 2 == 1 ? all[i].get() : nullptr) << i;
  }
}

TEST(SeriesTable, TakesASeriesOutFromUnderEveryAlias) {
  SeriesTable table;
  const OwnedSeries series = make_series("a_b=\"1\"", 7);
  table.make_room();
  table.insert(series.get());
  table.insert_alias(0xABCD'0000'0000'0001, series.get());
  EXPECT_EQ(find_text(table, 0xABCD'0000'0000'0001, "a_b=\"1\""), series.get());
  table.erase(series.get());
  EXPECT_EQ(find_text(table, 7, "a_b=\"1\""), nullptr);
  EXPECT_EQ(find_text(table, 0xABCD'0000'0000'0001, "a_b=\"1\""), nullptr);
}

rc::Gen<std::string> text_with_delimiters() {
  return rc::gen::container<std::string>(rc::gen::element('a', 'b', '"', ',', '=', '\\', '\n', '.', '_'));
}

// A match without rendering must never be one that rendering would deny.
RC_GTEST_PROP(LabelsMatch, OnlyWhatRendersTheSame, ()) {
  const auto values = *rc::gen::container<std::vector<std::string>>(3, text_with_delimiters());
  const auto other = *rc::gen::container<std::vector<std::string>>(3, text_with_delimiters());
  const std::vector<Label> labels = {{"k", values[0]}, {"l.m", values[1]}, {"n", values[2]}};
  const std::vector<Label> asked = {{"n", other[2]}, {"k", other[0]}, {"l_m", other[1]}};
  const std::string text = rendered(labels);
  const OwnedSeries series = make_series(text, 0);
  RC_ASSERT(!series->matches(asked) || rendered(asked) == text);
  RC_ASSERT(!series->matches(Labels(asked).first(2)));
  const std::string joined = values[0] + "\",l_m=\"" + values[1] + "\",n=\"" + values[2];
  RC_ASSERT(!series->matches(std::vector<Label>{{"k", joined}}));
}

RC_GTEST_PROP(LabelsMatch, PlainValuesInAnyOrder, ()) {
  const auto plain = rc::gen::container<std::string>(rc::gen::inRange('#', '['));
  const std::string a = *plain;
  const std::string b = *plain;
  const OwnedSeries series = make_series(rendered(std::vector<Label>{{"a.a", a}, {"b", b}}), 0);
  RC_ASSERT(series->matches(std::vector<Label>{{"b", b}, {"a_a", a}}));
  RC_ASSERT(hash_labels(std::vector<Label>{{"b", b}, {"a", a}}, 1) ==
            hash_labels(std::vector<Label>{{"a", a}, {"b", b}}, 1));
  RC_ASSERT(series->matches(std::vector<Label>{{"b", b + "x"}, {"a_a", a}}) == false);
}

TEST(GracePeriod, LastsAsLongAsALookUpThatWasThereBefore) {
  static_cast<void>(cells::allocate_cell());  // there is a store
  ASSERT_NE(cells::lease(), nullptr);
  GracePeriod nobody_there;
  EXPECT_TRUE(nobody_there.has_passed());
  {
    const LookupGuard guard;
    ASSERT_TRUE(guard.entered());
    GracePeriod period;
    std::thread([&] { EXPECT_FALSE(period.has_passed()); }).join();
    {
      const LookupGuard nested;
    }
    EXPECT_FALSE(period.has_passed()) << "a look-up within another does not end it";
  }
  GracePeriod after;
  EXPECT_TRUE(after.has_passed());
}

}  // namespace
}  // namespace kymo
