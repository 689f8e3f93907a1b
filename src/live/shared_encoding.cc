#include "shared_encoding.h"

#include <exception>
#include <utility>

namespace kymo::KYMO_ABI::live {
namespace {

bool is_of(const std::weak_ptr<const Snapshot>& known, const std::shared_ptr<const Snapshot>& asked) {
  return !known.owner_before(asked) && !asked.owner_before(known);
}

}  // namespace

SharedEncoding::SharedEncoding(std::shared_ptr<ScrapeMemory> memory, Encoder encode, Limits limits)
    : memory_(std::move(memory)), encode_(std::move(encode)), limits_(limits) {}

SharedEncoding::Body SharedEncoding::plain(const SnapshotPtr& snapshot) {
  return share(plain_, snapshot, [&] {
    auto text = std::make_shared<base::BlockText>(memory_->blocks());
    encode_(*snapshot, *text);
    return text;
  });
}

SharedEncoding::Body SharedEncoding::gzipped(const SnapshotPtr& snapshot) {
  return share(gzipped_, snapshot, [&] { return memory_->gzipped(*plain(snapshot)); });
}

template <class Make>
SharedEncoding::Body SharedEncoding::share(Slot& slot, const SnapshotPtr& snapshot, const Make& make) {
  std::promise<Body> promise;
  std::uint64_t making = 0;
  {
    std::unique_lock lock(mutex_);
    if (is_of(slot.of, snapshot)) {
      if (Body made = slot.made.lock()) return made;
      if (slot.coming.valid()) {
        const std::shared_future<Body> coming = slot.coming;
        lock.unlock();
        return wait(coming);
      }
    }
    making = ++slot.making;
    slot = {snapshot, promise.get_future().share(), {}, nullptr, making};
  }
  try {
    const Body body = make();
    finish(slot, making, body);
    promise.set_value(body);
    return body;
  } catch (...) {
    finish(slot, making, nullptr);
    promise.set_exception(std::current_exception());
    throw;
  }
}

/// Unless a later Snapshot's encoding has taken the slot meanwhile.
void SharedEncoding::finish(Slot& slot, std::uint64_t making, const Body& body) {
  const std::lock_guard lock(mutex_);
  if (slot.making != making) return;
  slot.coming = {};
  slot.made = body;
  if (body == nullptr) return;
  if (body->size() <= limits_.kept_bytes) slot.kept = body;
}

SharedEncoding::Body SharedEncoding::wait(const std::shared_future<Body>& coming) const {
  if (coming.wait_for(limits_.patience) != std::future_status::ready) {
    throw EncodingTimeout("the encoding took too long");
  }
  return coming.get();
}

}  // namespace kymo::KYMO_ABI::live
