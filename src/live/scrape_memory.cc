#include <kymo/live/scrape_memory.h>

#include <utility>

#include <kymo/net/gzip.h>

namespace kymo::KYMO_ABI::live {

ScrapeMemory::ScrapeMemory(std::size_t most_kept) : blocks_(std::make_shared<base::BlockPool>(most_kept)) {}

ScrapeMemory::~ScrapeMemory() = default;

std::shared_ptr<const base::BlockText> ScrapeMemory::gzipped(const base::BlockText& text) {
  auto packed = std::make_shared<base::BlockText>(blocks_);
  std::unique_ptr<net::Gzipper> gzipper = take_gzipper();
  if (gzipper == nullptr) gzipper = std::make_unique<net::Gzipper>();
  gzipper->compress(text.pieces(), *packed);
  keep(std::move(gzipper));
  return packed;
}

/// One is kept: two compressions at the same time are rare, and the second brings its own.
std::unique_ptr<net::Gzipper> ScrapeMemory::take_gzipper() noexcept {
  const std::lock_guard lock(mutex_);
  is_used_ = true;
  return std::move(gzipper_);
}

void ScrapeMemory::keep(std::unique_ptr<net::Gzipper> gzipper) noexcept {
  const std::lock_guard lock(mutex_);
  std::swap(gzipper_, gzipper);
}

void ScrapeMemory::free_unused(base::BlockPool::Time now) noexcept {
  blocks_->free_unused(now);
  std::unique_ptr<net::Gzipper> unused;
  const std::lock_guard lock(mutex_);
  if (now - looked_ < base::BlockPool::kUnusedTime) return;
  looked_ = now;
  if (!std::exchange(is_used_, false)) std::swap(unused, gzipper_);
}

}  // namespace kymo::KYMO_ABI::live
