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
  void end(std::string_view session_id, const Text& farewell);
  void close_all();
  [[nodiscard]] SessionClientPtr make_client(std::string session_id);
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  /// Handshakes of one session that are under way.
  struct Coming {
    std::size_t count = 0;
    Text farewell;  ///< if the session ended since they began
  };

  void join(const SessionClientPtr& client);
  [[nodiscard]] Text arrive(const SessionClient& client);
  void tell_standing(SessionClient& client) const;
  void leave(const SessionClient& client);

  const SessionHubParts parts_;
  SessionCounts counts_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<SessionClientPtr>, std::less<>> followers_;
  std::map<std::string, Coming, std::less<>> coming_;
  bool is_closed_ = false;
};

bool SessionHub::Impl::is_followed(std::string_view session_id) const {
  const std::lock_guard lock(mutex_);
  return followers_.find(session_id) != followers_.end() || coming_.find(session_id) != coming_.end();
}

void SessionHub::Impl::tell(std::string_view session_id, std::string_view kind, const Text& message) {
  const std::lock_guard lock(mutex_);
  const auto found = followers_.find(session_id);
  if (found == followers_.end()) return;
  std::erase_if(found->second, [&](const SessionClientPtr& client) { return !client->tell(kind, message); });
  if (found->second.empty()) followers_.erase(found);
}

void SessionHub::Impl::end(std::string_view session_id, const Text& farewell) {
  tell(session_id, "end", farewell);
  if (parts_.goes_on(session_id)) return;
  const std::lock_guard lock(mutex_);
  if (const auto coming = coming_.find(session_id); coming != coming_.end()) {
    coming->second.farewell = farewell;
  }
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
  auto client = std::make_shared<SessionClient>(
      SessionClientParts{.session_id = std::move(session_id),
                         .clock = parts_.clock,
                         .patience = parts_.patience,
                         .counts = counts_,
                         .on_open = [hub = shared_from_this()](const auto& opened) { hub->join(opened); },
                         .on_never_opened =
                             [hub = shared_from_this()](const auto& lost) {
                               const std::lock_guard lock(hub->mutex_);
                               static_cast<void>(hub->arrive(lost));
                             },
                         .on_close = [hub = shared_from_this()](const auto& closed) { hub->leave(closed); }});
  const std::lock_guard lock(mutex_);
  ++coming_[client->session_id()].count;
  return client;
}

/// The farewell of the session, if it ended during the client's handshake. The caller holds the lock.
SessionHub::Text SessionHub::Impl::arrive(const SessionClient& client) {
  const auto found = coming_.find(client.session_id());
  if (found == coming_.end()) return nullptr;
  Text farewell = found->second.farewell;
  if (--found->second.count == 0) coming_.erase(found);
  return farewell;
}

void SessionHub::Impl::join(const SessionClientPtr& client) {
  counts_.clients.fetch_add(1, std::memory_order_relaxed);
  bool is_too_late = false;
  Text farewell;
  {
    const std::lock_guard lock(mutex_);
    is_too_late = is_closed_;
    farewell = arrive(*client);
    if (!is_too_late && farewell == nullptr) followers_[client->session_id()].push_back(client);
  }
  if (is_too_late)
    return client->close(net::WebSocketClose::going_away, "the server no longer sends sessions");
  if (farewell == nullptr) return tell_standing(*client);
  if (client->tell("end", farewell)) client->finish();
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

void SessionHub::end(std::string_view session_id, const Text& farewell) { impl_->end(session_id, farewell); }

std::shared_ptr<net::WebSocketHandler> SessionHub::make_client(std::string session_id) {
  return impl_->make_client(std::move(session_id));
}

Route session_socket_route(SessionHub& hub) {
  return {.method = "GET",
          .path = "/ws/sessions/{id}",
          .handle =
              [&hub](const net::HttpRequest& request) {
                const std::string& id = *request.path_parameter("id");
                // Before the check: a session that ends after it then still reports its end to the client.
                auto client = hub.make_client(id);
                if (!hub.goes_on(id)) {
                  return net::json_error(404, "no session \"" + net::excerpt(id) + "\" goes on",
                                         "/api/sessions/live lists the open ones");
                }
                net::HttpResponse response;
                response.websocket = std::move(client);
                return response;
              },
          .about = "The stream of one session, over a WebSocket: its state each second, until it ends.",
          .opens_in_browser = false};
}

}  // namespace kymo::KYMO_ABI::live
