#include "open_sessions.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include <kymo/base/anonymous_id.h>
#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::peers {
namespace {

/// A unique id among all sessions, of any process and any machine with its own clock.
std::string new_session_id(SessionTime now) {
  static std::atomic<std::uint64_t> made{0};
  const auto part = [](auto number) { return "/" + std::to_string(number); };
  return base::anonymous_id("session" + part(now.system.time_since_epoch().count()) +
                            part(now.steady.time_since_epoch().count()) + part(::getpid()) +
                            part(made.fetch_add(1, std::memory_order_relaxed)));
}

}  // namespace

OpenSessions::OpenSessions(const SessionLogOptions& options)
    : max_open_(options.max_open), max_peers_(options.max_peers), max_text_bytes_(options.max_text_bytes) {}

std::string OpenSessions::start(const NewSession& wanted, SessionTime now, std::uint64_t number) {
  if (sessions_.size() >= max_open_) return {};
  Session session{.id = new_session_id(now),
                  .kind = std::string(base::cut_utf8(wanted.kind, max_text_bytes_)),
                  .name = std::string(base::cut_utf8(wanted.name, max_text_bytes_)),
                  .start = now.system};
  std::string id = session.id;
  Open& open = sessions_.emplace(id, Open{{number, std::move(session)}, now.steady}).first->second;
  for (const std::string& peer : wanted.peers) add_peer(open, peer);
  return id;
}

bool OpenSessions::join(std::string_view id, std::string_view peer) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return false;
  const std::size_t before = found->second.numbered.session.peers.size();
  add_peer(found->second, peer);
  return found->second.numbered.session.peers.size() != before;
}

void OpenSessions::add_peer(Open& open, std::string_view peer) {
  std::vector<std::string>& peers = open.numbered.session.peers;
  if (peers.size() >= max_peers_ || peer.size() > max_text_bytes_) return;
  std::vector<Open*>& followers = by_peer_[std::string(peer)];
  if (std::find(followers.begin(), followers.end(), &open) != followers.end()) return;
  followers.push_back(&open);
  peers.emplace_back(peer);
}

void OpenSessions::forget_peers(const Open& open) {
  for (const std::string& peer : open.numbered.session.peers) {
    const auto found = by_peer_.find(peer);
    if (found == by_peer_.end()) continue;
    std::erase(found->second, &open);
    if (found->second.empty()) by_peer_.erase(found);
  }
}

std::optional<Session> OpenSessions::end(std::string_view id, SessionTime now) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return std::nullopt;
  Session ended = as_of(found->second, now).session;
  ended.end = now.system;
  forget_peers(found->second);
  sessions_.erase(found);
  return ended;
}

void OpenSessions::add_latency(std::string_view peer, double latency_ms) noexcept {
  const auto found = by_peer_.find(peer);
  if (found == by_peer_.end()) return;
  for (Open* const open : found->second) {
    SessionLatency& latency = open->numbered.session.latency;
    ++latency.count;
    open->latency_sum_ms += latency_ms;
    latency.min_ms = std::min(latency.min_ms.value_or(latency_ms), latency_ms);
    latency.max_ms = std::max(latency.max_ms.value_or(latency_ms), latency_ms);
  }
}

NumberedSession OpenSessions::as_of(const Open& open, SessionTime now) {
  NumberedSession numbered = open.numbered;
  Session& session = numbered.session;
  session.duration = std::chrono::duration_cast<std::chrono::milliseconds>(now.steady - open.start);
  if (session.latency.count != 0) {
    session.latency.avg_ms = open.latency_sum_ms / static_cast<double>(session.latency.count);
  }
  return numbered;
}

std::vector<NumberedSession> OpenSessions::all(SessionTime now) const {
  std::vector<NumberedSession> sessions;
  sessions.reserve(sessions_.size());
  for (const auto& [id, open] : sessions_) sessions.push_back(as_of(open, now));
  return sessions;
}

}  // namespace kymo::KYMO_ABI::peers
