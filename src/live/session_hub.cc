#include <kymo/live/session_hub.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <kymo/base/duration.h>
#include <kymo/net/json_error.h>

#include "session_client.h"

namespace kymo::KYMO_ABI::live {
namespace {

using SessionClientPtr = std::shared_ptr<SessionClient>;

SessionHubParts bounded(SessionHubParts parts) {
  parts.patience = base::bounded_wait(parts.patience);
  return parts;
}

}  // namespace

/// Shared with the connections. Lock order: the hub's lock, then a client's.
class SessionHub::Impl final : public std::enable_shared_from_this<SessionHub::Impl> {
 public:
  explicit Impl(SessionHubParts parts) : parts_(bounded(std::move(parts))) {}

  [[nodiscard]] bool is_followed(std::string_view session_id) const;
  [[nodiscard]] bool goes_on(std::string_view session_id) const { return parts_.goes_on(session_id); }
  void tell(std::string_view session_id, std::string_view kind, const Text& message);
  void finish(std::string_view session_id);
  void close_all();
  [[nodiscard]] SessionClientPtr make_client(std::string session_id);
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  void join(const SessionClientPtr& client);
  void tell_standing(SessionClient& client) const;
  void leave(const SessionClient& client);

  const SessionHubParts parts_;
  SessionCounts counts_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<SessionClientPtr>, std::less<>> followers_;
  bool is_closed_ = false;
};

bool SessionHub::Impl::is_followed(std::string_view session_id) const {
  const std::lock_guard lock(mutex_);
  return followers_.find(session_id) != followers_.end();
}

void SessionHub::Impl::tell(std::string_view session_id, std::string_view kind, const Text& message) {
  const std::lock_guard lock(mutex_);
  const auto found = followers_.find(session_id);
  if (found == followers_.end()) return;
  std::erase_if(found->second, [&](const SessionClientPtr& client) { return !client->tell(kind, message); });
  if (found->second.empty()) followers_.erase(found);
}

void SessionHub::Impl::finish(std::string_view session_id) {
  const std::lock_guard lock(mutex_);
  const auto found = followers_.find(session_id);
  if (found == followers_.end()) return;
  for (const SessionClientPtr& client : found->second) client->finish();
  followers_.erase(found);
}

void SessionHub::Impl::close_all() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  for (const auto& [id, clients] : followers_) {
    for (const SessionClientPtr& client : clients) {
      client->close(net::WebSocketClose::going_away, "the server no longer sends sessions");
    }
  }
  followers_.clear();
}

SessionClientPtr SessionHub::Impl::make_client(std::string session_id) {
  return std::make_shared<SessionClient>(
      SessionClientParts{.session_id = std::move(session_id),
                         .clock = parts_.clock,
                         .patience = parts_.patience,
                         .counts = counts_,
                         .on_open = [hub = shared_from_this()](const auto& client) { hub->join(client); },
                         .on_close = [hub = shared_from_this()](const auto& client) { hub->leave(client); }});
}

void SessionHub::Impl::join(const SessionClientPtr& client) {
  counts_.clients.fetch_add(1, std::memory_order_relaxed);
  bool is_too_late = false;
  {
    const std::lock_guard lock(mutex_);
    is_too_late = is_closed_;
    if (!is_too_late) followers_[client->session_id()].push_back(client);
  }
  if (is_too_late)
    return client->close(net::WebSocketClose::going_away, "the server no longer sends sessions");
  tell_standing(*client);
  // The session may have ended since the handshake began; nobody else would report that.
  if (!parts_.goes_on(client->session_id())) finish(client->session_id());
}

/// A client that already follows may get the same from the next tick: better twice than never.
void SessionHub::Impl::tell_standing(SessionClient& client) const {
  if (!parts_.standing) return;
  try {
    for (const SessionMessage& message : parts_.standing(client.session_id())) {
      static_cast<void>(client.tell(message.kind, message.text));
    }
  } catch (const std::exception&) {
    return;
  }
}

void SessionHub::Impl::leave(const SessionClient& client) {
  counts_.clients.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  const auto found = followers_.find(client.session_id());
  if (found == followers_.end()) return;
  std::erase_if(found->second, [&](const SessionClientPtr& other) { return other.get() == &client; });
  if (found->second.empty()) followers_.erase(found);
}

SessionHub::Statistics SessionHub::Impl::statistics() const noexcept {
  return {.clients = counts_.clients,
          .messages_sent = counts_.sent,
          .messages_conflated = counts_.conflated,
          .slow_closed = counts_.slow_closed,
          .messages_refused = counts_.refused};
}

SessionHub::SessionHub(SessionHubParts parts) : impl_(std::make_shared<Impl>(std::move(parts))) {}
SessionHub::~SessionHub() { impl_->close_all(); }

bool SessionHub::is_followed(std::string_view session_id) const { return impl_->is_followed(session_id); }
bool SessionHub::goes_on(std::string_view session_id) const { return impl_->goes_on(session_id); }
SessionHub::Statistics SessionHub::statistics() const noexcept { return impl_->statistics(); }

void SessionHub::tell(std::string_view session_id, std::string_view kind, const Text& message) {
  impl_->tell(session_id, kind, message);
}

void SessionHub::end(std::string_view session_id, const Text& farewell) {
  impl_->tell(session_id, "end", farewell);
  if (!impl_->goes_on(session_id)) impl_->finish(session_id);
}

std::shared_ptr<net::WebSocketHandler> SessionHub::make_client(std::string session_id) {
  return impl_->make_client(std::move(session_id));
}

Route session_socket_route(SessionHub& hub) {
  return {.method = "GET",
          .path = "/ws/sessions/{id}",
          .handle =
              [&hub](const net::HttpRequest& request) {
                const std::string& id = *request.path_parameter("id");
                if (!hub.goes_on(id)) {
                  return net::json_error(404, "no session \"" + net::excerpt(id) + "\" goes on",
                                         "/api/sessions/live lists the open ones");
                }
                net::HttpResponse response;
                response.websocket = hub.make_client(id);
                return response;
              },
          .about = "The stream of one session, over a WebSocket: its state each second, until it ends.",
          .opens_in_browser = false};
}

}  // namespace kymo::KYMO_ABI::live
