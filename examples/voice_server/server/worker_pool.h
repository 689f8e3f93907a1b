#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace voice {

/// Work that a worker does in small steps.
class WorkItem {
 public:
  enum class Next { done, again };

  virtual ~WorkItem() = default;

  /// One step; `again` queues the item behind the others. Never called by two workers at once. Must not
  /// throw.
  [[nodiscard]] virtual Next run() noexcept = 0;
};

/// Threads that run the work items submitted to them, first come, first served.
///
/// The queue is bounded by the number of items: each is queued at most once. Threads: any.
class WorkerPool final {
 public:
  /// Throws std::runtime_error if that many threads cannot be made.
  explicit WorkerPool(std::size_t threads);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();  ///< as stop()

  /// The item must not be queued or running.
  void submit(std::shared_ptr<WorkItem> item);

  /// Waits for running steps, drops queued items and joins the threads.
  void stop() noexcept;

 private:
  void work();
  [[nodiscard]] std::shared_ptr<WorkItem> wait_for_item();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<WorkItem>> items_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace voice
