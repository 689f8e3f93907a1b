#include <kymo/peers/peer_table.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <utility>

#include "peer_record.h"

namespace kymo::peers {
namespace {

PeerTableOptions usable(PeerTableOptions options) {
  options.latency_points = std::max<std::size_t>(options.latency_points, 1);
  return options;
}

}  // namespace

class PeerTable::State final {
 public:
  explicit State(PeerTableOptions options) : options_(usable(options)) {}

  bool add(std::string_view id, std::string_view name) {
    const Now at = now();
    const std::lock_guard lock(mutex_);
    if (find(id) != nullptr) return false;
    if (peers_.size() >= options_.max_peers) {
      ++refused_;
      return false;
    }
    peers_.push_back(std::make_unique<PeerRecord>(std::string(id), std::string(name), at, options_));
    return true;
  }

  bool remove(std::string_view id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(peers_, [id](const auto& peer) { return peer->id() == id; }) != 0;
  }

  template <class Change>
  bool change(std::string_view id, Change change) {
    const Now at = now();
    const std::lock_guard lock(mutex_);
    PeerRecord* peer = find(id);
    if (peer == nullptr) return false;
    change(*peer, at);
    return true;
  }

  template <class Read>
  auto read(std::string_view id, Read read) const
      -> std::optional<decltype(read(std::declval<const PeerRecord&>(), Now{}))> {
    const Now at = now();
    const std::lock_guard lock(mutex_);
    const PeerRecord* peer = find(id);
    if (peer == nullptr) return std::nullopt;
    return read(*peer, at);
  }

  template <class Visitor>
  void for_each(Visitor visit) const {
    const Now at = now();
    const std::lock_guard lock(mutex_);
    for (const auto& peer : peers_) visit(*peer, at);
  }

  [[nodiscard]] std::uint64_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  [[nodiscard]] Now now() const noexcept {
    const model::Clock& clock = options_.clock != nullptr ? *options_.clock : machine_;
    return {clock.steady_now(), clock.system_now()};
  }
  // A walk: a thousand peers are compared within the time that one probe takes on its way.
  [[nodiscard]] PeerRecord* find(std::string_view id) const {
    const auto found =
        std::find_if(peers_.begin(), peers_.end(), [id](const auto& peer) { return peer->id() == id; });
    return found == peers_.end() ? nullptr : found->get();
  }

  const PeerTableOptions options_;
  const model::RealClock machine_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<PeerRecord>> peers_;
  std::uint64_t refused_ = 0;
};

PeerTable::PeerTable(PeerTableOptions options) : state_(std::make_unique<State>(options)) {}
PeerTable::~PeerTable() = default;

bool PeerTable::add(std::string_view id, std::string_view name) { return state_->add(id, name); }
bool PeerTable::remove(std::string_view id) { return state_->remove(id); }

bool PeerTable::record_latency(std::string_view id, std::chrono::nanoseconds latency) {
  return state_->change(id, [latency](PeerRecord& peer, Now now) {
    if (latency.count() >= 0) peer.add_probe(now, std::chrono::duration<double, std::milli>(latency).count());
  });
}

bool PeerTable::record_timeout(std::string_view id) {
  return state_->change(id, [](PeerRecord& peer, Now now) { peer.add_probe(now, std::nullopt); });
}

bool PeerTable::record_traffic(std::string_view id, const PeerTraffic& totals) {
  return state_->change(id, [&](PeerRecord& peer, Now now) { peer.set_traffic(now, totals); });
}

bool PeerTable::set_packet_loss(std::string_view id, std::optional<double> percent) {
  return state_->change(id, [&](PeerRecord& peer, Now /*now*/) {
    if (!percent || !std::isnan(*percent)) peer.set_packet_loss(percent);
  });
}

std::optional<PeerState> PeerTable::find(std::string_view id) const {
  return state_->read(id, [](const PeerRecord& peer, Now now) { return peer.state(now); });
}

std::vector<PeerState> PeerTable::all() const {
  std::vector<PeerState> states;
  state_->for_each([&](const PeerRecord& peer, Now now) { states.push_back(peer.state(now)); });
  return states;
}

std::optional<std::vector<LatencyPoint>> PeerTable::latencies(
    std::string_view id, std::chrono::steady_clock::duration duration) const {
  // Nothing is kept that long; so the subtraction cannot overflow.
  constexpr std::chrono::steady_clock::duration kMost = std::chrono::hours(24 * 365);
  const auto asked = std::clamp(duration, std::chrono::steady_clock::duration::zero(), kMost);
  return state_->read(
      id, [asked](const PeerRecord& peer, Now now) { return peer.latencies(now.steady - asked); });
}

std::optional<std::vector<HourlyScore>> PeerTable::hourly(std::string_view id) const {
  return state_->read(id, [](const PeerRecord& peer, Now now) { return peer.hourly(now); });
}

NetworkQuality PeerTable::network_quality() const {
  NetworkQuality quality;
  double sum = 0;
  std::size_t scored = 0;
  state_->for_each([&](const PeerRecord& peer, Now now) {
    ++quality.peers;
    if (peer.status(now) == PeerStatus::connected) ++quality.connected;
    if (const auto score = peer.path_total()) {
      sum += *score;
      ++scored;
    }
  });
  if (scored != 0) quality.score = sum / static_cast<double>(scored);
  return quality;
}

std::uint64_t PeerTable::refused() const { return state_->refused(); }

}  // namespace kymo::peers
