#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <kymo/live/route.h>
#include <kymo/log/format.h>
#include <kymo/log/record.h>
#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI {

class Registry;

namespace peers {
class PeerTable;
class SessionLog;
}  // namespace peers

namespace monitor {

/// Limits of the Monitor's own registry. A registry of yours keeps its own.
struct LimitOptions {
  std::size_t series_per_family = 2000;  ///< see RegistryOptions::max_series_per_family
  std::size_t series = 1'000'000;        ///< of all families together
  /// Time that a Snapshot waits for one callback; see RegistryOptions::callback_deadline.
  std::chrono::milliseconds callback_deadline{100};
};

/// When the ticks of a history's directory reach the disk. A process that ends loses none of them in any
/// case.
enum class HistorySync : std::uint8_t {
  always,  ///< each tick before the next one
  second,  ///< within a second; a power cut costs at most that
  off,     ///< when the system likes
};

/// The past of every series, tick by tick.
struct HistoryOptions {
  /// Bytes for the past; the oldest leaves first. 0: no past is kept. With a directory: for labels and the
  /// ticks that are in no segment yet.
  std::size_t memory = std::size_t{32} << 20U;
  /// A directory that keeps the past over restarts, for one process at a time; made where there is none.
  /// Empty: memory only. A failure to write is logged, counted, and tried again each second.
  std::string directory = {};
  HistorySync sync = HistorySync::second;
  /// Files of the directory whose samples are all older leave; 0: age removes none.
  std::chrono::milliseconds retention = std::chrono::hours{30 * 24};
  /// Bytes of the directory's segments; the oldest leave first.
  std::size_t size = std::size_t{1} << 30U;
  /// The same of the directory's tiers: windows of 10 s, 5 min and 1 h, which outlive the samples. A size of
  /// 0 makes no such tier.
  std::chrono::milliseconds retention_10s = std::chrono::hours{60 * 24};
  std::size_t size_10s = std::size_t{512} << 20U;
  std::chrono::milliseconds retention_5m = std::chrono::hours{90 * 24};
  std::size_t size_5m = std::size_t{256} << 20U;
  std::chrono::milliseconds retention_1h = std::chrono::hours{2 * 365 * 24};
  std::size_t size_1h = std::size_t{128} << 20U;
  /// Between two points of `/api/metrics/system/history`; each is a mean over that time.
  std::chrono::milliseconds interval{10000};
};

/// PromQL over the history, as `/api/v1/query` has it. A query over a limit fails, and says which.
struct QueryOptions {
  std::size_t threads = 1;  ///< that evaluate queries
  /// For one query. `http.answer_timeout` bounds it too.
  std::chrono::milliseconds timeout{20000};
  /// Bytes for samples and results of one query, at any moment.
  std::size_t memory = std::size_t{48} << 20U;
  std::size_t max_samples = 50'000'000;  ///< that one query reads
  std::size_t max_series = 100'000;      ///< that one selector finds
};

enum class AlertState : std::uint8_t { inactive, pending, firing };

/// A change of one alert's state.
struct AlertEvent {
  std::string group;
  std::string alert;  ///< the name of its rule
  AlertState from = AlertState::inactive;
  AlertState to = AlertState::inactive;
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::pair<std::string, std::string>> annotations;
  double value = 0;                                    ///< of the query, at the last result
  std::chrono::system_clock::time_point time;          ///< of the evaluation
  std::chrono::system_clock::time_point active_since;  ///< when the query first had a result
};

/// Recording and alerting rules in Prometheus' format, evaluated over the history.
struct RuleOptions {
  /// Paths, and patterns such as `/etc/kymo/rules/*.yaml`. A faulty file is a ConfigError. The Monitor reads
  /// files that change again; then a faulty file is logged, and all rules stay as they were.
  std::vector<std::string> files = {};
  std::chrono::milliseconds interval{60000};  ///< of groups that name none
  /// Further rules, the text of one file.
  std::string text = {};
  /// Called at each change of an alert's state, on the thread of the rules: later evaluations wait for its
  /// return. It must not stop, reload or destroy the Monitor. An exception is counted.
  std::function<void(const AlertEvent&)> on_alert = nullptr;
};

/// Other hosts, and the sessions with them. Both objects must outlive the Monitor.
struct PeerOptions {
  /// Served by `/api/metrics/peers` and `/api/metrics/network`, exported as `kymo_peer_…`. Null: no peers.
  peers::PeerTable* table = nullptr;
  /// Served by `/api/metrics/sessions`; the Monitor writes its checkpoints. Null: none.
  peers::SessionLog* sessions = nullptr;
  /// Peers with metrics of their own; `kymo_peers_unlabelled` counts the others.
  std::size_t max_labelled = 100;
  /// Show 16 digits of a hash in place of each peer's id, also in metrics, and no names.
  bool anonymous = false;
};

/// Events of the Monitor.
struct LogOptions {
  /// Takes the events; see `log::stderr_sink()` and `log::file_sink()`. Null: `file` takes them; without a
  /// file the Monitor logs nothing. The four members below `level` do not matter to a sink of yours.
  log::Sink sink = nullptr;
  log::Level level = log::Level::info;        ///< the least severe event to log
  log::Format format = log::Format::text;     ///< of a line
  std::string file = {};                      ///< path; rotated, and written by a thread of its own
  std::size_t file_bytes = 10 * 1024 * 1024;  ///< size at which the file rotates
  std::size_t files = 5;                      ///< files to keep, the open one included
};

struct HttpOptions {
  std::size_t threads = 2;  ///< that answer requests
  /// A dashboard sends a query for each of its charts at once.
  net::HttpLimits limits = {.heavy_waiting = 256};
};

/// Files in PEM for TLS 1.2 and 1.3, HTTP and WebSocket alike. Both or none; none: no TLS. An unusable file
/// is a ConfigError.
struct TlsFiles {
  std::string certificate;  ///< path of the chain, the server's own certificate first
  std::string key;          ///< path of its private key, unencrypted
};

/// Clients that may read, and the way to them.
struct AccessOptions {
  /// Each request must bring this token, as `Authorization: Bearer …` (RFC 6750). A browser brings the cookie
  /// that `/login` gives. 16 to 512 letters, digits and `-._~+/=`; empty: no token needed. Health checks need
  /// none.
  std::string token = {};
  /// Serve an address that other machines reach without a token. Otherwise such an address is a ConfigError.
  bool insecure = false;
  /// Extra Host names to accept: `name`, `name:port`, or `*` for any. `localhost`, addresses in numbers and
  /// this machine's name always work. Other names get 421: a web page could let its own name point here (DNS
  /// rebinding).
  std::vector<std::string> allowed_hosts = {};
  /// Proxies in front of the server, as addresses or networks (`10.0.0.0/8`). The last address in their
  /// X-Forwarded-For that is no such proxy is the client. Limits by address then count that client, also
  /// the limit on wrong tokens. Empty: the header is ignored.
  std::vector<std::string> trusted_proxies = {};
  TlsFiles tls = {};
};

}  // namespace monitor

/// Settings of a Monitor. Every field has a default: `kymo::Monitor monitor;` is complete. Groups are set
/// by name: `kymo::Monitor monitor({.listen = "0.0.0.0:9464", .access = {.token = token}});`. The reference
/// of the configuration has the range of each; a value outside is a ConfigError.
struct KYMO_API MonitorOptions {
  /// Where to serve: `ADDRESS:PORT`, `[IPV6]:PORT`, `localhost:PORT`; port 0 takes any free one.
  std::string listen = "127.0.0.1:9464";
  /// Time from one measurement of host and process to the next, 100 ms to 1 h.
  std::chrono::milliseconds tick_interval{1000};
  /// Exported besides the host and the process; it must outlive the Monitor. Null: a registry of the
  /// Monitor's own.
  Registry* registry = nullptr;
  /// Export the host's figures (CPU, memory, disks, network, …).
  bool system = true;
  /// Export the figures of this process.
  bool process = true;
  /// Turn the profiler on when the Monitor begins; see `kymo/profile/profile.h`.
  bool profile = false;
  monitor::LimitOptions limits = {};
  monitor::HistoryOptions history = {};
  monitor::QueryOptions query = {};
  monitor::RuleOptions rules = {};
  monitor::PeerOptions peers = {};
  monitor::LogOptions log = {};
  monitor::HttpOptions http = {};
  monitor::AccessOptions access = {};
  /// Further resources to serve, for an application's own pages and for tests.
  std::vector<live::Route> routes = {};

  /// Settings as a command line gives them, by their names: `{{"listen", "127.0.0.1:9500"}}`.
  using Flags = std::vector<std::pair<std::string, std::string>>;

  /// Settings for a program's `main`: from `flags`, then the environment (KYMO_LISTEN, …), then the file that
  /// KYMO_CONFIG names, then the defaults. The log goes to standard error, or to `log.file`. Throws
  /// ConfigError with all errors. For more control, see `monitor::Config`.
  [[nodiscard]] static MonitorOptions from_environment(const Flags& flags = {});
};

/// A configuration that cannot be used. `what()` has one line for each error.
class KYMO_API ConfigError final : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

}  // namespace kymo::KYMO_ABI
