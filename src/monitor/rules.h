#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <kymo/alert/evaluator.h>
#include <kymo/base/json_writer.h>
#include <kymo/history/store.h>
#include <kymo/live/query_api.h>
#include <kymo/query/classic_view.h>
#include <kymo/query/engine.h>

#include "part.h"

namespace kymo::KYMO_ABI::monitor {

/// Tells whether a file changed.
struct FileMark {
  std::string path;
  std::int64_t time_ns = 0;
  std::int64_t size = 0;
  std::uint64_t node = 0;
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

/// Rules that were read and checked, all of them.
struct LoadedRules {
  RuleOptions options;
  std::vector<FileMark> marks;
  std::vector<alert::RuleSource> sources;
};

/// The files that fit the patterns, as they are now.
[[nodiscard]] std::vector<FileMark> marks_of(const std::vector<std::string>& patterns);

/// Reads all rules of the options. Throws ConfigError with a line for each fault, `FILE:LINE:COLUMN: …`.
[[nodiscard]] LoadedRules load_rules(const RuleOptions& options);

/// The rules of a Monitor: reads their files, and evaluates them behind each tick, on a thread of their own.
/// Threads: any.
class Rules final {
 public:
  /// `store`: null where the process keeps no past. Throws as load_rules(), and for rules without a store.
  Rules(const PartContext& context, history::Store* store);
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;
  ~Rules() { stop(); }

  /// Reads rules, and refuses them without a store. Changes nothing. Throws ConfigError.
  [[nodiscard]] LoadedRules load(const RuleOptions& options) const;
  /// Counts a reload that was refused.
  void count_refused() noexcept;
  /// Takes rules in place of those before.
  void use(LoadedRules rules);

  void start();
  void stop() noexcept;
  void on_tick(const pulse::Tick& tick);
  void write(SnapshotWriter& writer) const;

  /// The objects of `/api/v1/rules` and `/api/v1/alerts`.
  void write_groups(const live::RuleFilter& filter, base::JsonWriter& json) const;
  void write_alerts(base::JsonWriter& json) const;

 private:
  struct Pending {
    std::int64_t time_ms = 0;
    bool is_after_gap = false;
  };

  void start_thread();
  void run();
  void check_files() noexcept;

  const log::Logger logger_;
  const base::Clock& clock_;
  const std::chrono::milliseconds tick_interval_;
  const std::optional<query::ClassicView> view_;
  const query::Engine engine_;
  std::optional<alert::Evaluator> evaluator_;  ///< none without a store

  mutable std::mutex loading_;  ///< before those of the evaluator
  LoadedRules loaded_;          ///< without sources; to write it takes both locks, to read it one
  std::vector<FileMark> seen_marks_;
  std::vector<FileMark> refused_marks_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Pending> pending_;
  std::int64_t last_tick_ms_ = 0;
  std::chrono::steady_clock::time_point last_tick_{};
  bool has_rules_ = false;
  bool is_started_ = false;
  bool is_reload_good_ = true;
  std::int64_t reloaded_ms_ = 0;
  std::stop_source stop_;
  std::thread thread_;
};

/// Evaluates rules; see Rules.
[[nodiscard]] Part make_rules_part(const std::shared_ptr<Rules>& rules);

}  // namespace kymo::KYMO_ABI::monitor
