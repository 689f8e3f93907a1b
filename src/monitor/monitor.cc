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
#include <kymo/core/snapshot_memory.h>
#include <kymo/live/router.h>
#include <kymo/live/scrape_memory.h>
#include <kymo/live/system_history.h>
#include <kymo/log/file_sink.h>
#include <kymo/log/logger.h>
#include <kymo/net/network.h>
#include <kymo/pulse/snapshot_source.h>
#include <kymo/pulse/tick_listeners.h>
#include <kymo/pulse/tick_thread.h>

#include "access_guard.h"
#include "access_token.h"
#include "config_schema.h"
#include "host_guard.h"
#include "login_routes.h"
#include "part.h"
#include "rules.h"
#include "self_metrics.h"
#include "tls_files.h"

namespace kymo::KYMO_ABI {
namespace {

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

history::Sync sync_of(monitor::HistorySync sync) {
  switch (sync) {
    case monitor::HistorySync::always: return history::Sync::always;
    case monitor::HistorySync::second: return history::Sync::second;
    case monitor::HistorySync::off: return history::Sync::off;
  }
  return history::Sync::second;
}

std::optional<history::Store> make_store(const monitor::HistoryOptions& options, const log::Logger& logger) {
  if (options.memory == 0) return std::nullopt;
  history::DirectoryOptions directory{
      .path = options.directory,
      .sync = sync_of(options.sync),
      .retention = options.retention,
      .bytes = options.size,
      .tiers = {{{options.retention_10s, options.size_10s},
                 {options.retention_5m, options.size_5m},
                 {options.retention_1h, options.size_1h}}},
      .on_event = [logger](std::string_view message) { logger.warning(message); }};
  return std::optional<history::Store>(
      std::in_place,
      history::StoreOptions{.memory_bytes = options.memory, .directory = std::move(directory)});
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
  [[nodiscard]] monitor::LoadedRules read_rules(const MonitorOptions& wanted);
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
  void end_connections_of_ended_logins(monitor::Logins::Time now) noexcept;
  void warn_of_tls(const monitor::TlsFiles& files, const net::TlsIdentity* identity) const;
  [[nodiscard]] monitor::SelfMetrics::Readings readings() const;
  [[nodiscard]] std::vector<monitor::Part> make_parts();
  [[nodiscard]] net::HttpServer::Handler guarded(std::shared_ptr<const live::Router> router);
  void tick() noexcept;
  [[nodiscard]] std::vector<pulse::TickListener> tick_listeners();
  void add_producers();
  void start_ticks();
  void start_server();

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
  pulse::SnapshotSource snapshots_;
  const base::RealClock clock_;
  std::optional<history::Store> store_;
  const live::SystemHistory history_;
  const std::shared_ptr<live::ScrapeMemory> scrape_memory_ = std::make_shared<live::ScrapeMemory>();
  const std::shared_ptr<monitor::Rules> rules_;
  const std::vector<monitor::Part> parts_;
  net::HttpServer server_;
  pulse::TickListeners listeners_;
  std::uint64_t ticks_begun_ = 0;  // of the tick thread
  std::optional<pulse::TickThread> ticks_;
  std::atomic<const pulse::TickThread*> running_ticks_{nullptr};
  // Last, so that they end first: the producers use the members above.
  std::vector<Registration> producers_;
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
      store_(make_store(options_.history, logger_)),
      history_(store_ ? &*store_ : nullptr, clock_, options_.history.interval),
      rules_(std::make_shared<monitor::Rules>(monitor::PartContext{options_, snapshots_, clock_, logger_},
                                              store_ ? &*store_ : nullptr)),
      parts_(make_parts()),
      server_(make_server()),
      listeners_(tick_listeners(), [this] { return snapshots_.get(); }) {
  add_producers();
}

/// The list of parts. The order is that of their start, and of their routes at `/api`.
std::vector<monitor::Part> Monitor::Impl::make_parts() {
  const monitor::PartContext context{options_, snapshots_, clock_, logger_};
  std::vector<monitor::Part> parts = {
      monitor::make_host_part(context),
      monitor::make_history_part(store_ ? &*store_ : nullptr, history_),
      monitor::make_rules_part(rules_),
      monitor::make_query_part(context, store_ ? &*store_ : nullptr, scrape_memory_, rules_),
      monitor::make_sessions_part(context),
      monitor::make_live_part(context),
      monitor::make_peers_part(context),
      monitor::make_profile_part(context),
      {.name = "access", .routes = login_routes(access_, [this] { end_live("a login has ended"); })},
      {.name = "application", .routes = options_.routes},
  };
  std::vector<live::Route> routes;
  for (const monitor::Part& part : parts) routes.insert(routes.end(), part.routes.begin(), part.routes.end());
  parts.insert(parts.begin(),
               monitor::make_scrape_part(
                   context, history_, scrape_memory_, [this] { return why_not_ready(); }, routes));
  return parts;
}

void Monitor::Impl::add_producers() {
  const auto add = [&](const std::string& name, std::function<void(SnapshotWriter&)> write) {
    producers_.push_back(
        registry_.add_producer(std::move(write), {.name = "kymo_" + name, .has_deadline = false}));
  };
  for (const monitor::Part& part : parts_) {
    if (part.write) add(part.name, part.write);
  }
  add("self", [this](SnapshotWriter& writer) { self_.write(writer, readings()), listeners_.write(writer); });
}

net::HttpServer Monitor::Impl::make_server() {
  std::vector<live::Route> routes;
  for (const monitor::Part& part : parts_) {
    routes.insert(routes.end(), part.routes.begin(), part.routes.end());
  }
  const auto router = std::make_shared<const live::Router>(std::move(routes));
  net::HttpServerOptions options = server_options();
  options.thread_class = [router](std::string_view method, std::string_view target) {
    return router->thread_class_of(method, target);
  };
  return {std::move(options), guarded(router)};
}

/// The routes behind the checks of Host and token.
net::HttpServer::Handler Monitor::Impl::guarded(std::shared_ptr<const live::Router> router) {
  return [this, hosts = monitor::HostGuard(options_.access.allowed_hosts, listen_),
          router = std::move(router)](const net::HttpRequest& request) {
    const std::string_view host = request.header("host");
    if (!hosts.allows(host)) {
      self_.count_refused(monitor::Refusal::host);
      return monitor::HostGuard::refusal(host);
    }
    auto refused = access_.check(request);
    if (refused) self_.count_refused(refused->reason);
    net::HttpResponse response = refused ? std::move(refused->response) : router->handle(request);
    response.delay = access_.delay_of(request);
    return response;
  };
}

net::HttpServerOptions Monitor::Impl::server_options() const {
  net::HttpServerOptions server;
  server.listen = listen_;
  server.threads = options_.http.threads;
  server.heavy_threads = options_.query.threads;
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
          .http = server_.statistics()};
}

void Monitor::Impl::start() {
  if (!listen_.is_loopback() && options_.access.token.empty()) {
    logger_.warning("everybody who reaches this address can read the metrics; no token is required",
                    {{"address", listen_.to_string()}});
  }
  warn_of_tls(options_.access.tls, first_identity_.get());
  start_ticks();
  for (const monitor::Part& part : parts_) {
    if (part.start) part.start();
  }
  start_server();
}

void Monitor::Impl::warn_of_tls(const monitor::TlsFiles& files, const net::TlsIdentity* identity) const {
  if (identity == nullptr) return;
  for (const std::string& warning : monitor::tls_warnings(files, *identity)) logger_.warning(warning);
}

std::string Monitor::Impl::why_not_ready() const {
  if (!server_.listening()) return "the server does not listen yet, or is stopping";
  for (const monitor::Part& part : parts_) {
    // Without ticks no measurement is ever made; the server has other figures.
    if (!part.why_not_ready || running_ticks_.load(std::memory_order_acquire) == nullptr) continue;
    if (std::string reason = part.why_not_ready(); !reason.empty()) return reason;
  }
  if (snapshots_.is_failing()) {
    return "no Snapshot could be taken, usually for want of memory: raise the limit on memory or addresses";
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

monitor::LoadedRules Monitor::Impl::read_rules(const MonitorOptions& wanted) {
  try {
    return rules_->load(wanted.rules);
  } catch (const ConfigError&) {
    rules_->count_refused();
    throw;
  }
}

/// All that can fail comes first. What lets in is held against the address that is listened on, not against
/// one that would need a restart.
std::vector<std::string> Monitor::Impl::reload(const MonitorOptions& wanted) {
  const std::lock_guard lock(reload_mutex_);
  (void)net::Endpoint::parse(checked(wanted).listen);
  monitor::LoadedRules rules = read_rules(wanted);
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
  next.rules.files = wanted.rules.files;
  next.rules.text = wanted.rules.text;
  rules_->use(std::move(rules));
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
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    if (part->stop) part->stop();
  }
  if (ticks_) ticks_->stop();
  listeners_.stop();
}

std::vector<pulse::TickListener> Monitor::Impl::tick_listeners() {
  std::vector<pulse::TickListener> listeners;
  for (const monitor::Part& part : parts_) {
    if (part.on_tick) {
      listeners.push_back({.name = part.name,
                           .budget = options_.tick_interval,
                           .wants_snapshot = part.wants_snapshot,
                           .on_tick = part.on_tick});
    }
  }
  return listeners;
}

void Monitor::Impl::end_connections_of_ended_logins(monitor::Logins::Time now) noexcept {
  if (!access_.logins().take_ended(now)) return;
  try {
    end_live("a login has expired");
  } catch (...) {
    self_.count_failed_tick();
  }
}

void Monitor::Impl::tick() noexcept {
  const auto start = std::chrono::steady_clock::now();
  try {
    const pulse::Tick tick{
        .number = ++ticks_begun_, .time = clock_.system_now(), .steady = start, .snapshot = nullptr};
    if (!listeners_.call(tick)) self_.count_failed_tick();
  } catch (...) {
    self_.count_failed_tick();
  }
  end_connections_of_ended_logins(start);
  scrape_memory_->free_unused(start);
  free_unused_snapshot_memory(start);
  self_.record_tick(std::chrono::steady_clock::now() - start);
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
