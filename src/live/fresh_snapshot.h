#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::live {

/// Gives requests a Snapshot that was begun after they had arrived, and the same one to as many as possible.
///
/// Requests wait for a thread, so those that queued up while one was being answered share the next Snapshot,
/// and with it its encoding: a hundred scrapes at once cost two or three. What a client saw happen before it
/// asked is always in its answer, which a cache with an age limit would not give. Threads: any; the source is
/// called without a lock. Keeps the last Snapshot alive.
class FreshSnapshot final {
 public:
  using Source = std::function<std::shared_ptr<const Snapshot>()>;
  using Time = std::chrono::steady_clock::time_point;

  explicit FreshSnapshot(Source source) : source_(std::move(source)) {}

  /// Null where the source gives none; throws what it throws.
  [[nodiscard]] std::shared_ptr<const Snapshot> get(Time arrived);

 private:
  const Source source_;
  std::mutex mutex_;
  Time begun_{};  ///< when `last_` was asked for
  std::shared_ptr<const Snapshot> last_;
};

}  // namespace kymo::KYMO_ABI::live
