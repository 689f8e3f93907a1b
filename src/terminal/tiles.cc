#include "tiles.h"

#include <algorithm>
#include <cmath>

#include "derive.h"
#include "number_text.h"
#include "recent_figures.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

bool holds(const Family& family, std::string_view part) {
  return family.plain_name.find(part) != std::string::npos;
}

std::string traffic_title(const Family& family) {
  if (!family.is_application()) return "HTTP requests";
  if (holds(family, "event")) return "Events";
  return holds(family, "request") ? "Requests" : title_of(family);
}

std::string active_title(const Family& family) {
  if (!family.is_application()) return "HTTP connections";
  if (holds(family, "session")) return "Sessions";
  return holds(family, "client") ? "Clients" : "Connections";
}

/// Two amounts; a common unit appears once: `122, 62.5 KiB/s`.
std::string both(const std::string& first, const std::string& second) {
  const std::size_t unit = first.rfind(' ');
  const bool is_one = unit != std::string::npos && second.ends_with(first.substr(unit)) &&
                      second.rfind(' ') == second.size() - (first.size() - unit);
  return (is_one ? first.substr(0, unit) : first) + ", " + second;
}

class TileMaker final {
 public:
  TileMaker(const World& world, int width) : world_(world), from_(first_of_last(world, width)) {}

  void add(const std::string& title, const Family* family, View view, const std::string& unit = "") {
    if (family == nullptr) return;
    Tile tile;
    tile.title = title;
    tile.unit = unit.empty() ? unit_of(*family, view) : unit;
    tile.points = points_of(world_, *family, summands(*family), view, from_);
    finish(std::move(tile));
  }

  /// Rises only: a count of losses that falls was corrected.
  void add_growth(const std::string& title, const std::vector<const Family*>& families) {
    if (families.empty()) return;
    Tile tile;
    tile.title = title;
    tile.unit = "/s";
    std::vector<Points> parts;
    for (const Family* family : families) {
      parts.push_back(points_of(world_, *family, summands(*family), View::rate, from_));
      for (double& value : parts.back()) value = std::isnan(value) ? value : std::max(0.0, value);
    }
    tile.points = sum(parts);
    // Corrections within the covered time undo no rise before them: a reason counts those too.
    if (world_.covered_seconds > 0) {
      double grown = 0;
      const RecentFigures recent(world_);
      for (const Family* family : families) grown += recent.growth(*family, world_.covered_seconds);
      tile.points = {grown / world_.covered_seconds};
    }
    finish(std::move(tile));
  }

  void limit_last(const Family* limit, const std::string& unit) {
    if (tiles.empty() || limit == nullptr || tiles.back().unit != unit) return;
    const double most = latest_of(world_, *limit, summands(*limit), View::raw);
    if (std::isnan(most)) return;
    tiles.back().limit = most;
    tiles.back().limit_text = "of " + amount_text(most, unit);
  }

  void add_network() {
    const Family* in = world_.find("kymo_system_network_receive_bytes_per_second");
    const Family* out = world_.find("kymo_system_network_transmit_bytes_per_second");
    if (in == nullptr || out == nullptr) return;
    const double received = latest_of(world_, *in, summands(*in), View::raw);
    const double sent = latest_of(world_, *out, summands(*out), View::raw);
    Tile tile;
    tile.title = "Net in, out";
    tile.unit = "bytes_per_second";
    tile.points = sum({points_of(world_, *in, summands(*in), View::raw, from_),
                       points_of(world_, *out, summands(*out), View::raw, from_)});
    finish(std::move(tile));
    tiles.back().both = {received, sent};
    tiles.back().figure =
        both(amount_text(received, "bytes_per_second"), amount_text(sent, "bytes_per_second"));
  }

  std::vector<Tile> tiles;

 private:
  void finish(Tile tile) {
    tile.value = tile.points.empty() ? kUnknown : tile.points.back();
    tile.figure = amount_text(tile.value, tile.unit);
    tiles.push_back(std::move(tile));
  }

  const World& world_;
  std::size_t from_;
};

std::vector<const Family*> or_else(std::vector<const Family*> families, const Family* other) {
  if (families.empty() && other != nullptr) families.push_back(other);
  return families;
}

}  // namespace

std::vector<Tile> tiles_of(const World& world, const Roles& roles, int width) {
  TileMaker maker(world, width);
  if (roles.traffic != nullptr) maker.add(traffic_title(*roles.traffic), roles.traffic, View::rate);
  auto errors = or_else(roles.errors, world.find("kymo_http_requests_bad"));
  if (errors.size() > 1) errors.resize(1);
  maker.add_growth(roles.errors.empty() ? "Bad requests" : "Errors", errors);
  if (roles.active != nullptr) maker.add(active_title(*roles.active), roles.active, View::raw);
  if (roles.latency != nullptr)
    maker.add(roles.latency->is_application() ? "Latency p95" : "Tick p95", roles.latency, View::p95);
  // Without a server, this process is only the one that measures.
  const bool is_host = world.server.empty();
  maker.add(is_host ? "Host CPU" : "CPU",
            world.find(is_host ? "kymo_system_effective_cores" : "kymo_process_cpu_ratio"), View::raw,
            "cores");
  maker.limit_last(world.find(is_host ? "kymo_system_cpu_cores" : "kymo_system_cpu_limit_cores"), "cores");
  maker.add(is_host ? "Host memory" : "Memory",
            world.find(is_host ? "kymo_system_memory_used_bytes" : "process_resident_memory_bytes"),
            View::raw);
  maker.limit_last(world.find(is_host ? "kymo_system_memory_total_bytes" : "kymo_system_memory_limit_bytes"),
                   "bytes");
  maker.add_network();
  maker.add_growth(roles.drops.empty() ? "Series over limit" : "Drops",
                   or_else(roles.drops, world.find("kymo_series_overflowed")));
  return std::move(maker.tiles);
}

}  // namespace kymo::KYMO_ABI::terminal
