#include "page_words.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/core/histogram_buckets.h>

namespace kymo::cells {
namespace {

struct Words {
  std::vector<std::uint32_t> words;
  std::uint64_t count = 0;

  friend bool operator==(const Words&, const Words&) = default;
};

Words expected_of(const std::array<std::uint16_t, kBucketsPerPage>& counts, std::uint32_t first) {
  Words expected;
  for (std::uint32_t i = 0; i < kBucketsPerPage; ++i) {
    if (counts[i] == 0) continue;
    std::array<std::uint32_t, HistogramBuckets::kMostWords> words{};
    const auto index = static_cast<std::int32_t>(first + i) + HistogramBuckets::kLeastIndex;
    std::uint32_t* const end = HistogramBuckets::put(words.data(), {index, counts[i]});
    expected.words.insert(expected.words.end(), words.data(), end);
    expected.count += counts[i];
  }
  return expected;
}

Words words_of(WritePageWords write, const std::array<std::uint16_t, kBucketsPerPage>& counts,
               std::uint32_t first) {
  const auto page = std::make_unique<NarrowPage>();
  for (std::size_t i = 0; i < counts.size(); ++i) page->bucket[i].store(counts[i]);
  const PageAt at{page.get(), first};
  Words written;
  written.words.resize(kBucketsPerPage + kWordsBeyond);
  const std::uint32_t* const end = write({&at, 1}, written.words.data(), written.count);
  written.words.resize(static_cast<std::size_t>(end - written.words.data()));
  return written;
}

// Each way that this processor has, with any counts on any page.
RC_GTEST_PROP(PageWords, AreTheFilledBucketsInOrder, ()) {
  const auto page = *rc::gen::inRange<std::uint32_t>(0, kPages);
  const auto share = *rc::gen::inRange(0, 101);
  std::array<std::uint16_t, kBucketsPerPage> counts{};
  for (std::uint16_t& count : counts) {
    if (*rc::gen::inRange(0, 100) < share) count = *rc::gen::arbitrary<std::uint16_t>();
  }
  const std::uint32_t first = page * kBucketsPerPage;
  const Words expected = expected_of(counts, first);
  for (int number = 0; number < kPageWordsWays; ++number) {
    const PageWordsWay way = page_words_way(number);
    if (!way.is_for_this_processor) continue;
    if (words_of(way.write, counts, first) != expected) RC_FAIL(way.name);
  }
}

TEST(PageWords, OfManyPagesAreThoseOfEach) {
  const auto pages = std::make_unique<std::array<NarrowPage, 3>>();
  std::vector<PageAt> places;
  Words expected;
  for (std::uint32_t i = 0; i < pages->size(); ++i) {
    std::array<std::uint16_t, kBucketsPerPage> counts{};
    counts[i] = static_cast<std::uint16_t>(60'000 + i);
    counts[31 - i] = 1;
    for (std::size_t k = 0; k < counts.size(); ++k) (*pages)[i].bucket[k].store(counts[k]);
    const std::uint32_t first = (5 + 2 * i) * kBucketsPerPage;
    places.push_back({&(*pages)[i], first});
    const Words of_page = expected_of(counts, first);
    expected.words.insert(expected.words.end(), of_page.words.begin(), of_page.words.end());
    expected.count += of_page.count;
  }
  for (int number = 0; number < kPageWordsWays; ++number) {
    const PageWordsWay way = page_words_way(number);
    if (!way.is_for_this_processor) continue;
    Words written;
    written.words.resize(places.size() * kBucketsPerPage + kWordsBeyond);
    const std::uint32_t* const end = way.write(places, written.words.data(), written.count);
    written.words.resize(static_cast<std::size_t>(end - written.words.data()));
    EXPECT_EQ(written, expected) << way.name;
  }
}

TEST(PageWords, SumsStopAtTheirMost) {
  NarrowPage one{};
  NarrowPage other{};
  one.bucket[0].store(65'000);
  other.bucket[0].store(534);
  other.bucket[31].store(7);
  add_pages(one, other, one);
  EXPECT_EQ(one.bucket[0].load(), 65'534U);
  EXPECT_EQ(one.bucket[31].load(), 7U);
  EXPECT_FALSE(is_full_anywhere(one));
  add_pages(one, other, one);
  EXPECT_EQ(one.bucket[0].load(), 65'535U);
  EXPECT_EQ(one.bucket[31].load(), 14U);
  EXPECT_TRUE(is_full_anywhere(one));
}

TEST(PageWords, OfEmptyAndFullPages) {
  std::array<std::uint16_t, kBucketsPerPage> counts{};
  for (int number = 0; number < kPageWordsWays; ++number) {
    const PageWordsWay way = page_words_way(number);
    if (!way.is_for_this_processor) continue;
    counts.fill(0);
    EXPECT_TRUE(words_of(way.write, counts, 0).words.empty()) << way.name;
    counts.fill(65'535);
    EXPECT_EQ(words_of(way.write, counts, kBuckets - kBucketsPerPage),
              expected_of(counts, kBuckets - kBucketsPerPage))
        << way.name;
  }
  EXPECT_TRUE(page_words_way(0).is_for_this_processor);
}

}  // namespace
}  // namespace kymo::cells
