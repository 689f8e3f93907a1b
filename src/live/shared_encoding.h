#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <kymo/base/block_text.h>
#include <kymo/core/snapshot.h>
#include <kymo/live/scrape_memory.h>

namespace kymo::KYMO_ABI::live {

/// Another request's encoding exceeded the time limit.
class EncodingTimeout final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Makes one encoding of a Snapshot, and one gzip of it, for all simultaneous requests: the first one makes
/// it, the others wait.
///
/// Between requests up to `kept_bytes` of each are kept. A larger one lives until its last client has it;
/// then its blocks serve the next encoding. Threads: any; the encoder is called without a lock. Errors: an
/// encoder's exception reaches all waiting requests, and the next one retries; EncodingTimeout.
class SharedEncoding final {
 public:
  using Encoder = std::function<void(const Snapshot&, base::TextSink& out)>;
  using SnapshotPtr = std::shared_ptr<const Snapshot>;
  using Body = std::shared_ptr<const base::BlockText>;

  struct Limits {
    std::chrono::milliseconds patience{10000};
    std::size_t kept_bytes = 1024 * 1024;
  };

  SharedEncoding(std::shared_ptr<ScrapeMemory> memory, Encoder encode)
      : SharedEncoding(std::move(memory), std::move(encode), Limits{}) {}
  SharedEncoding(std::shared_ptr<ScrapeMemory> memory, Encoder encode, Limits limits);

  [[nodiscard]] Body plain(const SnapshotPtr& snapshot);
  [[nodiscard]] Body gzipped(const SnapshotPtr& snapshot);

 private:
  /// The last encoding of one kind.
  struct Slot {
    std::weak_ptr<const Snapshot> of;  ///< weak, so a later Snapshot cannot be mistaken for it
    std::shared_future<Body> coming;   ///< valid during the encoding
    std::weak_ptr<const base::BlockText> made;
    Body kept;                 ///< `made`, if small enough to keep
    std::uint64_t making = 0;  ///< numbers the attempts
  };

  template <class Make>
  Body share(Slot& slot, const SnapshotPtr& snapshot, const Make& make);
  void finish(Slot& slot, std::uint64_t making, const Body& body);
  [[nodiscard]] Body wait(const std::shared_future<Body>& coming) const;

  const std::shared_ptr<ScrapeMemory> memory_;
  const Encoder encode_;
  const Limits limits_;
  std::mutex mutex_;
  Slot plain_;
  Slot gzipped_;
};

}  // namespace kymo::KYMO_ABI::live
