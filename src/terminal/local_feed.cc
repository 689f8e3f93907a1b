#include <algorithm>
#include <chrono>
#include <condition_variable>

#include <kymo/core/registry.h>
#include <kymo/core/snapshot.h>
#include <kymo/system/system_collector.h>
#include <kymo/terminal/feeds.h>
#include <kymo/terminal/series_store.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

/// Merges 64 buckets an octave to a frame's eight.
std::int32_t merged(std::int32_t index) { return (index >= 0 ? index : index - 7) / 8; }

HistogramReading reading_of(const HistogramValue& value) {
  HistogramReading reading{static_cast<double>(value.count()), value.sum(), value.min(), value.max(), {}};
  for (const auto& bucket : value.negative_buckets()) {
    reading.buckets[negative_bucket(merged(bucket.index))] += static_cast<double>(bucket.count);
  }
  for (const auto& bucket : value.buckets())
    reading.buckets[merged(bucket.index)] += static_cast<double>(bucket.count);
  if (value.zero_count() > 0) reading.buckets[kZeroBucket] = static_cast<double>(value.zero_count());
  return reading;
}

Reading reading_of(const Point& point) {
  if (point.histogram != nullptr) return reading_of(*point.histogram);
  if (point.window != nullptr) {
    const WindowValue& window = *point.window;
    const auto count = static_cast<double>(window.sorted.size());
    return WindowReading{count, count > 0 ? window.mean() : kUnknown, window.quantile(0.5),
                         window.quantile(0.95), window.quantile(0.99)};
  }
  return to_double(point.number);
}

LabelList labels_of(LabelsView labels) {
  LabelList list;
  for (const auto& label : labels) list.emplace_back(label.key, label.value);
  return list;
}

/// Adds a Snapshot of this process as a frame, as if from a server.
void take_snapshot(const Snapshot& snapshot, SeriesStore& store) {
  store.forget_ids();
  std::uint32_t family_id = 0;
  std::uint32_t id = 0;
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.empty()) continue;
    const Descriptor& descriptor = family.descriptor();
    store.adopt_family(family_id, descriptor.name, descriptor.kind, descriptor.unit);
    for (std::size_t i = 0; i < family.size(); ++i)
      store.adopt_series(id++, family_id, labels_of(family.point(i).labels));
    ++family_id;
  }
  store.end_unnamed();
  const double time = std::chrono::duration<double>(snapshot.time.time_since_epoch()).count();
  const double uptime = std::chrono::duration<double>(snapshot.uptime).count();
  store.follow_clock(time, uptime);
  store.begin(std::nullopt, time);
  id = 0;
  for (const FamilySnapshot& family : snapshot.families) {
    for (std::size_t i = 0; i < family.size(); ++i) store.set(id++, reading_of(family.point(i)), false);
  }
  store.set_uptime(uptime);
}

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
