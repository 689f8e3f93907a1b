#pragma once

#include <memory>
#include <string>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/monitor/options.h>
#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI {

/// Makes a process show its vital signs: measures the host and the process once a tick, and serves them
/// together with the process' own metrics over HTTP.
///
///     kymo::Monitor monitor;  // http://127.0.0.1:9464
///     auto requests = monitor.registry().counter("requests", "Requests answered.");
///
/// It runs on threads of its own, which block all signals: one for the tick (`kymo-tick`), those of the HTTP
/// server
/// (`kymo-net-…`). A taken port, or threads that cannot be had, is logged and never ends the process: it goes
/// on measuring, and tries the port again. Threads: all members may be called from any. After a fork the
/// child has no Monitor: it can destroy it, which does nothing.
class KYMO_API Monitor final {
 public:
  /// Begins to measure and to serve. Throws std::invalid_argument for options that can never be valid: an
  /// address that is none, a tick below 100 ms or above 1 h, no HTTP threads; ConfigError for an unusable
  /// token, certificate or key, and for an address open to others by oversight.
  explicit Monitor(MonitorOptions options = {});
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  ~Monitor();  ///< as stop()

  /// Where the process' own metrics are registered.
  [[nodiscard]] Registry& registry() const noexcept;

  /// Everything at this instant: what was recorded before the call is in it; the host's and the process'
  /// figures are those of the last tick. Callers that come while a Snapshot is being taken share the next
  /// one. Callbacks that hang are left out: RegistryOptions::callback_deadline. Never null. Errors: where
  /// there is no memory for a new one, and inside a callback of the registry, the last Snapshot there is.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot();

  /// Where it serves, with the port that port 0 became; before it can, what was asked for.
  [[nodiscard]] net::Endpoint endpoint() const;
  /// The same for a browser on this machine, such as `https://127.0.0.1:9464`.
  [[nodiscard]] std::string url() const;
  /// Whether it serves now, with the host and the process measured at least once, and no callback hangs that
  /// a Snapshot was to have. `/readyz` says the same, with the reason.
  [[nodiscard]] bool ready() const noexcept;

  /// Takes what can change while it runs: the token, and certificate and key, whose files are read again. All
  /// or nothing. Gives the names of settings that differ and need a new Monitor, such as `listen`, which keep
  /// the values they have; registry, log and routes are not compared.
  ///
  /// New connections get the new certificate, others go on. A token that changes counts from the next request
  /// on, and live connections (WebSockets), which were opened with the old one, are closed with 1008. Cost:
  /// some milliseconds. Errors: as the constructor's, and then nothing has changed. No signal handler calls
  /// it by itself: `kymo serve` does on SIGHUP.
  std::vector<std::string> reload(const MonitorOptions& options);
  /// Reads certificate and key again, after a renewal.
  void reload();

  /// Ends serving and measuring and joins the threads, within 1 s. A callback that hangs is not waited for;
  /// a Snapshot that is being taken is, for six callback deadlines at most. May be called twice.
  /// `snapshot()` works on.
  void stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI
