#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/base/anonymous_id.h>
#include <kymo/base/json_writer.h>
#include <kymo/live/peers.h>
#include <kymo/peers/peer_table.h>

namespace kymo::KYMO_ABI::live {

/// A table by the shown ids. Without a table: no peers.
class ShownPeers final {
 public:
  ShownPeers(const peers::PeerTable* table, PeerIds ids) : table_(table), ids_(ids) {}

  [[nodiscard]] std::vector<peers::PeerState> all() const {
    if (table_ == nullptr) return {};
    std::vector<peers::PeerState> states = table_->all();
    for (peers::PeerState& state : states) hide(state);
    return states;
  }

  [[nodiscard]] std::optional<peers::PeerState> find(std::string_view shown_id) const {
    if (table_ == nullptr) return std::nullopt;
    auto state = table_->find(id_of(shown_id));
    if (state) hide(*state);
    return state;
  }

  [[nodiscard]] auto latencies(std::string_view shown_id, std::chrono::seconds duration) const {
    return table_ == nullptr ? std::nullopt : table_->latencies(id_of(shown_id), duration);
  }

  [[nodiscard]] auto hourly(std::string_view shown_id) const {
    return table_ == nullptr ? std::nullopt : table_->hourly(id_of(shown_id));
  }

  [[nodiscard]] peers::NetworkQuality network() const {
    return table_ == nullptr ? peers::NetworkQuality() : table_->network_quality();
  }

 private:
  void hide(peers::PeerState& state) const {
    if (ids_ == PeerIds::own) return;
    state.id = base::anonymous_id(state.id);
    state.name.clear();
  }

  /// Empty, which is no peer's id, for an unknown one.
  [[nodiscard]] std::string id_of(std::string_view shown_id) const {
    if (ids_ == PeerIds::own) return std::string(shown_id);
    std::vector<std::string> ids = table_->ids();
    const auto found =
        std::ranges::find(ids, shown_id, [](const auto& id) { return base::anonymous_id(id); });
    return found == ids.end() ? std::string() : std::move(*found);
  }

  const peers::PeerTable* table_;
  PeerIds ids_;
};

/// The fields of a peer's object.
void write_peer(const peers::PeerState& peer, base::JsonWriter& json);

}  // namespace kymo::KYMO_ABI::live
