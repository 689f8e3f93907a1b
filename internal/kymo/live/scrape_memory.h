#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include <kymo/base/block_text.h>

namespace kymo::KYMO_ABI::net {
class Gzipper;
}

namespace kymo::KYMO_ABI::live {

/// Memory of encodings, kept from one scrape to the next, so that a scrape touches no fresh page: blocks for
/// texts, and what one compression needs. Bounded; goes back to the system after a minute without use.
/// Threads: any.
class ScrapeMemory final {
 public:
  /// Two texts of a million series.
  static constexpr std::size_t kMostKept = std::size_t{128} << 20U;

  explicit ScrapeMemory(std::size_t most_kept = kMostKept);
  ScrapeMemory(const ScrapeMemory&) = delete;
  ScrapeMemory& operator=(const ScrapeMemory&) = delete;
  ~ScrapeMemory();

  [[nodiscard]] const std::shared_ptr<base::BlockPool>& blocks() const noexcept { return blocks_; }
  /// `text` as gzip. Throws std::bad_alloc.
  [[nodiscard]] std::shared_ptr<const base::BlockText> gzipped(const base::BlockText& text);

  /// See BlockPool::free_unused().
  void free_unused(base::BlockPool::Time now) noexcept;

 private:
  [[nodiscard]] std::unique_ptr<net::Gzipper> take_gzipper() noexcept;
  void keep(std::unique_ptr<net::Gzipper> gzipper) noexcept;

  const std::shared_ptr<base::BlockPool> blocks_;  // texts that are being sent may outlive this object
  std::mutex mutex_;                               // the members below
  std::unique_ptr<net::Gzipper> gzipper_;
  bool is_used_ = false;  ///< since `looked_`
  base::BlockPool::Time looked_{};
};

}  // namespace kymo::KYMO_ABI::live
