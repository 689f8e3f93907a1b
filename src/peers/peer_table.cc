#include <kymo/peers/peer_table.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include <kymo/base/utf8.h>

#include "peer_record.h"

namespace kymo::KYMO_ABI::peers {
namespace {

PeerTableOptions usable(PeerTableOptions options) {
  options.latency_points = std::max<std::size_t>(options.latency_points, 1);
  options.max_id_bytes = std::max<std::size_t>(options.max_id_bytes, 1);
  return options;
}

}  // namespace

class PeerTable::State final {
  /// One peer with its own lock, so that reading a thousand of them delays nobody for long.
  struct Peer {
    Peer(std::string peer_id, std::string name, Now now, const PeerTableOptions& options)
        : id(peer_id), record(std::move(peer_id), std::move(name), now, options) {}

    const std::string id;
    mutable std::mutex mutex;
    PeerRecord record;
  };
  using PeerPtr = std::shared_ptr<Peer>;
  using Listeners = std::vector<std::weak_ptr<ProbeListener>>;

 public:
  explicit State(PeerTableOptions options) : options_(usable(options)) {}

  bool add(std::string_view id, std::string_view name) {
    const Now at = now();
    const std::lock_guard lock(mutex_);
    if (find(id) != nullptr) return false;
    if (peers_.size() >= options_.max_peers || id.empty() || id.size() > options_.max_id_bytes) {
      ++refused_;
      return false;
    }
    std::string shown(base::cut_utf8(name, options_.max_id_bytes));
    peers_.push_back(std::make_shared<Peer>(std::string(id), std::move(shown), at, options_));
    return true;
  }

  bool remove(std::string_view id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(peers_, [id](const PeerPtr& peer) { return peer->id == id; }) != 0;
  }

  template <class Change>
  bool change(std::string_view id, Change change) {
    const PeerPtr peer = locked_find(id);
    if (peer == nullptr) return false;
    const Now at = now();
    const std::lock_guard lock(peer->mutex);
    change(peer->record, at);
    return true;
  }

  bool add_probe(std::string_view id, std::optional<double> latency_ms) {
    const bool is_known =
        change(id, [latency_ms](PeerRecord& peer, Now now) { peer.add_probe(now, latency_ms); });
    if (!is_known) return false;
    const std::shared_ptr<const Listeners> listeners = [this] {
      const std::lock_guard lock(mutex_);
      return listeners_;
    }();
    for (const auto& weak : *listeners) {
      if (const auto listener = weak.lock()) listener->on_probe(id, latency_ms);
    }
    return true;
  }

  template <class Read>
  auto read(std::string_view id, Read read) const
      -> std::optional<decltype(read(std::declval<const PeerRecord&>(), Now{}))> {
    const PeerPtr peer = locked_find(id);
    if (peer == nullptr) return std::nullopt;
    const std::lock_guard lock(peer->mutex);
    return read(peer->record, now());
  }

  template <class Visitor>
  void for_each(Visitor visit, std::size_t limit = std::numeric_limits<std::size_t>::max()) const {
    const std::vector<PeerPtr> peers = [this] {
      const std::lock_guard lock(mutex_);
      return peers_;
    }();
    for (const PeerPtr& peer : std::span(peers).first(std::min(limit, peers.size()))) {
      const std::lock_guard lock(peer->mutex);
      visit(peer->record, now());
    }
  }

  void tell(const std::weak_ptr<ProbeListener>& listener) {
    const std::lock_guard lock(mutex_);
    auto next = std::make_shared<Listeners>(*listeners_);
    std::erase_if(*next, [](const auto& weak) { return weak.expired(); });
    next->push_back(listener);
    listeners_ = std::move(next);
  }

  [[nodiscard]] std::uint64_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  [[nodiscard]] Now now() const noexcept {
    const base::Clock& clock = options_.clock != nullptr ? *options_.clock : machine_;
    return {clock.steady_now(), clock.system_now()};
  }
  [[nodiscard]] PeerPtr locked_find(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    return find(id);
  }
  // A walk: a thousand comparisons take less time than one probe on its way.
  [[nodiscard]] PeerPtr find(std::string_view id) const {
    const auto found =
        std::find_if(peers_.begin(), peers_.end(), [id](const PeerPtr& peer) { return peer->id == id; });
    return found == peers_.end() ? nullptr : *found;
  }

  const PeerTableOptions options_;
  const base::RealClock machine_;
  mutable std::mutex mutex_;  // of what follows; never held together with a peer's
  std::vector<PeerPtr> peers_;
  std::shared_ptr<const Listeners> listeners_ = std::make_shared<const Listeners>();
  std::uint64_t refused_ = 0;
};

PeerTable::PeerTable(PeerTableOptions options) : state_(std::make_unique<State>(options)) {}
PeerTable::~PeerTable() = default;

bool PeerTable::add(std::string_view id, std::string_view name) { return state_->add(id, name); }
bool PeerTable::remove(std::string_view id) { return state_->remove(id); }

bool PeerTable::record_latency(std::string_view id, std::chrono::nanoseconds latency) {
  if (latency.count() < 0) return state_->change(id, [](PeerRecord& /*peer*/, Now /*now*/) {});
  return state_->add_probe(id, std::chrono::duration<double, std::milli>(latency).count());
}

bool PeerTable::record_timeout(std::string_view id) { return state_->add_probe(id, std::nullopt); }

bool PeerTable::record_limited(std::string_view id) {
  return state_->change(id, [&](PeerRecord& peer, Now now) { peer.add_limited_probe(now); });
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

std::vector<PeerState> PeerTable::all() const { return first(std::numeric_limits<std::size_t>::max()); }

std::vector<PeerState> PeerTable::first(std::size_t limit) const {
  std::vector<PeerState> states;
  state_->for_each([&](const PeerRecord& peer, Now now) { states.push_back(peer.state(now)); }, limit);
  return states;
}

std::optional<std::vector<LatencyPoint>> PeerTable::latencies(
    std::string_view id, std::chrono::steady_clock::duration duration) const {
  // Nothing is kept that long, so the subtraction cannot overflow.
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
    switch (peer.status(now)) {
      case PeerStatus::connected: ++quality.connected; break;
      case PeerStatus::degraded: ++quality.degraded; break;
      case PeerStatus::disconnected: ++quality.disconnected; break;
    }
    if (const auto score = peer.path_total(now)) {
      sum += *score;
      ++scored;
    }
  });
  if (scored != 0) quality.score = sum / static_cast<double>(scored);
  return quality;
}

std::vector<std::string> PeerTable::ids() const {
  std::vector<std::string> ids;
  state_->for_each([&](const PeerRecord& peer, Now /*now*/) { ids.push_back(peer.id()); });
  return ids;
}

std::uint64_t PeerTable::refused() const { return state_->refused(); }

void PeerTable::tell(const std::weak_ptr<ProbeListener>& listener) { state_->tell(listener); }

}  // namespace kymo::KYMO_ABI::peers
