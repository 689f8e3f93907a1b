#include "refusal.h"

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include <sys/socket.h>

#include <kymo/net/json_error.h>

#include "response_head.h"

namespace kymo::net {
namespace {

constexpr std::size_t kDiscardedBytes = 8 * 1024;

void tell_too_many(const ServerContext& context, const FileDescriptor& socket) {
  const HttpResponse& response = too_many_connections();
  const std::string message = render_head(response, {context.options.server_name,
                                                     std::chrono::system_clock::now(), After::close, false}) +
                              *response.body;
  const ssize_t sent = ::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) count(context.counters.bytes_sent, static_cast<std::uint64_t>(sent));
}

}  // namespace

const HttpResponse& too_many_connections() {
  static const HttpResponse response = [] {
    HttpResponse busy = json_error(503, "too many connections", "try again in a second");
    busy.headers.emplace_back("Retry-After", "1");
    return busy;
  }();
  return response;
}

const HttpResponse& speaks_https() {
  static const HttpResponse response = [] {
    HttpResponse told;
    told.status = 400;
    told.content_type = "text/plain; charset=utf-8";
    told.headers.emplace_back("Cache-Control", "no-store");
    told.body = std::make_shared<const std::string>("This address speaks https; ask it with https://\n");
    return told;
  }();
  return response;
}

void refuse_connection_now(ServerContext& context, FileDescriptor socket) noexcept try {
  std::array<char, kDiscardedBytes> discarded{};
  if (context.tls.get() == nullptr) tell_too_many(context, socket);
  ::shutdown(socket.get(), SHUT_WR);
  (void)::recv(socket.get(), discarded.data(), discarded.size(), MSG_DONTWAIT);
} catch (...) {
  // Out of memory: closing it is all that is left to do.
  return;
}

}  // namespace kymo::net
