// Tiers: their columns are what all samples give, they outlive the segments, and they survive.

#include <gmock/gmock.h>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core.h>
#include <kymo/history/inspect.h>
#include <kymo/history/store.h>
#include <kymo/query/classic_view.h>
#include <kymo/query/engine.h>

#include "directory_fixture.h"
#include "src/history/file_operations.h"

namespace kymo::KYMO_ABI::history {
namespace {

constexpr std::int64_t kBegin = 1'699'999'200'000;  // a whole hour
constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::uint64_t kLarge = std::uint64_t{1} << 40U;
constexpr const char* kTierNames[] = {".10s", ".5m", ".1h"};

/// Counts that fall, at times often, levels, histograms, and series that come and go.
class Moves final {
 public:
  std::shared_ptr<const Snapshot> tick() {
    ++tick_;
    for (std::uint64_t& count : counts_) {
      count += random() % 7;
      if (random() % 13 == 0) count = random() % 3;
    }
    steady_.add(random() % 5);
    sizes_.record(static_cast<double>(random() % 5000));
    bounded_.record(static_cast<double>(random() % 9));
    level_.set(random() % 50 == 0 ? std::nan("") : static_cast<double>(random() % 1000) / 8 - 60);
    if (random() % 400 == 0) registry_.reset();
    return registry_.snapshot();
  }

 private:
  std::uint64_t random() { return random_() >> 16U; }

  std::mt19937_64 random_{7};
  std::array<std::uint64_t, 3> counts_{};
  int tick_ = 0;
  Registry registry_;
  Counter steady_ = registry_.counter("steady", "S.");
  Histogram sizes_ = registry_.histogram("sizes", "S.");
  Histogram bounded_ = registry_.histogram("bounded", "B.", {.bounds = {1, 5}});
  Gauge level_ = registry_.gauge("level", "L.");
  Registration guests_ = registry_.add_producer([this](SnapshotWriter& writer) {
    auto restless = writer.counter({"restless", "Falls."});
    for (std::size_t i = 0; i < counts_.size(); ++i)
      restless.add({{"of", std::to_string(i)}}, static_cast<double>(counts_[i]));
    auto guests = writer.gauge({"guests", "They come and go."});
    if (tick_ % 700 > 90) guests.add({{"of", "long"}}, tick_ % 77);
    if (tick_ % 9 > 3) guests.add({{"of", "short"}}, tick_ % 5);
  });
};

/// A store whose segments end after 100 s.
struct Kept {
  explicit Kept(std::chrono::seconds retention, std::uint64_t tier_bytes) {
    options.window_ticks = 60;
    options.directory.path = folder.path();
    options.directory.retention = retention;
    for (TierOptions& tier : options.directory.tiers) tier = {std::chrono::seconds(0), tier_bytes};
    store = std::make_unique<Store>(options);
  }
  void reopen() {
    store.reset();
    store = std::make_unique<Store>(options);
    store->sync();
  }

  Folder folder;
  StoreOptions options;
  std::unique_ptr<Store> store;
};

void append(const std::vector<Kept*>& all, Moves& moves, int ticks, std::int64_t& time_ms) {
  for (int i = 0; i < ticks; ++i) {
    time_ms += kSecond;
    const auto snapshot = moves.tick();
    for (Kept* kept : all) {
      ASSERT_TRUE(kept->store->append(at(time_ms), *snapshot));
      if (i % 50 == 49) kept->store->sync();
    }
  }
}

using Points = std::map<std::pair<std::string, std::int64_t>, double>;

Points points_of(const series::SeriesReader& store, const std::string& query, std::int64_t from,
                 std::int64_t to, std::int64_t step, std::uint64_t* samples = nullptr) {
  query::Engine engine;
  const auto result = engine.run(store, {query, from, to, step});
  if (samples != nullptr) *samples = result.read_samples;
  Points points;
  for (const auto& one : result.series) {
    for (const auto& point : one.numbers) points[{one.labels.to_string(), point.time_ms}] = point.value;
  }
  return points;
}

void expect_near(const Points& is, const Points& expected, const std::string& query) {
  EXPECT_EQ(is.size(), expected.size()) << query;
  for (const auto& [key, value] : expected) {
    const auto found = is.find(key);
    ASSERT_NE(found, is.end()) << query << ' ' << key.first << " at " << key.second;
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(found->second)) << query << ' ' << key.first << " at " << key.second;
    } else {
      ASSERT_NEAR(found->second, value, std::abs(value) * 1e-12 + 1e-12)
          << query << ' ' << key.first << " at " << key.second;
    }
  }
}

const std::vector<std::string> kQueries = {
    "rate(restless_total[W])",
    "increase(steady_total[W])",
    "increase(restless_total[W])",
    "delta(level[W])",
    "max_over_time(level[W])",
    "min_over_time(level[W])",
    "sum_over_time(guests[W])",
    "avg_over_time(guests[W])",
    "count_over_time(guests[W])",
    "count_over_time(sizes[W])",
    "last_over_time(guests[W])",
    "first_over_time(guests[W])",
    "present_over_time(guests[W])",
    "guests",
    "restless_total",
    "histogram_quantile(0.99, rate(sizes[W]))",
    "histogram_sum(increase(sizes[W]))",
    "histogram_count(increase(bounded[W]))",
    "histogram_quantile(0.5, sum(rate(sizes[W])))",
    "histogram_count(sizes)",
};

std::string with_range(std::string query, const std::string& range) {
  const auto place = query.find("[W]");
  return place == std::string::npos ? query : query.replace(place, 3, "[" + range + "]");
}

TEST(HistoryTiers, AnswerAsAllSamplesDo) {
  Kept whole(std::chrono::hours{24}, 0);
  Kept both(std::chrono::hours{24}, kLarge);
  Kept tiers(std::chrono::seconds{400}, kLarge);
  both.options.directory.tiers[1].retention = both.options.directory.tiers[2].retention =
      std::chrono::seconds(100'000);
  Moves moves;
  std::int64_t time_ms = kBegin;
  append({&whole, &both, &tiers}, moves, 7500, time_ms);
  ASSERT_GT(tiers.store->figures().oldest_ms, kBegin + 6500 * kSecond);
  EXPECT_GT(tiers.store->figures().expired_segments, 10U);
  for (const TierFigures& tier : tiers.store->figures().tiers) EXPECT_GT(tier.files, 10U);
  EXPECT_EQ(whole.store->figures().tiers[0].files, 0U);
  for (int run = 0; run < 2; ++run) {
    for (const std::string& query : kQueries) {
      const auto compare = [&](const std::string& range, std::int64_t from, std::int64_t to,
                               std::int64_t step) {
        const std::string text = with_range(query, range);
        const Points expected = points_of(*whole.store, text, from, to, step);
        EXPECT_FALSE(expected.empty()) << text;
        expect_near(points_of(*tiers.store, text, from, to, step), expected, text + ", tiers");
        expect_near(points_of(*both.store, text, from, to, step), expected, text + ", both");
      };
      compare("10s", kBegin + 10 * kMinute, kBegin + 20 * kMinute, 10 * kSecond);
      compare("1m", kBegin + 10 * kMinute, kBegin + 60 * kMinute, 30 * kSecond);
      compare("10m", kBegin + 10 * kMinute, kBegin + 100 * kMinute, 5 * kMinute);
      compare("1h", kBegin + kHour, kBegin + 2 * kHour, kHour);
    }
    whole.reopen();
    both.reopen();
    tiers.reopen();
  }
}

class Tiers : public testing::Test {
 protected:
  /// A past that has only tiers before its last minutes.
  void make_past() {
    append({&kept_}, moves_, 1500, time_ms_);
    expected_ = answers(*kept_.store);
    kept_.store.reset();
  }
  static Points answers(const Store& store) {
    Points all;
    for (const char* query : {"rate(restless_total[1m])", "max_over_time(level[1m])",
                              "histogram_quantile(0.9, rate(sizes[1m]))"}) {
      all.merge(points_of(store,
                          std::string("label_replace(") + query + ",\"query\",\"" + query + "\",\"\",\"\")",
                          kBegin + kMinute, kBegin + 15 * kMinute, kMinute));
    }
    return all;
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const char* name : kTierNames) {
      const auto some = kept_.folder.files(name);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  Kept kept_{std::chrono::seconds{200}, kLarge};
  Moves moves_;
  std::int64_t time_ms_ = kBegin;
  Points expected_;
};

TEST_F(Tiers, SurviveARestart) {
  make_past();
  ASSERT_GT(expected_.size(), 60U);
  const Store store(kept_.options);
  EXPECT_GT(store.figures().oldest_ms, kBegin + 1000 * kSecond);
  EXPECT_LE(store.figures().tiers[0].oldest_ms, kBegin + kSecond);
  EXPECT_EQ(answers(store), expected_);
}

/// As after a kill: a file that is not whole is there, and one that was due is not.
TEST_F(Tiers, AreMadeAgainWhereAKillCutThem) {
  Kept whole{std::chrono::hours{24}, kLarge};
  append({&whole}, moves_, 3900, time_ms_);
  whole.store.reset();
  whole.reopen();
  const Points expected = answers(*whole.store);
  whole.store.reset();
  const std::vector<fs::path> made = whole.folder.files(".10s");
  ASSERT_FALSE(made.empty());
  const fs::path cut = made.back().string() + ".tmp";
  fs::rename(made.back(), cut);
  fs::resize_file(cut, fs::file_size(cut) / 2);
  whole.reopen();
  EXPECT_FALSE(fs::exists(cut));
  EXPECT_EQ(whole.folder.files(".10s"), made);
  EXPECT_EQ(answers(*whole.store), expected);
}

TEST_F(Tiers, DamageIsFoundAndCostsItsBlockOnly) {
  make_past();
  std::mt19937_64 random(3);
  const std::vector<fs::path> all = files();
  for (std::size_t k = 0; k < all.size(); k += 5) {
    const fs::path& path = all[k];
    const auto size = fs::file_size(path);
    for (int i = 0; i < 2; ++i) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      const auto place = static_cast<std::streamoff>(random() % size);
      file.seekg(place);
      const char was = static_cast<char>(file.get());
      const auto put = [&](char byte) {
        file.seekp(place);
        file.put(byte);
        file.flush();
      };
      put(static_cast<char>(was ^ 0x10));
      std::uint64_t found = 0;
      EXPECT_GT(check_directory(kept_.folder.path(),
                                [&](const DamagedPart& part) {
                                  EXPECT_EQ(part.file, path.string());
                                  ++found;
                                })
                    .damaged,
                0U)
          << path << " at " << place;
      StoreOptions reading = kept_.options;
      reading.directory.is_read_only = true;
      const Points now = answers(Store(reading));
      EXPECT_GT(now.size() * 2, expected_.size());
      put(was);
    }
  }
}

TEST_F(Tiers, LeaveBySizeAndAge) {
  append({&kept_}, moves_, 1500, time_ms_);
  const TierFigures before = kept_.store->figures().tiers[0];
  kept_.options.directory.tiers[0].bytes = before.bytes / 2;
  kept_.options.directory.tiers[1].retention = std::chrono::seconds{500};
  kept_.reopen();
  const StoreFigures now = kept_.store->figures();
  EXPECT_LE(now.tiers[0].bytes, before.bytes / 2);
  EXPECT_GT(now.tiers[0].displaced_files, 0U);
  EXPECT_GT(now.tiers[1].expired_files, 0U);
  EXPECT_GE(now.tiers[1].newest_ms, time_ms_ - 500 * kSecond);
  EXPECT_EQ(now.tiers[2].expired_files + now.tiers[2].displaced_files, 0U);
}

/// The n-th call that makes a file of a tier fails.
class FailingTiers final : public FileOperations {
 public:
  explicit FailingTiers(int call) : left_(call) {}
  [[nodiscard]] bool has_failed() const { return left_ <= 0; }

  int open(const std::string& path, int flags) noexcept override {
    const bool is_write = flags != O_RDONLY && path.ends_with(".tmp");
    return is_write && fails() ? -1 : FileOperations::open(path, flags);
  }
  int fdatasync(int file) noexcept override { return fails() ? -1 : FileOperations::fdatasync(file); }
  int rename(const std::string& from, const std::string& to) noexcept override {
    return fails() ? -1 : FileOperations::rename(from, to);
  }

 private:
  bool fails() noexcept {
    if (--left_ != 0) return false;
    errno = EIO;
    return true;
  }
  std::atomic<int> left_;
};

TEST_F(Tiers, AreMadeAfterAFailure) {
  append({&kept_}, moves_, 400, time_ms_);
  for (int i = 0; i < 3; ++i) kept_.store->sync();
  const auto queries = [](const Store& store) {
    return points_of(store, "increase(restless_total[1m])", kBegin + kMinute, kBegin + 6 * kMinute, kMinute);
  };
  const Points expected = queries(*kept_.store);
  const std::size_t made = kept_.folder.files(".10s").size();
  ASSERT_GE(made, 2U);
  bool has_failed = true;
  for (int n = 1; has_failed; n += 1 + n / 4) {
    SCOPED_TRACE(n);
    FailingTiers files(n);
    Kept kept{std::chrono::seconds{200}, kLarge};
    kept.store.reset();
    kept.options.directory.files = &files;
    kept.store = std::make_unique<Store>(kept.options);
    Moves moves;
    std::int64_t time_ms = kBegin;
    append({&kept}, moves, 400, time_ms);
    for (int i = 0; i < 3; ++i) kept.store->sync();
    EXPECT_FALSE(kept.store->figures().is_failing);
    EXPECT_GE(kept.folder.files(".10s").size(), 2U);
    EXPECT_TRUE(kept.folder.files(".tmp").empty());
    EXPECT_EQ(queries(*kept.store), expected);
    has_failed = files.has_failed();
    kept.store.reset();
  }
}

// Version 1 is read for ever.
TEST(TierFiles, OfVersion1AreRead) {
  StoreOptions options;
  options.directory.path = KYMO_GOLDEN "/tiers_1";
  options.directory.is_read_only = true;
  const Store store(options);
  const StoreFigures figures = store.figures();
  EXPECT_EQ(figures.damaged_bytes + figures.damaged_blocks, 0U);
  EXPECT_EQ(figures.segments, 0U);
  for (const TierFigures& tier : figures.tiers) EXPECT_GE(tier.files, 1U);
  const auto value = [&](const std::string& query, std::int64_t seconds) {
    const Points points = points_of(store, query, kBegin + seconds * kSecond, kBegin + seconds * kSecond, 0);
    return points.size() == 1 ? points.begin()->second : -1;
  };
  EXPECT_EQ(value("max_over_time(level[10s])", 20), 16);
  EXPECT_EQ(value("min_over_time(level[5m])", 300), 0);
  EXPECT_EQ(value("max_over_time(level[1h])", 3600), 16);
  EXPECT_EQ(value("sum_over_time(level[20m])", 1200), 9575);
  EXPECT_EQ(value("count_over_time(level[20m])", 1200), 1200);
  EXPECT_EQ(value("delta(level[10s])", 10), 10);
  EXPECT_NEAR(value("increase(restless_total[5m])", 300), 257, 1);
  EXPECT_NEAR(value("histogram_count(increase(sizes[10s]))", 20), 10, 1e-9);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::history
