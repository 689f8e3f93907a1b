#pragma once

#include <memory>
#include <string>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/monitor/options.h>
#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI {

/// Exports the vital signs of a process: measures the host and the process once a tick, and serves them with
/// the process' own metrics over HTTP.
///
///     kymo::Monitor monitor;  // http://127.0.0.1:9464
///     auto requests = monitor.registry().counter("requests", "Requests answered.");
///
/// Runs on its own threads, which block all signals: one for the tick (`kymo-tick`), those of
/// the HTTP server (`kymo-net-…`). A taken port or missing threads are logged and never end
/// the process: the Monitor goes on measuring, and tries the port again. Threads: all members
/// may be called from any. After a fork the child has no Monitor; destroying it there does
/// nothing.
class KYMO_API Monitor final {
 public:
  /// Begins to measure and to serve. Throws ConfigError (a std::invalid_argument) for options that can never
  /// be valid: a number out of the range of its setting, an invalid address; an unusable token,
  /// certificate, key or log file; an address open to others by oversight.
  explicit Monitor(MonitorOptions options = {});
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  ~Monitor();  ///< as stop()

  /// The registry of the process' own metrics.
  [[nodiscard]] Registry& registry() const noexcept;

  /// Everything at this instant. Records before the call are included; the host's and the process' figures
  /// are those of the last tick. Callers during a Snapshot share the next one. Callbacks that hang are left
  /// out: see RegistryOptions::callback_deadline. Never null. Errors: without memory for a new one, and
  /// inside a callback of the registry, returns the last Snapshot.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot();

  /// The address it serves, with port 0 resolved. Before the server listens: the requested address.
  [[nodiscard]] net::Endpoint endpoint() const;
  /// The same for a browser on this machine, such as `https://127.0.0.1:9464`.
  [[nodiscard]] std::string url() const;
  /// True if the Monitor serves now, has measured the host and the process, and no callback of a Snapshot
  /// hangs. `/readyz` says the same, with the reason.
  [[nodiscard]] bool ready() const noexcept;

  /// Applies the settings that can change while the Monitor runs: the token, `insecure`, and certificate and
  /// key, whose files are read again. All or nothing. Returns the names of all other changed settings, such
  /// as `listen`: they need a new Monitor, and keep their values. Pointers, the log's sink and routes have no
  /// setting, and are not compared.
  ///
  /// New connections get the new certificate, others go on. A changed token counts from the next request on;
  /// live connections (WebSockets) that used the old one are closed with 1008. Cost: some milliseconds.
  /// Errors: as the constructor's; on an error nothing changes. No signal triggers a reload by itself; `kymo
  /// serve` reloads on SIGHUP.
  std::vector<std::string> reload(const MonitorOptions& options);
  /// Reads certificate and key again, after a renewal.
  void reload();

  /// Ends serving and measuring and joins the threads, within 1 s. Does not wait for a callback that hangs.
  /// Waits for a running Snapshot, at most six callback deadlines. May be called twice. `snapshot()` still
  /// works.
  void stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI
