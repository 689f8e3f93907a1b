#pragma once

#include <sys/types.h>

#include <optional>

#include <kymo/watch/report.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// A command that this process has started. It has this process' group and terminal, so that the terminal's
/// Ctrl-C reaches both. Killed where it still runs when this ends, if
/// this process may do so. Threads: one at a time.
class WatchedCommand final {
 public:
  /// Descriptors that become its standard ones; -1 stays as it is.
  struct Streams {
    int in = -1;
    int out = -1;
    int error = -1;
  };
  struct Options {
    /// Processes below it that lose their parent become children of this one, so that they are still known as
    /// its.
    bool takes_orphans = false;
    /// As this process did when it began. All other signals are as they are here: nohup holds for the
    /// command.
    bool ignores_sigpipe = false;
  };
  /// Why send() could not: the command may have changed its user.
  static constexpr const char* kNotPermitted =
      "the command runs as another user and cannot be ended by this one; run kymo as that user";

  /// Errors: std::runtime_error where it cannot be started, with the reason.
  WatchedCommand(const Arguments& command, Streams streams, Options options);
  WatchedCommand(const WatchedCommand&) = delete;
  WatchedCommand& operator=(const WatchedCommand&) = delete;
  ~WatchedCommand();

  [[nodiscard]] watch::Pid pid() const noexcept { return static_cast<watch::Pid>(pid_); }
  /// False where this process may not: the command runs as another user.
  [[nodiscard]] bool send(int signal) const noexcept;

  /// Waits for those below it that lost their parent and became this process' children, where they have
  /// ended.
  void wait_for_orphans() const noexcept;

  /// How it ended, once it has.
  [[nodiscard]] const std::optional<watch::End>& end() noexcept;
  /// What it took; valid once it has ended.
  [[nodiscard]] const watch::Usage& usage() const noexcept { return usage_; }

 private:
  ::pid_t pid_ = -1;
  std::optional<watch::End> end_;
  watch::Usage usage_;
};

}  // namespace kymo::KYMO_ABI::cli
