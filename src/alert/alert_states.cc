#include <kymo/alert/alert_states.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace kymo::KYMO_ABI::alert {

std::string_view state_text(AlertState state) noexcept {
  switch (state) {
    case AlertState::inactive: return "inactive";
    case AlertState::pending: return "pending";
    case AlertState::firing: return "firing";
  }
  return "unknown";
}

void AlertStates::put_off(std::int64_t milliseconds) noexcept {
  for (auto& [labels, alert] : alerts_) {
    if (alert.state == AlertState::pending) alert.active_ms += milliseconds;
  }
}

void AlertStates::take(std::int64_t time_ms, std::vector<AlertResult> results) {
  present_.clear();
  for (AlertResult& result : results) {
    Alert& alert = alerts_[result.labels];
    const bool is_new = alert.active_ms == kNever || alert.state == AlertState::inactive;
    if (is_new) alert = {.labels = std::move(result.labels), .active_ms = time_ms};
    alert.value = result.value;
    alert.annotations = std::move(result.annotations);
    present_.push_back(&alert);
  }
  std::ranges::sort(present_, std::less<>());
}

bool AlertStates::keeps_firing(Alert& alert, std::int64_t time_ms) const noexcept {
  if (alert.state != AlertState::firing || keep_firing_ms_ == 0) return false;
  if (alert.keep_firing_since_ms == kNever) alert.keep_firing_since_ms = time_ms;
  return time_ms - alert.keep_firing_since_ms < keep_firing_ms_;
}

std::size_t AlertStates::update(std::int64_t time_ms, std::vector<AlertResult> results,
                                std::vector<AlertTransition>& transitions) {
  take(time_ms, std::move(results));
  std::size_t active = 0;
  const auto tell = [&](AlertState from, const Alert& alert) {
    transitions.push_back({.from = from, .alert = alert, .time_ms = time_ms});
  };
  for (auto at = alerts_.begin(); at != alerts_.end();) {
    const auto here = at++;
    Alert& alert = here->second;
    const AlertState before = alert.state;
    if (std::ranges::binary_search(present_, &alert, std::less<>())) {
      alert.keep_firing_since_ms = kNever;
    } else if (!keeps_firing(alert, time_ms)) {
      const bool is_forgotten =
          before == AlertState::pending ||
          (before == AlertState::inactive && time_ms - alert.resolved_ms > kKeepResolvedMs);
      if (before != AlertState::inactive) {
        alert.state = AlertState::inactive;
        alert.resolved_ms = time_ms;
        tell(before, alert);
      }
      if (is_forgotten) alerts_.erase(here);
      continue;
    }
    ++active;
    if (before == AlertState::firing) continue;
    const bool is_new = std::exchange(alert.is_new, false);
    const bool fires = time_ms - alert.active_ms >= for_ms_;
    if (fires) {
      alert.state = AlertState::firing;
      alert.fired_ms = time_ms;
    }
    if (is_new || fires) tell(is_new ? AlertState::inactive : AlertState::pending, alert);
  }
  return active;
}

}  // namespace kymo::KYMO_ABI::alert
