#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include <kymo/packs/stream_sessions.h>

#include "protocol/messages.h"

namespace voice {

/// A client from the room's view.
class RoomMember {
 public:
  virtual ~RoomMember() = default;

  /// The session's unique number.
  [[nodiscard]] virtual std::uint64_t session() const noexcept = 0;
  /// False until the WebSocket handshake is done.
  [[nodiscard]] virtual bool ready() const noexcept = 0;
  [[nodiscard]] virtual std::size_t streams() const noexcept = 0;
  [[nodiscard]] virtual std::size_t speaking() const noexcept = 0;

  /// Queues a text shared with all members.
  virtual void broadcast(std::shared_ptr<const std::string> text) = 0;
  /// Queues a text for this member only.
  [[nodiscard]] virtual kymo::packs::SendResult tell(std::shared_ptr<const std::string> text) = 0;
  /// Begins to close the connection.
  virtual void shut_down() = 0;
};

/// All connected clients. Threads: the network's only.
class Room final {
 public:
  void join(std::shared_ptr<RoomMember> member);
  void leave(const std::shared_ptr<RoomMember>& member);

  /// Number of connections, also those that are not ready.
  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  /// Excludes UDP streams, which are no members.
  [[nodiscard]] RoomState state() const noexcept;

  void broadcast(const RoomState& state) const;
  /// Sends to the member of that session.
  [[nodiscard]] kymo::packs::SendResult tell(std::uint64_t session, const std::string& text) const;
  void shut_down() const;

 private:
  std::unordered_map<std::uint64_t, std::shared_ptr<RoomMember>> members_;  // by session
};

}  // namespace voice
