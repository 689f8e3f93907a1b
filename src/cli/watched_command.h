#pragma once

#include <sys/types.h>

#include <optional>

#include <kymo/watch/report.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// A command that this process has started. It shares this process' group and terminal, so the terminal's
/// Ctrl-C reaches both. The destructor kills it if it still runs and permissions allow. Threads: one at a
/// time.
class WatchedCommand final {
 public:
  /// Its standard descriptors; -1: inherited.
  struct Streams {
    int in = -1;
    int out = -1;
    int error = -1;
  };
  struct Options {
    /// Orphaned descendants of the command become children of this process, so they stay
    /// known.
    bool takes_orphans = false;
    /// As at this process' start. All other signals are inherited: nohup also holds for the
    /// command.
    bool ignores_sigpipe = false;
  };
  /// Reason why send() failed: the command may have changed its user.
  static constexpr const char* kNotPermitted =
      "the command runs as another user and cannot be ended by this one; run kymo as that user";

  /// Errors: std::runtime_error with the reason if it cannot be started.
  WatchedCommand(const Arguments& command, Streams streams, Options options);
  WatchedCommand(const WatchedCommand&) = delete;
  WatchedCommand& operator=(const WatchedCommand&) = delete;
  ~WatchedCommand();

  [[nodiscard]] watch::Pid pid() const noexcept { return static_cast<watch::Pid>(pid_); }
  /// False without permission: the command runs as another user.
  [[nodiscard]] bool send(int signal) const noexcept;

  /// Reaps ended orphans of the command that became this process'
  /// children.
  void wait_for_orphans() const noexcept;

  /// Its end, once it has ended.
  [[nodiscard]] const std::optional<watch::End>& end() noexcept;
  /// Its resource usage; valid after its end.
  [[nodiscard]] const watch::Usage& usage() const noexcept { return usage_; }

 private:
  ::pid_t pid_ = -1;
  std::optional<watch::End> end_;
  watch::Usage usage_;
};

}  // namespace kymo::KYMO_ABI::cli
