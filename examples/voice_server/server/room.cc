#include "server/room.h"

#include <utility>

namespace voice {

void Room::join(std::shared_ptr<RoomMember> member) { members_.insert(std::move(member)); }

void Room::leave(const std::shared_ptr<RoomMember>& member) { members_.erase(member); }

RoomState Room::state() const noexcept {
  RoomState state;
  for (const auto& member : members_) {
    state.clients += member->ready() ? 1 : 0;
    state.streams += member->streams();
    state.speaking += member->speaking();
  }
  return state;
}

void Room::broadcast(const RoomState& state) const {
  const auto text = std::make_shared<const std::string>(encode(state));
  for (const auto& member : members_) {
    if (member->ready()) member->broadcast(text);
  }
}

void Room::shut_down() const {
  for (const auto& member : members_) member->shut_down();
}

}  // namespace voice
