#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <kymo/live/route.h>
#include <kymo/log/record.h>
#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI {

class Registry;

namespace peers {
class PeerTable;
class SessionLog;
}  // namespace peers

/// What a Monitor measures and where it serves. Every field has a default: `kymo::Monitor monitor;` is
/// complete.
struct KYMO_API MonitorOptions {
  /// Where to serve: `ADDRESS:PORT`, `[IPV6]:PORT`, `localhost:PORT`; port 0 takes any free one.
  std::string listen = "127.0.0.1:9464";
  /// How often the host and the process are measured. 100 ms to 1 h.
  std::chrono::milliseconds tick_interval{1000};
  /// What to export besides the host and the process; it must outlive the Monitor. Null: a registry of the
  /// Monitor's own.
  Registry* registry = nullptr;
  /// Limits of the Monitor's own registry; another one keeps its own.
  std::size_t max_series_per_family = 2000;
  std::size_t max_series = 1'000'000;
  /// How long a Snapshot waits for one callback, 1 ms to 1 h; see RegistryOptions::callback_deadline. Of the
  /// Monitor's own registry, too.
  std::chrono::milliseconds callback_deadline{100};
  /// Whether to export the host's figures (CPU, memory, disks, network, …) and those of this process.
  bool system = true;
  bool process = true;
  /// Whether to turn the process' profiler on when the Monitor begins; see `kymo/profile/profile.h`.
  bool profile = false;
  /// How the host was, for `/api/metrics/system/history`: so many points, so far apart. 1 s to 1 h, and 1 to
  /// 100 000 points of 64 bytes.
  std::chrono::milliseconds history_interval{10000};
  std::size_t history_points = 360;
  /// Shown by `/api/metrics/peers` and `/api/metrics/network`, and exported as `kymo_peer_…`. It must outlive
  /// the Monitor. Null: there are no peers.
  peers::PeerTable* peers = nullptr;
  /// Shown by `/api/metrics/sessions`, and given its checkpoints. It must outlive the Monitor. Null: none.
  peers::SessionLog* sessions = nullptr;
  /// Peers with metrics of their own; the others are counted in `kymo_peers_unlabelled`.
  std::size_t max_labelled_peers = 100;
  /// Show 16 digits of a hash in place of the ids of peers, here and in metrics, and no names of theirs.
  bool anonymous_peers = false;
  /// Where events go; null: nowhere. See `log::stderr_sink()` and `log::file_sink()`.
  log::Sink log_sink = nullptr;
  log::Level log_level = log::Level::info;
  std::size_t http_threads = 2;
  net::HttpLimits http_limits = {};
  /// Names by which it may be asked, besides `localhost`, addresses in numbers and this machine's name:
  /// `name`, `name:port` or `*`. Others get 421, since a web page could let a name of its own point here (DNS
  /// rebinding).
  std::vector<std::string> allowed_hosts = {};
  /// Proxies that stand in front of it, as addresses or networks (`10.0.0.0/8`): the last address in their
  /// X-Forwarded-For that is none of theirs is the client. Limits by address, those on wrong tokens among
  /// them, are then those of that client. Empty: the header is ignored. Text that is no network is a
  /// ConfigError.
  std::vector<std::string> trusted_proxies = {};
  /// What a request must bring to be answered, as `Authorization: Bearer …` (RFC 6750) or, from a browser, in
  /// the cookie that `/login` gives: 16 to 512 letters, digits and `-._~+/=`. Empty: nothing is asked. Health
  /// checks are open either way.
  std::string token = {};
  /// Files in PEM with which it speaks TLS 1.2 and 1.3, HTTP and WebSocket alike: the certificate chain, the
  /// server's own first, and its private key, unencrypted. Both or none; none: it speaks in clear. What
  /// cannot be used is a ConfigError.
  struct TlsFiles {
    std::string certificate;
    std::string key;
  };
  TlsFiles tls = {};
  /// Serve an address that other machines reach without asking for a token. Otherwise that is a ConfigError.
  bool insecure = false;
  /// Further resources to serve, for an application's own pages and for tests.
  std::vector<live::Route> routes = {};

  /// Settings as a command line gives them, by their names: `{{"listen", "127.0.0.1:9500"}}`.
  using Flags = std::vector<std::pair<std::string, std::string>>;

  /// What a program's `main` wants: settings from `flags`, then the environment (KYMO_LISTEN, …), then the
  /// file that KYMO_CONFIG names, then the defaults; and a log on standard error, or in `log.file`, as
  /// `log.level` and `log.format` tell. Throws ConfigError with everything that is wrong. For more control,
  /// see `monitor::Config`.
  [[nodiscard]] static MonitorOptions from_environment(const Flags& flags = {});
};

/// A configuration that cannot be used. `what()` has one line for each thing that is wrong.
class KYMO_API ConfigError final : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

}  // namespace kymo::KYMO_ABI
