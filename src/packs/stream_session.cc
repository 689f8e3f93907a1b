#include <kymo/packs/stream_session.h>

#include <algorithm>
#include <exception>
#include <utility>

#include <kymo/base/utf8.h>

#include "stream_sum.h"

namespace kymo::KYMO_ABI::packs {
namespace {

/// A session whose provider has crashed does not count as idle for this long.
constexpr std::chrono::seconds kCrashLasts{10};

std::string_view cut(std::string_view id) { return base::cut_utf8(id, SessionStream::kMaxIdBytes); }

SessionIds shortened(SessionIds ids) {
  for (std::string* id : {&ids.session_id, &ids.attempt_id, &ids.connection_id, &ids.provider, &ids.model_id,
                          &ids.traceparent}) {
    id->resize(cut(*id).size());
  }
  return ids;
}

/// The options, with faults sent to `tell` before the user's own sink.
DegradeOptions told_to(std::function<void(std::string_view)> tell, DegradeOptions options) {
  options.on_fault = [tell = std::move(tell), own = std::move(options.on_fault)](std::string_view what) {
    tell(what);
    try {
      if (own) own(what);
    } catch (...) {
      tell("on_fault threw, too");
    }
  };
  return options;
}

}  // namespace

SessionStream::SessionStream(StreamTime start, SessionOptions options, std::shared_ptr<StreamMetrics> metrics)
    : metrics_(std::move(metrics)),
      start_(start.steady),
      degrade_status_(std::move(options.degrade_status)),
      ladder_(
          start.steady,
          told_to([this](std::string_view what) { add_fault(StreamFault::Kind::degrade_action, "", what); },
                  std::move(options.degrade))),
      ids_(shortened(std::move(options.ids))) {}

std::shared_ptr<SourceStream> SessionStream::source(SourceOptions options) {
  options.name.resize(cut(options.name).size());
  const std::lock_guard lock(mutex_);
  const auto known =
      std::ranges::find_if(sources_, [&](const auto& source) { return source->name() == options.name; });
  if (known != sources_.end()) return *known;
  auto made = std::make_shared<SourceStream>(std::move(options), metrics_);
  if (sources_.size() < kMaxSources) sources_.push_back(made);
  return made;
}

SessionIds SessionStream::ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

void SessionStream::set_model(std::string_view provider, std::string_view model_id) {
  const std::lock_guard lock(mutex_);
  ids_.provider = cut(provider);
  ids_.model_id = cut(model_id);
}

void SessionStream::set_vad_enabled(bool enabled) {
  const std::lock_guard lock(mutex_);
  ids_.vad_enabled = enabled;
}

void SessionStream::set_traceparent(std::string_view traceparent) {
  const std::lock_guard lock(mutex_);
  ids_.traceparent = cut(traceparent);
}

bool SessionStream::offer_traceparent(std::string_view traceparent) {
  if (traceparent.size() > kMaxIdBytes || !is_traceparent(traceparent)) return false;
  const std::lock_guard lock(mutex_);
  if (is_traceparent(ids_.traceparent)) return false;
  ids_.traceparent = traceparent;
  return true;
}

bool SessionStream::has_id(std::string_view session_id) const {
  const std::lock_guard lock(mutex_);
  return ids_.session_id == cut(session_id);
}

double SessionStream::age_seconds(StreamTime now) const noexcept {
  return std::chrono::duration<double>(now.steady - start_).count();
}

EndMessage SessionStream::end_message(StreamTime now) const {
  return {.ids = ids(), .time = now.wall, .age_seconds = age_seconds(now)};
}

void SessionStream::end() noexcept {
  const std::lock_guard lock(tick_mutex_);
  ended_ = true;
}

std::vector<StreamMessage> SessionStream::tick(StreamTime now) {
  const std::lock_guard tick_lock(tick_mutex_);
  std::vector<TickedSource> ticked;
  DegradeReading worst;
  for (auto& source : sources()) {
    if (ended_) return {};
    auto figures = collect(*source, now);
    // An empty optional is less than any number.
    worst.realtime_factor = std::max(worst.realtime_factor, source->take_new_factor());
    if (figures && !figures->idle) {
      worst.backlog_seconds = std::max(worst.backlog_seconds, figures->backlog_seconds);
      worst.fill_ratio = std::max(worst.fill_ratio, figures->fill_ratio());
      worst.drop_ratio = std::max(worst.drop_ratio, figures->drop_ratio);
    }
    ticked.push_back({std::move(source), figures});
  }
  if (!ended_) lead_ladder(now, ticked, worst);
  if (ended_) return {};
  const auto degrade = ask_degrade(now);
  if (ended_) return {};
  const SessionIds current_ids = ids();
  std::vector<StreamMessage> messages;
  for (const auto& [source, figures] : ticked) {
    if (const auto state = source->take_state()) {
      messages.emplace_back(
          StatusMessage{current_ids, source->name(), now.wall, state->first, state->second});
    }
    if (figures) {
      messages.emplace_back(MetricsMessage{current_ids, source->name(), now.wall, *figures, degrade});
    }
  }
  return messages;
}

std::vector<StreamFault> SessionStream::take_faults() noexcept {
  const std::lock_guard lock(tick_mutex_);
  return std::exchange(faults_, {});
}

void SessionStream::put_back(const StatusMessage& message) noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto& source : sources_) {
    if (source->name() == message.source) source->put_back_state(message.state, message.fill_ratio);
  }
}

std::vector<StatusMessage> SessionStream::standing_statuses(StreamTime now) const {
  std::vector<StatusMessage> messages;
  for (const auto& source : sources()) {
    if (const auto state = source->standing_state()) {
      messages.push_back({ids(), source->name(), now.wall, state->first, state->second});
    }
  }
  return messages;
}

SessionSummary SessionStream::summary(StreamTime now) const {
  SessionSummary summary{
      .ids = ids(), .age_seconds = age_seconds(now), .level = level_.load(std::memory_order_relaxed)};
  for (const auto& source : sources()) {
    const SourceFigures figures = source->figures();
    summary.idle = figures.idle && (summary.sources == 0 || summary.idle);
    ++summary.sources;
    add_figures(figures, summary.figures);
    summary.fill_ratio = std::max(summary.fill_ratio, figures.fill_ratio());
    summary.lag_seconds = std::max(summary.lag_seconds, figures.backlog_seconds);
    summary.inference_ms.merge(source->inference_ms());
    summary.processing_ms.merge(source->processing_ms());
  }
  return summary;
}

std::vector<std::shared_ptr<SourceStream>> SessionStream::sources() const {
  const std::lock_guard lock(mutex_);
  return sources_;
}

std::optional<SourceFigures> SessionStream::collect(SourceStream& source, StreamTime now) {
  try {
    return source.tick(now);
  } catch (const std::exception& error) {
    add_fault(StreamFault::Kind::collector, source.name(), error.what());
  } catch (...) {
    add_fault(StreamFault::Kind::collector, source.name(), "an object of unknown type");
  }
  return std::nullopt;
}

/// A provider's crash counts as audio: another provider must first show that it does better.
void SessionStream::lead_ladder(StreamTime now, const std::vector<TickedSource>& ticked,
                                const DegradeReading& reading) {
  for (auto crashes = crashes_.exchange(0, std::memory_order_relaxed); crashes > 0; --crashes) {
    ladder_.provider_crashed(now.steady);
    last_crash_ = now.steady;
  }
  const bool has_crashed = last_crash_ && now.steady - *last_crash_ < kCrashLasts;
  const bool is_idle = !ticked.empty() && !has_crashed && std::ranges::all_of(ticked, [](const auto& source) {
    return source.figures && source.figures->idle;
  });
  if (is_idle) return ladder_.idle(now.steady);
  ladder_.observe(now.steady, reading);
}

std::optional<DegradeStatus> SessionStream::ask_degrade(StreamTime now) {
  try {
    auto status = degrade_status_ ? degrade_status_(now) : ladder_.status(now.steady);
    level_.store(status.level, std::memory_order_relaxed);
    return status;
  } catch (const std::exception& error) {
    add_fault(StreamFault::Kind::degrade_status, "degrade status", error.what());
  } catch (...) {
    add_fault(StreamFault::Kind::degrade_status, "degrade status", "an object of unknown type");
  }
  return std::nullopt;
}

void SessionStream::add_fault(StreamFault::Kind kind, std::string_view whose, std::string_view what) {
  std::string text(whose);
  if (!text.empty()) text += ": ";
  faults_.push_back({kind, text.append(what)});
}

}  // namespace kymo::KYMO_ABI::packs
