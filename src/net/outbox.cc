#include "outbox.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace kymo::KYMO_ABI::net {
namespace {

/// Number delivered in one go, before other work of the I/O thread gets its turn.
constexpr std::size_t kTurn = 64;

}  // namespace

void Outbox::add(std::weak_ptr<OutboxReader> reader,
                 std::variant<OutboxReader::Write, OutboxReader::Close> what) {
  const std::lock_guard lock(mutex_);
  if (io_ == nullptr) return;
  waiting_.push_back({std::move(reader), std::move(what)});
  if (is_posted_) return;
  post_delivery();
  is_posted_ = true;
}

void Outbox::close() noexcept {
  std::vector<Item> dropped;
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
  waiting_.swap(dropped);
}

/// `io_` does not change while the I/O thread runs.
void Outbox::post_delivery() {
  boost::asio::post(*io_, [self = shared_from_this()] { self->deliver(); });
}

bool Outbox::take_waiting() noexcept {
  delivered_.clear();
  next_delivered_ = 0;
  const std::lock_guard lock(mutex_);
  delivered_.swap(waiting_);
  is_posted_ = !delivered_.empty();
  return is_posted_;
}

void Outbox::deliver() noexcept {
  while (next_delivered_ < delivered_.size() || take_waiting()) {
    const std::size_t end = std::min(next_delivered_ + kTurn, delivered_.size());
    while (next_delivered_ < end) {
      const Item& item = delivered_[next_delivered_++];
      const auto reader = item.reader.lock();
      if (reader == nullptr) continue;
      try {
        std::visit([&](const auto& what) { reader->take(what); }, item.what);
      } catch (...) {
        // No memory for one message: its client gets the next one.
      }
    }
    try {
      return post_delivery();
    } catch (...) {
      // No memory to yield: continue here.
    }
  }
}

}  // namespace kymo::KYMO_ABI::net
