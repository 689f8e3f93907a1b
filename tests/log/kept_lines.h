#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <kymo/log/format.h>
#include <kymo/log/logger.h>

namespace kymo::KYMO_ABI::log {

/// Keeps what is logged as text, without the time. Threads: any.
class KeptLines final {
 public:
  [[nodiscard]] Logger logger(Level threshold = Level::debug) {
    return Logger([this](const Record& record) { keep(format_event(record)); }, threshold);
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  /// The last line; empty where there is none.
  [[nodiscard]] std::string last() const {
    const std::lock_guard lock(mutex_);
    return lines_.empty() ? std::string() : lines_.back();
  }

 private:
  void keep(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace kymo::KYMO_ABI::log
