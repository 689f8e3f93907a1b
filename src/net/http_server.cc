#include <kymo/net/http_server.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <unistd.h>

#include <kymo/base/ascii.h>
#include <kymo/base/duration.h>
#include <kymo/base/thread.h>
#include <kymo/net/resolve.h>
#include <kymo/net/uri.h>

#include "listener.h"
#include "server_context.h"

namespace kymo::KYMO_ABI::net {
namespace {

namespace asio = boost::asio;

/// Time for running responses at stop(); the rest of the promised second is for the threads to end.
constexpr std::chrono::milliseconds kGrace{500};
constexpr std::size_t kMostThreads = 64;
/// Delay between attempts to make a listener when memory is short.
constexpr std::chrono::milliseconds kWithoutListener{10};

const std::string* find_pair(const HttpRequest::Pairs& pairs, std::string_view name) noexcept {
  const auto found =
      std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? nullptr : &found->second;
}

void check(const HttpServerOptions& options, const HttpServer::Handler& handler) {
  if (!handler) throw std::invalid_argument("HttpServer: no handler");
  if (options.threads == 0 || options.threads > kMostThreads) {
    throw std::invalid_argument("HttpServer: threads must be 1 to 64");
  }
  if (options.heavy_threads == 0 || options.heavy_threads > kMostThreads) {
    throw std::invalid_argument("HttpServer: heavy_threads must be 1 to 64");
  }
  const HttpLimits& limits = options.limits;
  const bool has_zero =
      limits.header_bytes == 0 || limits.body_bytes == 0 || limits.connections == 0 ||
      limits.connections_per_address == 0 || limits.responses_bytes == 0 || limits.header_time.count() <= 0 ||
      limits.body_time.count() <= 0 || limits.write_time.count() <= 0 || limits.idle_time.count() <= 0 ||
      limits.answer_time.count() <= 0 || options.retry_every.count() <= 0 ||
      options.websocket.message_bytes == 0 || options.websocket.ping_every.count() <= 0 ||
      options.websocket.close_time.count() <= 0 || options.websocket.message_time.count() <= 0;
  if (has_zero) throw std::invalid_argument("HttpServer: a limit of 0 would refuse everything");
}

HttpServerOptions bounded(HttpServerOptions options) {
  HttpLimits& limits = options.limits;
  for (auto* const wait :
       {&limits.header_time, &limits.body_time, &limits.write_time, &limits.idle_time, &limits.answer_time,
        &options.retry_every, &options.websocket.ping_every, &options.websocket.close_time}) {
    *wait = base::bounded_wait(*wait);
  }
  return options;
}

/// Handlers and completions catch their own exceptions; if one escapes, the thread continues.
void run_to_end(asio::io_context& context) {
  while (true) {
    try {
      context.run();
      return;
    } catch (...) {
      continue;
    }
  }
}

void poll_quietly(asio::io_context& context) noexcept try { context.poll(); } catch (...) {
  return;
}

/// The owner of this thread, for a handler that calls stop().
thread_local const void* engine_of_this_thread = nullptr;

/// The threads between one start() and its stop().
class Engine final {
 public:
  Engine(const HttpServerOptions& options, const HttpServer::Handler& handler, const SharedIdentity& identity,
         Counters& counters, std::atomic<std::uint16_t>& port)
      : context_(options, handler, identity, counters),
        listener_(context_, [&port](std::uint16_t now) { port = now; }),
        grace_(context_.io),
        workers_have_work_(asio::make_work_guard(context_.workers)),
        heavy_have_work_(asio::make_work_guard(context_.heavy_workers)) {
    context_.on_connection_closed = [this] {
      if (context_.draining && context_.connections.empty()) grace_.cancel();
    };
    context_.start_heavy = [this] { return start_heavy(); };
    listener_.try_now();
    listener_.spawn();
    try {
      start_threads(options.threads);
    } catch (...) {
      end();
      throw;
    }
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void ask_to_end() {
    if (context_.stopping.exchange(true)) return;
    context_.loop().execute([this] { drain(); });  // needs no memory of the heap
  }

  void end() {
    ask_to_end();
    if (threads_.empty()) run_io();
    // First the I/O thread: afterwards nothing gives work to the others.
    if (!threads_.empty()) threads_.front().join();
    workers_have_work_.reset();
    heavy_have_work_.reset();
    for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
    for (std::thread& thread : heavy_threads_) thread.join();
    threads_.clear();
    heavy_threads_.clear();
  }

  void close_websockets(Farewell farewell) {
    asio::post(context_.io, [this, farewell = std::move(farewell)] {
      ++context_.sweeps;
      context_.connections.close_streams(farewell);
    });
  }

  [[nodiscard]] bool owns_this_thread() const noexcept { return engine_of_this_thread == this; }
  [[nodiscard]] bool is_of_this_process() const noexcept { return pid_ == ::getpid(); }

 private:
  void start_threads(std::size_t workers) {
    threads_.reserve(workers + 1);
    threads_.push_back(base::start_thread("kymo-net-0", [this] {
      engine_of_this_thread = this;
      run_io();
    }));
    for (std::size_t i = 1; i <= workers; ++i) {
      threads_.push_back(start_worker("kymo-net-" + std::to_string(i), context_.workers));
    }
  }

  std::thread start_worker(const std::string& name, asio::io_context& work) {
    return base::start_thread(name, [this, &work] {
      engine_of_this_thread = this;
      run_to_end(work);
    });
  }

  /// On the I/O thread, which end() waits for first.
  bool start_heavy() noexcept {
    try {
      while (heavy_threads_.size() < context_.options.heavy_threads) {
        const std::string name = "kymo-heavy-" + std::to_string(heavy_threads_.size());
        heavy_threads_.reserve(context_.options.heavy_threads);
        heavy_threads_.push_back(start_worker(name, context_.heavy_workers));
      }
    } catch (const std::exception&) {
      // One thread is enough to go on; with none the request is refused, and the next one tries again.
    }
    return !heavy_threads_.empty();
  }

  /// When memory is short, the listener may end; it restarts once memory is available.
  void run_io() {
    run_to_end(context_.io);
    while (context_.listener_failed) {
      context_.io.restart();
      if (context_.draining) context_.listener_failed = false;
      if (context_.listener_failed && !begin_listening_again()) continue;
      run_to_end(context_.io);
    }
  }

  /// On failure, running work continues for a moment.
  bool begin_listening_again() noexcept try {
    listener_.spawn();
    return true;
  } catch (...) {
    std::this_thread::sleep_for(kWithoutListener);
    context_.io.restart();
    poll_quietly(context_.io);
    return false;
  }

  /// Without memory for messages and waiting, closes all at once.
  void drain() noexcept {
    context_.draining = true;
    listener_.close();
    try {
      context_.connections.close_unoccupied(server_stops());
      if (!context_.connections.empty()) wait_for_the_last();
    } catch (...) {
      context_.connections.close_all();
    }
  }

  void wait_for_the_last() {
    grace_.expires_after(kGrace);
    grace_.async_wait([this](const boost::system::error_code& error) {
      if (!error) context_.connections.close_all();
    });
  }

  ServerContext context_;
  Listener listener_;
  asio::steady_timer grace_;
  asio::executor_work_guard<asio::io_context::executor_type> workers_have_work_;
  asio::executor_work_guard<asio::io_context::executor_type> heavy_have_work_;
  std::vector<std::thread> threads_;
  std::vector<std::thread> heavy_threads_;
  pid_t pid_ = ::getpid();
};

}  // namespace

const std::string* HttpRequest::query_value(std::string_view name) const noexcept {
  return find_pair(query, name);
}

const std::string* HttpRequest::path_parameter(std::string_view name) const noexcept {
  return find_pair(path_parameters, name);
}

std::optional<HttpRequest::Pairs> HttpRequest::form() const {
  const std::string_view type = header ? header("content-type") : std::string_view();
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  if (!base::equals_ignoring_case(base::trim(type.substr(0, type.find(';'))), kForm)) return Pairs();
  const auto ends = std::count(body.begin(), body.end(), '&');
  if (static_cast<std::size_t>(ends) >= kMostFormFields) return std::nullopt;
  return parse_query(body);
}

class HttpServer::Impl final {
 public:
  Impl(HttpServerOptions options, Handler handler)
      : options_(bounded(std::move(options))), handler_(std::move(handler)), identity_(options_.tls) {
    check(options_, handler_);
  }

  void start() {
    const std::lock_guard lock(mutex_);
    if (engine_ != nullptr) return;
    // Prints and parses the address: the same rules and message as for text.
    (void)Endpoint::parse(options_.listen.to_string());
    engine_ = std::make_unique<Engine>(options_, handler_, identity_, counters_, port_);
  }

  void stop() {
    // Ends outside of the lock: a handler that it waits for may call stop() too.
    if (const std::unique_ptr<Engine> engine = take_engine()) engine->end();
  }

  void use_identity(std::shared_ptr<const TlsIdentity> identity) { identity_.set(std::move(identity)); }

  void close_websockets(Farewell farewell) {
    const std::lock_guard lock(mutex_);
    if (engine_ != nullptr && engine_->is_of_this_process()) engine_->close_websockets(std::move(farewell));
  }

  [[nodiscard]] bool listening() const noexcept { return port_ != 0; }

  [[nodiscard]] Endpoint endpoint() const {
    Endpoint endpoint = options_.listen;
    const std::uint16_t port = port_;
    if (port != 0) endpoint.port = port;
    return endpoint;
  }

  [[nodiscard]] Statistics statistics() const noexcept {
    Statistics now;
    now.connections_accepted = counters_.connections_accepted;
    now.connections_open = counters_.connections_open;
    now.connections_refused = counters_.connections_refused;
    now.connections_evicted = counters_.connections_evicted;
    now.requests = counters_.requests;
    now.requests_bad = counters_.requests_bad;
    now.responses_refused = counters_.responses_refused;
    now.requests_late = counters_.requests_late;
    now.heavy_refused = counters_.heavy_refused;
    now.requests_cancelled = counters_.requests_cancelled;
    now.responses_in_flight_bytes = counters_.responses_in_flight_bytes;
    now.handler_errors = counters_.handler_errors;
    now.timeouts = counters_.timeouts;
    now.tls_failures = counters_.tls_failures;
    now.bytes_sent = counters_.bytes_sent;
    return now;
  }

 private:
  /// The engine, for the caller to end; null if there is none or another caller ends it.
  std::unique_ptr<Engine> take_engine() {
    const std::lock_guard lock(mutex_);
    if (engine_ == nullptr) return nullptr;
    if (!engine_->is_of_this_process()) {
      // In a forked child the threads are the parent's. Leaks until the process ends.
      (void)engine_.release();
      return nullptr;
    }
    if (engine_->owns_this_thread()) {
      engine_->ask_to_end();
      return nullptr;
    }
    return std::move(engine_);
  }

  const HttpServerOptions options_;
  const Handler handler_;
  SharedIdentity identity_;
  Counters counters_;
  std::atomic<std::uint16_t> port_{0};
  std::mutex mutex_;
  std::unique_ptr<Engine> engine_;
};

HttpServer::HttpServer(HttpServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() { impl_->start(); }

void HttpServer::stop() noexcept try { impl_->stop(); } catch (...) {
  return;
}

void HttpServer::use_identity(std::shared_ptr<const TlsIdentity> identity) {
  impl_->use_identity(std::move(identity));
}

void HttpServer::close_websockets(WebSocketClose code, std::string_view reason) {
  impl_->close_websockets({code, std::string(reason)});
}

bool HttpServer::listening() const noexcept { return impl_->listening(); }
Endpoint HttpServer::endpoint() const { return impl_->endpoint(); }
HttpServer::Statistics HttpServer::statistics() const noexcept { return impl_->statistics(); }

}  // namespace kymo::KYMO_ABI::net
