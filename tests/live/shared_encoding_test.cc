#include "src/live/shared_encoding.h"

#include <atomic>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::live {
namespace {

using Body = SharedEncoding::Body;

std::shared_ptr<ScrapeMemory> memory() { return std::make_shared<ScrapeMemory>(); }

std::shared_ptr<const Snapshot> snapshot() { return std::make_shared<const Snapshot>(); }

TEST(SharedEncoding, EncodesOnceForAHundredAtTheSameTime) {
  std::atomic<int> encoded{0};
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  SharedEncoding encoding(memory(), [&](const Snapshot&, base::TextSink& out) {
    ++encoded;
    may_go.wait();
    out.append(std::string(5000, 'x'));
  });
  const auto one = snapshot();
  std::vector<Body> bodies(100);
  std::vector<std::thread> threads;
  std::atomic<int> asking{0};
  for (Body& body : bodies) {
    threads.emplace_back([&] {
      ++asking;
      body = encoding.plain(one);
    });
  }
  while (asking < 100) std::this_thread::yield();
  go.set_value();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(encoded, 1);
  EXPECT_EQ(std::set<Body>(bodies.begin(), bodies.end()).size(), 1U);
}

TEST(SharedEncoding, CompressesOnceFromTheSharedText) {
  int encoded = 0;
  SharedEncoding encoding(memory(), [&](const Snapshot&, base::TextSink& out) {
    ++encoded;
    out.append(std::string(5000, 'x'));
  });
  const auto one = snapshot();
  const Body plain = encoding.plain(one);
  const Body gzipped = encoding.gzipped(one);
  EXPECT_EQ(encoding.gzipped(one), gzipped);
  EXPECT_EQ(encoding.plain(one), plain);
  EXPECT_EQ(encoded, 1);
  EXPECT_LT(gzipped->size(), 200U);
}

TEST(SharedEncoding, EncodesAnotherSnapshotAnew) {
  int encoded = 0;
  SharedEncoding encoding(memory(), [&](const Snapshot&, base::TextSink& out) {
    ++encoded;
    out.append("x");
  });
  for (int i = 0; i < 100; ++i) (void)encoding.plain(snapshot());  // often at the same address
  EXPECT_EQ(encoded, 100);
}

TEST(SharedEncoding, KeepsSmallBodiesAndLetsLargeOnesGo) {
  SharedEncoding encoding(memory(),
                          [](const Snapshot&, base::TextSink& out) { out.append(std::string(100, 'x')); },
                          {std::chrono::seconds(10), 100});
  SharedEncoding frugal(memory(),
                        [](const Snapshot&, base::TextSink& out) { out.append(std::string(100, 'x')); },
                        {std::chrono::seconds(10), 99});
  const auto one = snapshot();
  const std::weak_ptr<const base::BlockText> kept = encoding.plain(one);
  EXPECT_FALSE(kept.expired());
  Body held = frugal.plain(one);
  const std::weak_ptr<const base::BlockText> watched = held;
  EXPECT_EQ(frugal.plain(one), held) << "not shared while somebody is being sent it";
  held.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(SharedEncoding, TellsEveryWaiterOfAFailureAndTriesAgain) {
  std::atomic<int> calls{0};
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  SharedEncoding encoding(memory(), [&](const Snapshot&, base::TextSink& out) {
    if (++calls > 1) {
      out.append("fine");
      return;
    }
    may_go.wait();
    throw std::runtime_error("first");
  });
  const auto one = snapshot();
  std::atomic<int> failed{0};
  const auto ask = [&] {
    try {
      (void)encoding.plain(one);
    } catch (const std::runtime_error&) {
      ++failed;
    }
  };
  std::thread maker(ask);
  while (calls == 0) std::this_thread::yield();
  std::thread waiter(ask);
  go.set_value();
  maker.join();
  waiter.join();
  EXPECT_GE(failed, 1);
  EXPECT_EQ(encoding.plain(one)->text(), "fine");
}

TEST(SharedEncoding, BoundsTheWait) {
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  std::atomic<bool> making{false};
  SharedEncoding encoding(memory(),
                          [&](const Snapshot&, base::TextSink&) {
                            making = true;
                            may_go.wait();
                          },
                          {std::chrono::milliseconds(1), 100});
  const auto one = snapshot();
  std::thread maker([&] { (void)encoding.plain(one); });
  while (!making) std::this_thread::yield();
  EXPECT_THROW((void)encoding.plain(one), EncodingTimeout);
  go.set_value();
  maker.join();
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
