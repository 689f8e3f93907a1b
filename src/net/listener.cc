#include "listener.h"

#include <cerrno>
#include <exception>
#include <memory>
#include <utility>
#include <variant>

#include <boost/asio/co_spawn.hpp>

#include <fcntl.h>

#include <kymo/base/file_descriptor.h>
#include <kymo/net/resolve.h>

#include "refusal.h"
#include "session.h"

namespace kymo::KYMO_ABI::net {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kResolutionPoll{20};
constexpr milliseconds kPause{100};
/// Connections accepted before earlier ones get their turn.
constexpr int kBatch = 16;

base::FileDescriptor open_reserve() noexcept {
  return base::FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

std::string describe_time(milliseconds time) {
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
  return std::to_string(time.count()) + " ms";
}

asio::ip::tcp protocol_of(const SocketAddress& address) {
  return address.storage.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
}

}  // namespace

Listener::Listener(ServerContext& context, std::function<void(std::uint16_t)> on_listening)
    : context_(context),
      on_listening_(std::move(on_listening)),
      acceptor_(context.io),
      timer_(context.io),
      reserve_(open_reserve()) {}

void Listener::try_now() {
  const Endpoint& wanted = context_.options.listen;
  address_ = parse_address(wanted.address, wanted.port);
  if (address_) open(*address_);
}

/// An exception or Asio may end run() before close(): this is destroyed with it. Stopping the loop needs no
/// memory.
class Listener::Work final {
 public:
  explicit Work(ServerContext& context) noexcept : context_(context) { context_.listener_failed = false; }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() {
    if (context_.draining) return;
    context_.listener_failed = true;
    context_.io.stop();
  }

 private:
  ServerContext& context_;
};

void Listener::spawn() {
  asio::co_spawn(context_.loop(), run(std::make_unique<Work>(context_)), [](const std::exception_ptr&) {});
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  timer_.cancel();
  on_listening_(0);
}

/// `work` exists before the first step, which may fail too.
Coroutine<void> Listener::run([[maybe_unused]] std::unique_ptr<Work> work) {
  while (!context_.draining) {
    if (!address_) co_await resolve();
    if (address_ && !acceptor_.is_open() && !failure_) open(*address_);
    if (acceptor_.is_open()) {
      report_listening();
      co_await accept_all();
      continue;
    }
    if (failure_) report_failure(describe(*failure_));
    co_await sleep(context_.options.retry_every);
    failure_.reset();
    address_ = parse_address(context_.options.listen.address, context_.options.listen.port);
  }
}

Coroutine<void> Listener::resolve() {
  const Endpoint& wanted = context_.options.listen;
  const NameResolution resolution(wanted.address, wanted.port);
  std::optional<NameResolution::Result> result;
  while (!context_.draining && !(result = resolution.result())) co_await sleep(kResolutionPoll);
  if (!result) co_return;
  if (const auto* address = std::get_if<SocketAddress>(&*result)) {
    address_ = *address;
  } else {
    report_failure("the name cannot be resolved: " + std::get<std::string>(*result));
  }
}

void Listener::open(const SocketAddress& address) {
  auto opened = open_listener(address);
  if (const auto* failure = std::get_if<ListenFailure>(&opened)) {
    failure_ = *failure;
    return;
  }
  auto& fd = std::get<base::FileDescriptor>(opened);
  const std::uint16_t port = local_port(fd.get());
  acceptor_.assign(protocol_of(address), fd.get());
  (void)fd.release();
  failure_.reset();
  on_listening_(port);
}

void Listener::report_failure(const std::string& reason) {
  if (reason == reported_) return;
  reported_ = reason;
  context_.tell("cannot listen on " + context_.options.listen.to_string() + ": " + reason +
                "; measuring goes on, trying again every " + describe_time(context_.options.retry_every));
}

void Listener::report_listening() {
  if (reported_.empty()) return;
  reported_.clear();
  context_.tell("now listening on " + context_.options.listen.to_string());
}

Coroutine<void> Listener::sleep(milliseconds time) {
  timer_.expires_after(time);
  // close() wakes early: the sleeper then checks `draining`.
  (void)co_await timer_.async_wait(kResult);
}

Coroutine<void> Listener::accept_all() {
  while (acceptor_.is_open()) {
    const auto [error] = co_await acceptor_.async_wait(asio::ip::tcp::acceptor::wait_read, kResult);
    if (error || !acceptor_.is_open()) co_return;
    Next next = Next::more;
    for (int i = 0; i < kBatch && next == Next::more; ++i) next = accept_one();
    if (next == Next::pause) co_await sleep(kPause);
    if (next == Next::reopen) {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      on_listening_(0);
    }
  }
}

Listener::Next Listener::accept_one() {
  Accepted accepted = accept_connection(acceptor_.native_handle());
  switch (accepted.error) {
    case 0: break;
    case EAGAIN: return Next::wait;
    case EMFILE:
    case ENFILE: return make_descriptor_free();
    case ENOBUFS:
    case ENOMEM: return Next::pause;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP: return Next::reopen;
    default: return Next::more;  // the connection's own failure (accept(2))
  }
  if (!reserve_) reserve_ = open_reserve();
  try {
    admit(std::move(accepted));
    return Next::more;
  } catch (const std::exception&) {
    return Next::pause;  // no memory for it; the descriptor is closed
  }
}

/// Without a descriptor the connection stays queued and the listener readable: a busy loop without this.
Listener::Next Listener::make_descriptor_free() {
  if (!has_waiting(acceptor_.native_handle())) return Next::wait;
  if (context_.connections.evict_one(steady_clock::now())) {
    count(context_.counters.connections_evicted);
    return Next::more;
  }
  reserve_.reset();
  Accepted accepted = accept_connection(acceptor_.native_handle());
  if (accepted.socket) {
    count(context_.counters.connections_accepted);
    count(context_.counters.connections_refused);
    refuse_connection_now(context_, std::move(accepted.socket), ConnectionTable::Room::none);
  }
  // Another thread may have taken it first; then the listener retries after a pause.
  reserve_ = open_reserve();
  return accepted.error == 0 && reserve_ ? Next::more : Next::pause;
}

void Listener::admit(Accepted accepted) {
  count(context_.counters.connections_accepted);
  const bool is_proxy = context_.proxies.trusts(accepted.peer.address);
  const auto room = context_.connections.make_room(accepted.peer.key, is_proxy, steady_clock::now());
  if (room == ConnectionTable::Room::none || room == ConnectionTable::Room::none_for_address) {
    if (context_.connections.make_reserved_room()) count(context_.counters.connections_refused);
  } else if (room == ConnectionTable::Room::made_by_eviction) {
    count(context_.counters.connections_evicted);
  }
  serve_connection(context_, std::move(accepted.socket), std::move(accepted.peer), room);
}

}  // namespace kymo::KYMO_ABI::net
