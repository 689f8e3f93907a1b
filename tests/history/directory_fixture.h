#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <kymo/core.h>
#include <kymo/history/store.h>

#include "store_model.h"

namespace kymo::KYMO_ABI::history {

namespace fs = std::filesystem;

inline std::chrono::system_clock::time_point at(std::int64_t time_ms) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(time_ms));
}

/// A folder that leaves with its object.
class Folder final {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "kymo-history-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<fs::path> files(const std::string& extension) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(path_)) {
      if (entry.path().extension() == extension) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }

 private:
  std::string path_;
};

/// A registry with series of all kinds, which move at each tick.
class Source final {
 public:
  std::shared_ptr<const Snapshot> tick() {
    ++tick_;
    for (int i = 0; i < 70; ++i) {
      if ((tick_ + i) % 3 == 0)
        counters_.with({{"of", std::to_string(i)}}).add(static_cast<std::uint64_t>(i));
    }
    for (int i = 0; i < 3; ++i) {
      sizes_.with({{"of", std::to_string(i)}}).record(tick_ % 50 * i);
      bounded_.with({{"of", std::to_string(i)}}).record(tick_ % 9);
    }
    level_.set(tick_ % 11 == 0 ? 1.0 / tick_ : 0.1 * tick_);
    window_.record(tick_);
    if (tick_ % 25 == 0) registry_.reset();
    return registry_.snapshot();
  }

 private:
  Registry registry_;
  Family<Counter> counters_ = registry_.family<Counter>("calls", "C.");
  Family<Histogram> sizes_ = registry_.family<Histogram>("sizes", "S.");
  Family<Histogram> bounded_ = registry_.family<Histogram>("bounded", "B.", {.bounds = {1, 5}});
  Gauge level_ = registry_.gauge("level", "L.");
  Window window_ = registry_.window("recent", "R.");
  int tick_ = 0;
  Registration guests_ = registry_.add_producer([this](SnapshotWriter& writer) {
    auto guests = writer.gauge({"guests", "They come and go."});
    if (tick_ % 20 > 7) guests.add({{"of", std::to_string(tick_ / 20)}}, tick_);
    if (tick_ % 9 > 3) guests.add({{"of", "regular"}}, 7);
  });
};

class HistoryDirectory : public testing::Test {
 protected:
  StoreOptions options() {
    return {.window_ticks = 20,
            .directory = {.path = folder_.path(),
                          .on_event = [this](std::string_view text) { events_.emplace_back(text); }}};
  }
  /// Appends ticks at one second each to the store and to the model.
  void append(Store& store, int ticks) {
    for (int i = 0; i < ticks; ++i) {
      const auto snapshot = source_.tick();
      time_ms_ += 1000;
      ASSERT_TRUE(store.append(at(time_ms_), *snapshot));
      model_.append(time_ms_, *snapshot);
    }
  }
  static void expect_equal(const PlainSeries& is, const PlainSeries& expected) {
    EXPECT_EQ(is.size(), expected.size());
    for (const auto& [key, samples] : expected) {
      const auto found = is.find(key);
      ASSERT_NE(found, is.end()) << key;
      ASSERT_EQ(found->second.size(), samples.size()) << key << " from " << found->second.front().time_ms;
      for (std::size_t i = 0; i < samples.size(); ++i)
        ASSERT_EQ(found->second[i], samples[i]) << key << ' ' << i;
    }
  }

  Folder folder_;
  std::vector<std::string> events_;
  Source source_;
  StoreModel model_;
  std::int64_t time_ms_ = 1'700'000'000'000;
};

}  // namespace kymo::KYMO_ABI::history
