#include "server/worker_pool.h"

#include <pthread.h>

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace voice {

WorkerPool::WorkerPool(std::size_t threads) {
  try {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { work(); });
      (void)pthread_setname_np(threads_.back().native_handle(), ("worker-" + std::to_string(i)).c_str());
    }
  } catch (const std::system_error& error) {
    const std::size_t had = threads_.size();
    stop();
    throw std::runtime_error("only " + std::to_string(had) + " of " + std::to_string(threads) +
                             " worker threads are to be had (" + error.code().message() +
                             "); raise ulimit -u, or choose fewer with --workers");
  }
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::submit(std::shared_ptr<WorkItem> item) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    items_.push_back(std::move(item));
  }
  changed_.notify_one();
}

void WorkerPool::stop() noexcept {
  std::deque<std::shared_ptr<WorkItem>> dropped;  // destroyed outside the lock
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(items_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::work() {
  while (auto item = wait_for_item()) {
    if (item->run() == WorkItem::Next::again) submit(std::move(item));
  }
}

std::shared_ptr<WorkItem> WorkerPool::wait_for_item() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !items_.empty(); });
  if (stopping_) return nullptr;
  auto item = std::move(items_.front());
  items_.pop_front();
  return item;
}

}  // namespace voice
