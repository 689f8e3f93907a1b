#include "server/worker_pool.h"

#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace voice {
namespace {

/// Runs a number of steps, and notices if two workers run it at once.
class Steps final : public WorkItem {
 public:
  Steps(int count, std::latch& done) : left_(count), done_(done) {}

  Next run() noexcept override {
    if (running_.exchange(true)) overlapped = true;
    const bool last = --left_ == 0;
    running_ = false;
    if (last) done_.count_down();
    return last ? Next::done : Next::again;
  }

  std::atomic<bool> overlapped = false;

 private:
  int left_;
  std::latch& done_;
  std::atomic<bool> running_ = false;
};

TEST(WorkerPool, RunsEveryItemToItsEndByOneWorkerAtATime) {
  WorkerPool pool(4);
  std::latch done(20);
  std::vector<std::shared_ptr<Steps>> items;
  for (int i = 0; i < 20; ++i) items.push_back(std::make_shared<Steps>(100, done));
  for (const auto& item : items) pool.submit(item);
  done.wait();
  for (const auto& item : items) EXPECT_FALSE(item->overlapped);
}

/// Never done.
class Endless final : public WorkItem {
 public:
  Next run() noexcept override { return Next::again; }
};

TEST(WorkerPool, StopsWithWorkLeft) {
  WorkerPool pool(2);
  const auto item = std::make_shared<Endless>();
  pool.submit(item);
  pool.stop();
  pool.submit(item);
  EXPECT_EQ(item.use_count(), 1);
}

}  // namespace
}  // namespace voice
