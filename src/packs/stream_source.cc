#include <kymo/packs/stream_source.h>

#include <algorithm>
#include <cmath>
#include <exception>

namespace kymo::KYMO_ABI::packs {
namespace {

double to_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::uint64_t not_negative(std::int64_t number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
}

/// Adds one value, exactly as a Histogram of the core would.
void record(double value, HistogramValue& into) {
  HistogramValue one;
  if (value <= std::ldexp(1.0, HistogramValue::kMinExponent)) {
    one.add_zeros(1);
  } else {
    auto index = static_cast<std::int32_t>(std::ceil(std::log2(value) * (1 << HistogramValue::kScale))) - 1;
    // The logarithm may be off by one at a border.
    if (HistogramValue::upper_border(index) < value) ++index;
    if (HistogramValue::upper_border(index - 1) >= value) --index;
    one.add_bucket(std::min(index, (HistogramValue::kMaxExponent << HistogramValue::kScale) - 1), 1);
  }
  one.set_sum(value);
  one.set_extremes(value, value);
  into.merge(one);
}

/// If memory ran out the distribution lacks a value; the counts have it.
void try_record(std::chrono::nanoseconds time, HistogramValue& into) noexcept {
  try {
    record(std::max(0.0, to_ms(time)), into);
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

SourceStream::SourceStream(SourceOptions options, std::shared_ptr<StreamMetrics> metrics)
    : options_(std::move(options)), metrics_(std::move(metrics)) {}

void SourceStream::queued(const StreamChunk& chunk) noexcept {
  metrics_->audio_bytes_received.add(chunk.bytes);
  const std::lock_guard lock(mutex_);
  note_activity();
  counts_.bytes_received += chunk.bytes;
  if (options_.read_queue) return;
  ++queue_.depth;
  queue_.bytes += static_cast<std::int64_t>(chunk.bytes);
  queue_.audio += chunk.audio;
  note_fill();
}

void SourceStream::refused(const StreamChunk& chunk) noexcept {
  metrics_->audio_bytes_received.add(chunk.bytes);
  const std::lock_guard lock(mutex_);
  note_activity();
  counts_.bytes_received += chunk.bytes;
  count_drop();
}

void SourceStream::taken(const StreamChunk& chunk) noexcept {
  const std::lock_guard lock(mutex_);
  note_activity();
  leave(chunk);
}

void SourceStream::dropped(const StreamChunk& chunk) noexcept {
  const std::lock_guard lock(mutex_);
  note_activity();
  count_drop();
  leave(chunk);
}

void SourceStream::leave(const StreamChunk& chunk) noexcept {
  if (options_.read_queue) return;
  --queue_.depth;
  queue_.bytes -= static_cast<std::int64_t>(chunk.bytes);
  queue_.audio -= chunk.audio;
  note_fill();
}

void SourceStream::count_drop() noexcept {
  ++counts_.dropped_total;
  metrics_->audio_frames_dropped.add();
}

void SourceStream::processed(const StreamChunkTimes& times) noexcept {
  metrics_->asr_chunks_processed.add();
  metrics_->record_times(times.inference, times.processing);
  const std::lock_guard lock(mutex_);
  note_activity();
  recent_[counts_.chunks_processed % kRecentChunks] = times;
  ++counts_.chunks_processed;
  new_chunks_ = true;
  try_record(times.inference, inference_ms_);
  try_record(times.processing, processing_ms_);
}

void SourceStream::failed() noexcept {
  metrics_->asr_errors.add();
  const std::lock_guard lock(mutex_);
  note_activity();
  ++counts_.errors;
}

void SourceStream::note_activity() noexcept {
  active_ = true;
  idle_ = false;
}

double SourceStream::fill_ratio() const noexcept {
  return static_cast<double>(queue_.depth) / static_cast<double>(options_.queue_max);
}

void SourceStream::note_fill() noexcept {
  if (options_.queue_max == 0) return;
  const double fill = fill_ratio();
  if (fill < kRearmBelow) {
    buffering_armed_ = overloaded_armed_ = true;
    standing_.reset();
    return;
  }
  if (fill > kOverloadedAbove && overloaded_armed_) {
    overloaded_armed_ = buffering_armed_ = false;  // an overloaded queue must not report buffering on its way
                                                   // down
    standing_ = QueueState::overloaded;
  } else if (fill > kBufferingAbove && buffering_armed_) {
    buffering_armed_ = false;
    standing_ = QueueState::buffering;
  } else {
    return;
  }
  state_.emplace(*standing_, fill);
}

/// Waiting chunks keep the source busy: a queue that nobody empties is not idle.
void SourceStream::note_idleness(std::chrono::steady_clock::time_point now) noexcept {
  if (std::exchange(active_, false) || queue_.depth > 0 || !last_active_) last_active_ = now;
  idle_ = now - *last_active_ >= options_.idle_after;
}

SourceFigures SourceStream::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_locked();
}

SourceFigures SourceStream::tick(StreamTime now) {
  std::optional<QueueReading> reading;
  if (options_.read_queue) reading = options_.read_queue();
  const std::lock_guard lock(mutex_);
  if (reading) {
    queue_ = {.depth = static_cast<std::int64_t>(reading->depth),
              .bytes = static_cast<std::int64_t>(reading->bytes),
              .audio = reading->audio};
    note_fill();
  }
  note_idleness(now.steady);
  mark_drops(now.steady);
  return figures_locked();
}

void SourceStream::mark_drops(std::chrono::steady_clock::time_point now) {
  if (marks_.empty()) marks_.push_back({now, 0, 0});  // earlier drops count as recent
  if (now - marks_.back().time >= std::chrono::seconds(1)) {
    marks_.push_back({now, counts_.dropped_total, counts_.chunks_processed});
  }
  while (marks_.size() > 1 && now - marks_[1].time >= kRecentDrops) marks_.pop_front();
}

SourceFigures SourceStream::figures_locked() const {
  SourceFigures figures = counts_;
  figures.queue_depth = not_negative(queue_.depth);
  figures.queue_max = options_.queue_max;
  figures.queue_bytes = not_negative(queue_.bytes);
  figures.backlog_seconds = std::max(0.0, std::chrono::duration<double>(queue_.audio).count());
  const Mark before = marks_.empty() ? Mark{} : marks_.front();
  figures.dropped_recent = counts_.dropped_total - before.dropped;
  const std::uint64_t processed_recent = counts_.chunks_processed - before.processed;
  if (figures.dropped_recent > 0) {
    figures.drop_ratio = static_cast<double>(figures.dropped_recent) /
                         static_cast<double>(figures.dropped_recent + processed_recent);
  }
  figures.idle = idle_;
  const auto chunks = std::min<std::uint64_t>(counts_.chunks_processed, kRecentChunks);
  if (chunks == 0) return figures;
  StreamChunkTimes sum;
  for (std::size_t i = 0; i < chunks; ++i) {
    sum.inference += recent_[i].inference;
    sum.processing += recent_[i].processing;
    sum.audio += recent_[i].audio;
  }
  figures.inference_ms_mean = to_ms(sum.inference) / static_cast<double>(chunks);
  if (sum.audio.count() > 0 && !idle_) figures.realtime_factor = to_ms(sum.processing) / to_ms(sum.audio);
  return figures;
}

std::optional<std::pair<QueueState, double>> SourceStream::take_state() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(state_, std::nullopt);
}

void SourceStream::put_back_state(QueueState state, double fill_ratio) noexcept {
  const std::lock_guard lock(mutex_);
  if (!state_) state_.emplace(state, fill_ratio);
}

std::optional<std::pair<QueueState, double>> SourceStream::standing_state() const noexcept {
  const std::lock_guard lock(mutex_);
  if (!standing_ || state_) return std::nullopt;
  return std::pair(*standing_, fill_ratio());
}

std::optional<double> SourceStream::take_new_factor() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(new_chunks_, false) ? figures_locked().realtime_factor : std::nullopt;
}

HistogramValue SourceStream::inference_ms() const {
  const std::lock_guard lock(mutex_);
  return inference_ms_;
}

HistogramValue SourceStream::processing_ms() const {
  const std::lock_guard lock(mutex_);
  return processing_ms_;
}

}  // namespace kymo::KYMO_ABI::packs
