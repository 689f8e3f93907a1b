#include <algorithm>
#include <condition_variable>

#include <kymo/core/registry.h>
#include <kymo/system/system_collector.h>
#include <kymo/terminal/feeds.h>

#include "snapshot_frame.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

class LocalFeed final : public Feed {
 public:
  LocalFeed(std::chrono::milliseconds interval, SharedPicture& picture)
      : picture_(picture), interval_(interval), thread_([this] { run(); }) {}

  ~LocalFeed() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void run() {
    Registry registry;
    const auto collector = std::make_shared<system::SystemCollector>();
    const auto registration =
        registry.add_producer([collector](SnapshotWriter& writer) { collector->collect(writer); },
                              {.name = "host", .has_deadline = false});
    auto wait = std::min(interval_, std::chrono::milliseconds(200));  // rates need a second reading: take it
                                                                      // soon
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, wait, [this] { return is_over_; })) return;
      }
      wait = interval_;
      const auto snapshot = registry.snapshot();
      picture_.with([&](SharedPicture::Picture& picture) { take_snapshot(*snapshot, picture.store); });
      picture_.tell_change();
    }
  }

  SharedPicture& picture_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_over_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Feed> measure_here(std::chrono::milliseconds interval, SharedPicture& picture) {
  picture.with([&](SharedPicture::Picture& one) {
    one.link.state = Link::State::local;
    one.store.hello("here", "", std::chrono::duration<double>(interval).count(), unix_now());
  });
  return std::make_unique<LocalFeed>(interval, picture);
}

}  // namespace kymo::KYMO_ABI::terminal
