#include <kymo/packs/stream_ladder.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <utility>

namespace kymo::KYMO_ABI::packs {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"NORMAL", "WARNING", "DEGRADE", "EMERGENCY",
                                                         "FAILOVER"};

DegradeLevel next_worse(DegradeLevel level) {
  return static_cast<DegradeLevel>(static_cast<std::uint8_t>(level) + 1);
}
DegradeLevel next_better(DegradeLevel level) {
  return static_cast<DegradeLevel>(static_cast<std::uint8_t>(level) - 1);
}

}  // namespace

std::string_view name_of(DegradeLevel level) noexcept { return kLevelNames[static_cast<std::size_t>(level)]; }

DegradeLevel level_for(double realtime_factor) noexcept {
  if (realtime_factor > 1.2) return DegradeLevel::emergency;
  if (realtime_factor >= 1.0) return DegradeLevel::degrade;
  return realtime_factor >= 0.8 ? DegradeLevel::warning : DegradeLevel::normal;
}

DegradeLevel DegradeThresholds::level_for(double value) const noexcept {
  if (value > emergency) return DegradeLevel::emergency;
  if (value > degrade) return DegradeLevel::degrade;
  return value > warning ? DegradeLevel::warning : DegradeLevel::normal;
}

DegradeLadder::DegradeLadder(Time start, DegradeOptions options)
    : options_(std::move(options)), since_(start) {}

/// The worst level that a signal demands. Notes the signals for more than NORMAL; without new chunks the last
/// factor still counts.
DegradeLevel DegradeLadder::judge(const DegradeReading& reading, bool has_factor) {
  struct Sign {
    std::string_view name;
    DegradeLevel level;
  };
  if (has_factor) last_factor_ = *reading.realtime_factor;
  const std::array signs = {
      Sign{"backlog", options_.backlog_seconds.level_for(reading.backlog_seconds)},
      Sign{"fill", options_.fill_ratio.level_for(reading.fill_ratio)},
      Sign{"drops", options_.drop_ratio.level_for(reading.drop_ratio)},
  };
  DegradeLevel worst = has_factor ? level_for(*last_factor_) : DegradeLevel::normal;
  causes_.clear();
  if (last_factor_ && level_for(*last_factor_) != DegradeLevel::normal)
    causes_.emplace_back("realtime_factor");
  for (const Sign& sign : signs) {
    if (sign.level == DegradeLevel::normal) continue;
    causes_.emplace_back(sign.name);
    worst = std::max(worst, sign.level);
  }
  return worst;
}

void DegradeLadder::observe(Time now, const DegradeReading& reading) {
  const bool has_factor = reading.realtime_factor && *reading.realtime_factor >= 0;
  const DegradeLevel wanted = judge(reading, has_factor);
  if (!has_factor && last_factor_ && wanted == DegradeLevel::normal) return;
  if (wanted != DegradeLevel::normal || last_factor_.value_or(0) >= kCalmBelow) {
    calm_since_.reset();
  } else if (!calm_since_) {
    calm_since_ = now;
  }
  if (wanted > level_) {
    if (now - since_ >= options_.stay) change(now, wanted, reading.realtime_factor);
  } else if (level_ != DegradeLevel::normal && calm_since_ && now - *calm_since_ >= options_.calm) {
    calm_since_ = now;
    change(now, next_better(level_), reading.realtime_factor);
  }
}

void DegradeLadder::idle(Time now) {
  causes_.clear();
  last_factor_.reset();
  calm_since_.reset();
  if (level_ != DegradeLevel::normal) change(now, DegradeLevel::normal, std::nullopt);
}

void DegradeLadder::provider_crashed(Time now) {
  ++crashes_;
  calm_since_.reset();
  if (level_ != DegradeLevel::failover) change(now, DegradeLevel::failover, std::nullopt);
}

DegradeStatus DegradeLadder::status(Time now) const {
  DegradeStatus status{.level = level_,
                       .seconds_at_level = std::chrono::duration<double>(now - since_).count(),
                       .provider_crashes = crashes_};
  for (const DegradeAction* action : in_force_) status.actions.push_back(action->name);
  status.causes = causes_;
  return status;
}

void DegradeLadder::change(Time now, DegradeLevel to, std::optional<double> factor) {
  const DegradeLevel from = std::exchange(level_, to);
  since_ = now;
  for (DegradeLevel level = from; level > to; level = next_better(level)) undo(level);
  for (DegradeLevel level = from; level < to;) {
    level = next_worse(level);
    apply(level);
  }
  if (!options_.on_change) return;
  guarded("on_change", [&] { options_.on_change({.from = from, .to = to, .realtime_factor = factor}); });
}

void DegradeLadder::apply(DegradeLevel entered) {
  for (const DegradeAction& action : options_.actions) {
    if (action.level != entered) continue;
    const bool done = guarded(action.name, [&] {
      if (action.apply) action.apply();
    });
    if (done) in_force_.push_back(&action);
  }
}

void DegradeLadder::undo(DegradeLevel left) {
  while (!in_force_.empty() && in_force_.back()->level == left) {
    const DegradeAction& action = *in_force_.back();
    in_force_.pop_back();
    guarded(action.name, [&] {
      if (action.undo) action.undo();
    });
  }
}

template <class Call>
bool DegradeLadder::guarded(std::string_view whose, const Call& call) const {
  const auto tell = [&](std::string_view what) {
    if (options_.on_fault) options_.on_fault("degrade " + std::string(whose) + ": " + std::string(what));
  };
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    tell(error.what());
  } catch (...) {
    tell("an object of unknown type");
  }
  return false;
}

}  // namespace kymo::KYMO_ABI::packs
