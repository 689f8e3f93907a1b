#include <kymo/monitor/monitor.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <kymo/base/amount_text.h>
#include <kymo/base/clock.h>
#include <kymo/core/snapshot_builder.h>
#include <kymo/core/snapshot_memory.h>
#include <kymo/live/metrics_hub.h>
#include <kymo/live/scrape_memory.h>
#include <kymo/live/system_history.h>
#include <kymo/log/file_sink.h>
#include <kymo/log/logger.h>
#include <kymo/net/network.h>
#include <kymo/peers/session_log.h>
#include <kymo/profile/profile.h>
#include <kymo/pulse/snapshot_source.h>
#include <kymo/pulse/tick_listeners.h>
#include <kymo/pulse/tick_thread.h>
#include <kymo/system/system_collector.h>
#include <kymo/version.h>

#include "access_guard.h"
#include "access_token.h"
#include "config_schema.h"
#include "family_cache.h"
#include "live_thread.h"
#include "peer_export.h"
#include "routes.h"
#include "self_metrics.h"
#include "tls_files.h"

namespace kymo::KYMO_ABI {
namespace {

constexpr std::chrono::milliseconds kTryLiveAgain{100};

std::vector<net::Network> networks_of(const std::vector<std::string>& texts) {
  std::vector<net::Network> networks;
  for (const std::string& text : texts) networks.push_back(net::Network::parse(text));
  return networks;
}

/// Options that can be used, with the sink that they name. Throws ConfigError with all faults.
MonitorOptions checked(MonitorOptions options) {
  std::string faults;
  for (const std::string& fault : monitor::setting_faults({.monitor = options})) {
    faults += (faults.empty() ? "MonitorOptions: " : "\nMonitorOptions: ") + fault;
  }
  if (!faults.empty()) throw ConfigError(faults);
  if (const auto fault = monitor::access_fault(options)) throw ConfigError(*fault);
  if (!options.log.sink && !options.log.file.empty()) {
    if (const auto fault = log::log_file_fault(options.log.file)) throw ConfigError(*fault);
    options.log.sink = monitor::log_sink(options.log);
  }
  return options;
}

std::shared_ptr<const net::TlsIdentity> identity_of(const MonitorOptions& options) {
  auto result = monitor::read_tls_files(options.access.tls);
  if (const auto* error = std::get_if<monitor::TlsFileError>(&result)) throw ConfigError(error->message);
  return std::get<std::shared_ptr<const net::TlsIdentity>>(std::move(result));
}

std::unique_ptr<Registry> own_registry(const MonitorOptions& options, const log::Logger& logger) {
  if (options.registry != nullptr) return nullptr;
  RegistryOptions registry;
  // Without a sink of the user's the registry itself says what it refuses.
  if (options.log.sink) registry.error_sink = [logger](std::string_view message) { logger.warning(message); };
  registry.max_series_per_family = options.limits.series_per_family;
  registry.max_series = options.limits.series;
  registry.callback_deadline = options.limits.callback_deadline;
  return std::make_unique<Registry>(std::move(registry));
}

/// Differs from that of every other process, and of this one's next life.
std::string make_instance() {
  const auto started = std::chrono::system_clock::now().time_since_epoch().count();
  return std::to_string(started) + "-" + std::to_string(::getpid());
}

system::SystemOptions system_options(const MonitorOptions& options) {
  const bool host = options.system;
  system::SystemOptions system;
  system.cpu = system.memory = system.load = system.pressure = host;
  system.disk = system.filesystem = system.network = system.cgroup = host;
  system.process = options.process;
  system.node_memory = system::NodeMemory::lint_clean;
  return system;
}

}  // namespace

class Monitor::Impl final {
 public:
  explicit Impl(MonitorOptions options);

  void start();
  void stop() noexcept;

  [[nodiscard]] Registry& registry() noexcept { return registry_; }
  [[nodiscard]] pulse::SnapshotSource& snapshots() noexcept { return snapshots_; }
  [[nodiscard]] const net::HttpServer& server() const noexcept { return server_; }
  [[nodiscard]] std::string url() const;
  std::vector<std::string> reload(const MonitorOptions& wanted);
  void reload();
  /// Empty: it is ready.
  [[nodiscard]] std::string why_not_ready() const;
  /// A child that was forked off has this object but none of its threads.
  [[nodiscard]] bool is_of_this_process() const noexcept { return ::getpid() == process_; }

 private:
  [[nodiscard]] net::HttpServer make_server();
  [[nodiscard]] net::HttpServerOptions server_options() const;
  /// Clients that may still come in connect again by themselves.
  void end_live(std::string_view reason) {
    server_.close_websockets(net::WebSocketClose::not_allowed, reason);
  }
  void warn_of_tls(const monitor::TlsFiles& files, const net::TlsIdentity* identity) const;
  [[nodiscard]] monitor::SelfMetrics::Readings readings() const;
  void tick() noexcept;
  [[nodiscard]] std::vector<pulse::TickListener> tick_listeners();
  void measure();
  void start_ticks();
  void start_server();
  void start_live();
  [[nodiscard]] monitor::LiveThread::Time work_live() noexcept;
  [[nodiscard]] live::MetricsHubParts hub_parts();

  const pid_t process_ = ::getpid();
  const MonitorOptions options_;
  const log::Logger logger_;
  const net::Endpoint listen_;
  const std::shared_ptr<const net::TlsIdentity> first_identity_;
  monitor::AccessGuard access_;
  std::mutex reload_mutex_;
  MonitorOptions running_;  ///< with what reload() changed; under its mutex
  const std::unique_ptr<Registry> own_registry_;
  Registry& registry_;
  monitor::SelfMetrics self_;
  monitor::FamilyCache host_families_;
  std::optional<system::SystemCollector> collector_;  // of the listener "host"
  std::atomic<bool> measured_{false};
  pulse::SnapshotSource snapshots_;
  const base::RealClock clock_;
  live::SystemHistory history_;  // of the listener "host", read by the server's threads
  monitor::LiveThread live_;
  live::MetricsHub hub_;  // after its thread, which it wakes; before the server, which calls it
  const std::shared_ptr<live::ScrapeMemory> scrape_memory_ = std::make_shared<live::ScrapeMemory>();
  net::HttpServer server_;
  pulse::TickListeners listeners_;
  std::uint64_t ticks_begun_ = 0;  // of the tick thread
  std::optional<pulse::TickThread> ticks_;
  std::atomic<const pulse::TickThread*> running_ticks_{nullptr};
  // Last, so that they end first: what they call uses the members above.
  Registration host_registration_;
  Registration self_registration_;
  Registration peers_registration_;
};

Monitor::Impl::Impl(MonitorOptions options)
    : options_(checked(std::move(options))),
      logger_(options_.log.sink, options_.log.level),
      listen_(net::Endpoint::parse(options_.listen)),
      first_identity_(identity_of(options_)),
      access_(options_.access.token),
      running_(options_),
      own_registry_(own_registry(options_, logger_)),
      registry_(own_registry_ ? *own_registry_ : *options_.registry),
      snapshots_([this] { return registry_.snapshot(); }, [this] { return registry_.is_in_callback(); }),
      history_(clock_, options_.history.interval, options_.history.points),
      hub_(hub_parts()),
      server_(make_server()),
      listeners_(tick_listeners()) {
  host_registration_ =
      registry_.add_producer([this](SnapshotWriter& writer) { host_families_.write(writer); },
                             {.name = "kymo_host", .has_deadline = false});
  self_registration_ = registry_.add_producer(
      [this](SnapshotWriter& writer) { self_.write(writer, readings()), listeners_.write(writer); },
      {.name = "kymo_self", .has_deadline = false});
  peers_registration_ = monitor::export_peers(registry_, options_);
}

net::HttpServer Monitor::Impl::make_server() {
  monitor::Serving serving = monitor::make_serving({.options = options_,
                                                    .listen = listen_,
                                                    .snapshots = snapshots_,
                                                    .why_not_ready = [this] { return why_not_ready(); },
                                                    .self = self_,
                                                    .hub = hub_,
                                                    .hub_works = [this] { return live_.is_running(); },
                                                    .history = history_,
                                                    .access = access_,
                                                    .memory = scrape_memory_,
                                                    .on_logout = [this] { end_live("a login has ended"); }});
  net::HttpServerOptions options = server_options();
  options.thread_class = std::move(serving.thread_class);
  return {std::move(options), std::move(serving.handle)};
}

net::HttpServerOptions Monitor::Impl::server_options() const {
  net::HttpServerOptions server;
  server.listen = listen_;
  server.threads = options_.http.threads;
  server.limits = options_.http.limits;
  server.trusted_proxies = networks_of(options_.access.trusted_proxies);
  server.tls = first_identity_;
  server.on_event = [logger = logger_](std::string_view message) { logger.warning(message); };
  return server;
}

monitor::SelfMetrics::Readings Monitor::Impl::readings() const {
  const pulse::TickThread* ticks = running_ticks_.load(std::memory_order_acquire);
  return {.ticks_missed = ticks == nullptr ? 0 : ticks->missed(),
          .snapshots_stale = snapshots_.stale(),
          .log_records_lost = logger_.lost(),
          .logins_evicted = access_.logins().evicted(),
          .http = server_.statistics(),
          .live = hub_.statistics(),
          .scrape_memory_bytes = scrape_memory_->blocks()->kept_bytes(),
          .scrape_blocks_freed = scrape_memory_->blocks()->not_kept()};
}

live::MetricsHubParts Monitor::Impl::hub_parts() {
  return {.snapshot = [this] { return snapshots_.get(); },
          .clock = clock_,
          .wake = [this] { live_.wake(); },
          .on_encoded = [this](std::chrono::nanoseconds time) { self_.record_frame(time); },
          .server = "kymo/" + std::string(version()),
          .instance = make_instance(),
          .tick_interval = options_.tick_interval};
}

void Monitor::Impl::start() {
  if (!listen_.is_loopback() && options_.access.token.empty()) {
    logger_.warning("everybody who reaches this address can read the metrics; no token is required",
                    {{"address", listen_.to_string()}});
  }
  warn_of_tls(options_.access.tls, first_identity_.get());
  if (options_.profile) profile::enable();
  start_ticks();
  start_live();
  start_server();
}

void Monitor::Impl::warn_of_tls(const monitor::TlsFiles& files, const net::TlsIdentity* identity) const {
  if (identity == nullptr) return;
  for (const std::string& warning : monitor::tls_warnings(files, *identity)) logger_.warning(warning);
}

std::string Monitor::Impl::why_not_ready() const {
  if (!server_.listening() || !measured_.load(std::memory_order_relaxed)) {
    return "the first measurement is not made yet, or the server is stopping";
  }
  const std::vector<HangingCallback> hanging = registry_.hanging_callbacks();
  if (hanging.empty()) return {};
  const HangingCallback& longest = *std::max_element(
      hanging.begin(), hanging.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  const double seconds = std::chrono::duration<double>(longest.time).count();
  return "callback \"" + longest.name + "\" has not returned for " + base::duration_text(seconds) +
         (hanging.size() == 1 ? "" : ", and " + std::to_string(hanging.size() - 1) + " more hang");
}

/// An address that a browser can open: that of all interfaces is none.
std::string Monitor::Impl::url() const {
  net::Endpoint endpoint = server_.endpoint();
  if (endpoint.address == "0.0.0.0") endpoint.address = "127.0.0.1";
  if (endpoint.address == "::") endpoint.address = "::1";
  // RFC 6874, 2: a URL writes the % of a zone as %25.
  const std::size_t zone = endpoint.address.find('%');
  if (zone != std::string::npos) endpoint.address.replace(zone, 1, "%25");
  return (first_identity_ == nullptr ? "http://" : "https://") + endpoint.to_string();
}

/// All that can fail comes first. What lets in is held against the address that is listened on, not against
/// one that would need a restart.
std::vector<std::string> Monitor::Impl::reload(const MonitorOptions& wanted) {
  const std::lock_guard lock(reload_mutex_);
  (void)net::Endpoint::parse(checked(wanted).listen);
  auto identity = identity_of(wanted);
  MonitorOptions next = running_;
  next.access.token = wanted.access.token;
  next.access.insecure = wanted.access.insecure;
  next.access.tls = wanted.access.tls;
  if (const auto fault = monitor::access_fault(next)) throw ConfigError(*fault);
  std::vector<std::string> to_restart_for =
      monitor::settings_to_restart_for({.monitor = options_}, {.monitor = wanted});
  const bool is_tls_kept = (identity == nullptr) != (first_identity_ == nullptr);
  if (is_tls_kept) next.access.tls = running_.access.tls;
  const bool is_new_token = next.access.token != running_.access.token;

  if (is_new_token) {
    access_.use_token(next.access.token);
    end_live("the token has changed");
  }
  if (!is_tls_kept && identity != nullptr) {
    warn_of_tls(next.access.tls, identity.get());
    server_.use_identity(std::move(identity));
  }
  running_ = std::move(next);
  for (const std::string& name : to_restart_for) {
    logger_.warning("a changed setting needs a restart; the old value stays", {{"setting", name}});
  }
  logger_.info("configuration reloaded", {{"token", is_new_token ? "changed" : "as before"}});
  return to_restart_for;
}

void Monitor::Impl::reload() {
  const MonitorOptions same = [this] {
    const std::lock_guard lock(reload_mutex_);
    return running_;
  }();
  (void)reload(same);
}

/// Without a thread to be had, the process goes on unmeasured: that is no reason to end it.
void Monitor::Impl::start_ticks() {
  try {
    ticks_.emplace(options_.tick_interval, [this] { tick(); });
    running_ticks_.store(&*ticks_, std::memory_order_release);
  } catch (const std::system_error& error) {
    logger_.error("host and process are not measured: no thread could be made", {{"reason", error.what()}});
    measured_ = true;
  }
}

void Monitor::Impl::start_live() {
  try {
    live_.start([this] { return work_live(); });
  } catch (const std::system_error& error) {
    logger_.error("live connections get nothing: no thread could be made", {{"reason", error.what()}});
  }
}

/// What fails (a callback's exception, no memory) is tried again.
monitor::LiveThread::Time Monitor::Impl::work_live() noexcept {
  try {
    return hub_.work();
  } catch (...) {
    self_.count_failed_frame();
    return clock_.steady_now() + kTryLiveAgain;
  }
}

void Monitor::Impl::start_server() {
  try {
    server_.start();
  } catch (const std::system_error& error) {
    logger_.error("nothing is served: no thread or socket could be made",
                  {{"address", listen_.to_string()}, {"reason", error.what()}});
  }
}

void Monitor::Impl::stop() noexcept {
  if (!is_of_this_process()) return;
  server_.stop();
  live_.stop();
  if (ticks_) ticks_->stop();
  listeners_.stop();
}

std::vector<pulse::TickListener> Monitor::Impl::tick_listeners() {
  std::vector<pulse::TickListener> listeners;
  const auto add = [&](std::string name, std::function<void(const pulse::Tick&)> on_tick) {
    listeners.push_back(
        {.name = std::move(name), .budget = options_.tick_interval, .on_tick = std::move(on_tick)});
  };
  if (options_.peers.sessions != nullptr)
    add("sessions", [this](const auto&) { options_.peers.sessions->checkpoint(); });
  if (options_.system || options_.process) {
    add("host", [this](const auto&) {
      // Ready after the first measurement, even a failed one: the server has other figures.
      try {
        measure();
      } catch (...) {
        measured_.store(true, std::memory_order_relaxed);
        throw;
      }
      measured_.store(true, std::memory_order_relaxed);
    });
  }
  return listeners;
}

void Monitor::Impl::tick() noexcept {
  const auto start = std::chrono::steady_clock::now();
  try {
    const pulse::Tick tick{.number = ++ticks_begun_,
                           .time = clock_.system_now(),
                           .steady = start,
                           .snapshot = listeners_.want_snapshot() ? snapshots_.get() : nullptr};
    if (!listeners_.call(tick)) self_.count_failed_tick();
  } catch (...) {
    self_.count_failed_tick();
  }
  scrape_memory_->free_unused(start);
  free_unused_snapshot_memory(start);
  self_.record_tick(std::chrono::steady_clock::now() - start);
  if (!options_.system && !options_.process) measured_.store(true, std::memory_order_relaxed);
}

void Monitor::Impl::measure() {
  if (!collector_) collector_.emplace(system_options(options_));
  SnapshotBuilder builder;
  collector_->collect(builder);
  auto families = builder.take_families();
  history_.add(families);
  host_families_.replace(std::move(families));
}

Monitor::Monitor(MonitorOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->start();
}

Monitor::~Monitor() {
  impl_->stop();
  // Threads that do not exist cannot be joined, nor their locks be trusted.
  if (!impl_->is_of_this_process()) (void)impl_.release();
}

Registry& Monitor::registry() const noexcept { return impl_->registry(); }
std::shared_ptr<const Snapshot> Monitor::snapshot() { return impl_->snapshots().get_or_last(); }
net::Endpoint Monitor::endpoint() const { return impl_->server().endpoint(); }
std::string Monitor::url() const { return impl_->url(); }
std::vector<std::string> Monitor::reload(const MonitorOptions& options) { return impl_->reload(options); }
void Monitor::reload() { impl_->reload(); }
bool Monitor::ready() const noexcept {
  try {
    return impl_->why_not_ready().empty();
  } catch (const std::bad_alloc&) {
    return false;
  }
}
void Monitor::stop() noexcept { impl_->stop(); }

}  // namespace kymo::KYMO_ABI
