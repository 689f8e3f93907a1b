#include "refusal.h"

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include <sys/socket.h>

#include <kymo/base/file_descriptor.h>
#include <kymo/net/json_error.h>

#include "response_head.h"

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::size_t kDiscardedBytes = 8 * 1024;

constexpr std::string_view kBehindAProxy =
    "; behind a proxy, name it in web.trusted_proxies, so that its clients count separately";

void tell_too_many(const ServerContext& context, int socket, ConnectionTable::Room room) {
  const HttpResponse response = too_many_connections(room, context.connections.limits());
  const std::string message = render_head(response, {context.options.server_name,
                                                     std::chrono::system_clock::now(), After::close, false}) +
                              response.body.text();
  const ssize_t sent = ::send(socket, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) count(context.counters.bytes_sent, static_cast<std::uint64_t>(sent));
}

}  // namespace

/// A retry helps when others are busy, but not when the client's own connections are.
HttpResponse too_many_connections(ConnectionTable::Room room, const ConnectionTable::Limits& limits) {
  if (room == ConnectionTable::Room::none_for_address) {
    return json_error(
        503,
        "too many connections from this address: all " + std::to_string(limits.per_address) + " are busy",
        "close some, or raise http.max_connections_per_address" + std::string(kBehindAProxy));
  }
  HttpResponse busy = json_error(503, "too many connections", "try again in a second");
  busy.headers.emplace_back("Retry-After", "1");
  return busy;
}

HttpResponse too_many_websockets(ConnectionTable::Stream stream, const ConnectionTable::Limits& limits) {
  const auto share = [](std::size_t places) {
    return std::to_string(ConnectionTable::share_of_streams(places)) + " of " + std::to_string(places) +
           " connections";
  };
  if (stream == ConnectionTable::Stream::none_for_address) {
    return json_error(503,
                      "too many WebSockets from this address: they may take " + share(limits.per_address),
                      "close some, or raise http.max_connections_per_address" + std::string(kBehindAProxy));
  }
  return json_error(503, "too many WebSockets: they may take " + share(limits.total),
                    "close some, or raise http.max_connections");
}

const HttpResponse& speaks_https() {
  static const HttpResponse response = [] {
    HttpResponse told;
    told.status = 400;
    told.content_type = "text/plain; charset=utf-8";
    told.headers.emplace_back("Cache-Control", "no-store");
    told.body = std::make_shared<const std::string>("This address speaks https; use https://\n");
    return told;
  }();
  return response;
}

void tell_too_many_now(ServerContext& context, int socket, ConnectionTable::Room room) noexcept try {
  tell_too_many(context, socket, room);
} catch (...) {
  return;  // no memory for the message
}

void refuse_connection_now(ServerContext& context, base::FileDescriptor socket,
                           ConnectionTable::Room room) noexcept try {
  std::array<char, kDiscardedBytes> discarded{};
  if (context.tls.get() == nullptr) tell_too_many(context, socket.get(), room);
  ::shutdown(socket.get(), SHUT_WR);
  (void)::recv(socket.get(), discarded.data(), discarded.size(), MSG_DONTWAIT);
} catch (...) {
  // Out of memory: only closing remains.
  return;
}

}  // namespace kymo::KYMO_ABI::net
