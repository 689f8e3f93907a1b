#include <kymo/base/block_text.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::base {
namespace {

using std::chrono::seconds;

constexpr std::size_t kBlock = BlockPool::kBlockBytes;
constexpr std::size_t kMany = 64 * kBlock;

TEST(BlockText, HoldsTextsOfAnySize) {
  const auto pool = std::make_shared<BlockPool>(kMany);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kBlock - 1, kBlock, kBlock + 1, 3 * kBlock + 7}) {
    std::string expected(size, ' ');
    for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<char>('a' + i % 23);
    BlockText text(pool);
    text.append(expected);
    EXPECT_EQ(text.text(), expected) << size;
    EXPECT_EQ(text.size(), size);
    EXPECT_EQ(text.pieces().size(), (size + kBlock - 1) / kBlock);
  }
}

TEST(BlockText, GivesRoomForALineInOnePiece) {
  const auto pool = std::make_shared<BlockPool>(kMany);
  BlockText text(pool);
  text.append(std::string(kBlock - 5, 'a'));
  for (const std::size_t line : {std::size_t{6}, kBlock, 2 * kBlock + 1}) {
    const std::span<char> room = text.room(line);
    ASSERT_GE(room.size(), line);
    std::fill_n(room.begin(), line, 'b');
    text.wrote(line);
  }
  EXPECT_EQ(text.text(), std::string(kBlock - 5, 'a') + std::string(6 + 3 * kBlock + 1, 'b'));
}

TEST(BlockPool, GivesTheSameMemoryAgain) {
  const auto pool = std::make_shared<BlockPool>(kMany);
  const auto write = [&] {
    BlockText text(pool);
    text.append(std::string(3 * kBlock, 'x'));
    std::vector<const char*> places;
    for (const std::string_view piece : text.pieces()) places.push_back(piece.data());
    std::sort(places.begin(), places.end());
    return places;
  };
  const auto first = write();
  EXPECT_EQ(pool->kept_bytes(), 3 * kBlock);
  EXPECT_EQ(write(), first);
}

TEST(BlockPool, KeepsNoMoreThanItMay) {
  const auto pool = std::make_shared<BlockPool>(2 * kBlock);
  {
    BlockText(pool).append(std::string(5 * kBlock, 'x'));
  }
  EXPECT_EQ(pool->kept_bytes(), 2 * kBlock);
  EXPECT_EQ(pool->not_kept(), 3U);
  {
    BlockText(pool).append(std::string(10, 'x'));
  }
  EXPECT_EQ(pool->kept_bytes(), 2 * kBlock);
}

TEST(BlockPool, FreesWhatNobodyNeededForAMinute) {
  const auto pool = std::make_shared<BlockPool>(kMany);
  const auto write = [&](std::size_t blocks) { BlockText(pool).append(std::string(blocks * kBlock, 'x')); };
  BlockPool::Time now{seconds(1000)};
  write(5);
  pool->free_unused(now);
  write(2);
  pool->free_unused(now += seconds(59));
  EXPECT_EQ(pool->kept_bytes(), 5 * kBlock) << "too early";
  pool->free_unused(now += seconds(1));
  EXPECT_EQ(pool->kept_bytes(), 2 * kBlock) << "three of them were not needed";
  pool->free_unused(now += seconds(60));
  EXPECT_EQ(pool->kept_bytes(), 0U);
  write(1);
  EXPECT_EQ(pool->kept_bytes(), kBlock);
}

TEST(BlockText, OutlivesTheOwnerOfItsPool) {
  auto pool = std::make_shared<BlockPool>(kMany);
  auto text = std::make_unique<BlockText>(pool);
  text->append("late");
  pool.reset();
  EXPECT_EQ(text->text(), "late");
}

TEST(BlockPool, ServesThreads) {
  const auto pool = std::make_shared<BlockPool>(4 * kBlock);
  std::vector<std::thread> threads;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    threads.emplace_back([&pool, letter] {
      for (int i = 0; i < 50; ++i) {
        BlockText text(pool);
        text.append(std::string(2 * kBlock, letter));
        EXPECT_EQ(text.pieces()[1].find_first_not_of(letter), std::string_view::npos);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(pool->kept_bytes(), 4 * kBlock);
}

TEST(StringSink, AppendsBehindWhatIsThere) {
  std::string text = "there ";
  StringSink sink(text, 4);
  sink.append("and then more");
  sink.expect(100);
  const std::span<char> room = sink.room(1);
  room[0] = '!';
  sink.wrote(1);
  EXPECT_EQ(text, "there and then more!");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
