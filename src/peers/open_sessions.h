#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <kymo/peers/session_log.h>

namespace kymo::KYMO_ABI::peers {

struct SessionTime {
  std::chrono::steady_clock::time_point steady;
  std::chrono::system_clock::time_point system;
};

/// A session and its number in the order of starts.
struct NumberedSession {
  std::uint64_t number;
  Session session;
};

struct NewSession {
  std::string_view kind;
  std::string_view name;
  std::span<const std::string> peers;
};

/// The open sessions, and their peers' probes since each began. Threads: one at a time.
class OpenSessions final {
 public:
  explicit OpenSessions(const SessionLogOptions& options);

  /// Returns the session's id; empty if there is no room.
  std::string start(const NewSession& wanted, SessionTime now, std::uint64_t number);
  bool join(std::string_view id, std::string_view peer);
  std::optional<Session> end(std::string_view id, SessionTime now);
  void add_latency(std::string_view peer, double latency_ms) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
  /// All sessions as of now.
  [[nodiscard]] std::vector<NumberedSession> all(SessionTime now) const;

 private:
  struct Open {
    NumberedSession numbered;
    std::chrono::steady_clock::time_point start;
    double latency_sum_ms = 0;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  void add_peer(Open& open, std::string_view peer);
  void forget_peers(const Open& open);
  [[nodiscard]] static NumberedSession as_of(const Open& open, SessionTime now);

  const std::size_t max_open_;
  const std::size_t max_peers_;
  const std::size_t max_text_bytes_;
  std::map<std::string, Open, std::less<>> sessions_;  // by id; addresses stay
  std::unordered_map<std::string, std::vector<Open*>, TextHash, std::equal_to<>> by_peer_;
};

}  // namespace kymo::KYMO_ABI::peers
