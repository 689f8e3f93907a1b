#include "server/room.h"

#include <utility>

namespace voice {

void Room::join(std::shared_ptr<RoomMember> member) {
  const std::uint64_t session = member->session();
  members_.insert_or_assign(session, std::move(member));
}

void Room::leave(const std::shared_ptr<RoomMember>& member) { members_.erase(member->session()); }

RoomState Room::state() const noexcept {
  RoomState state;
  for (const auto& [session, member] : members_) {
    state.clients += member->ready() ? 1 : 0;
    state.streams += member->streams();
    state.speaking += member->speaking();
  }
  return state;
}

void Room::broadcast(const RoomState& state) const {
  const auto text = std::make_shared<const std::string>(encode(state));
  for (const auto& [session, member] : members_) {
    if (member->ready()) member->broadcast(text);
  }
}

kymo::packs::SendResult Room::tell(std::uint64_t session, const std::string& text) const {
  const auto member = members_.find(session);
  if (member == members_.end() || !member->second->ready()) return kymo::packs::SendResult::gone;
  return member->second->tell(std::make_shared<const std::string>(text));
}

void Room::shut_down() const {
  for (const auto& [session, member] : members_) member->shut_down();
}

}  // namespace voice
