#include "server/worker_pool.h"
#include "tests/support/thread_creation.h"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <latch>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace {

constexpr int kAllThreads = std::numeric_limits<int>::max();
std::atomic<int> left_threads = kAllThreads;

}  // namespace

/// In front of the C library's: the system has as many threads as a test says.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  static const auto create = kymo::test::next_pthread_create();
  return left_threads-- > 0 ? create(thread, attributes, run, argument) : EAGAIN;
}

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

TEST(WorkerPool, SaysHowManyThreadsThereAre) {
  left_threads = 2;
  try {
    const WorkerPool pool(4);
    ADD_FAILURE() << "there are only two threads";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string_view(error.what()).find("only 2 of 4 worker threads"), std::string_view::npos);
  }
  left_threads = kAllThreads;
}

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
