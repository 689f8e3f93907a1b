#include "live_channel.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <kymo/format/live_json.h>

namespace kymo::KYMO_ABI::live {

LiveChannel::LiveChannel(Subscription subscription, Time begin, ChannelLimits limits, OnEncoded on_encoded)
    : subscription_(std::move(subscription)),
      begin_(begin),
      limits_(limits),
      on_encoded_(std::move(on_encoded)),
      table_(subscription_) {}

LiveChannel::Time LiveChannel::time_of(Seq seq) const noexcept {
  const std::chrono::nanoseconds second = std::chrono::seconds(1);
  return begin_ + second * static_cast<std::int64_t>(seq) / subscription_.rate_hz;
}

LiveChannel::Time LiveChannel::next_due() const noexcept { return time_of(seq_ + 1); }

void LiveChannel::advance(const std::shared_ptr<const Snapshot>& snapshot, Time now) {
  const Seq before = seq_;
  seq_ = static_cast<Seq>((now - begin_) * subscription_.rate_hz / std::chrono::seconds(1));
  while (time_of(seq_ + 1) <= now) ++seq_;  // the multiples are rounded to nanoseconds
  seq_ = std::max(seq_, before + 1);
  snapshot_ = snapshot;
  full_ = nullptr;
  deltas_.clear();
  table_.update(*snapshot, seq_);
  if (before == 0) return;
  Frame frame{seq_, frame_head(), nullptr, {}};
  frame.delta = encode_delta(before, frame.values);
  deltas_.push_back({before, frame.delta});
  keep(std::move(frame));
}

void LiveChannel::keep(Frame frame) {
  replay_bytes_ += frame.delta->size();
  replay_.push_back(std::move(frame));
  while (replay_.size() > limits_.replay_frames ||
         (replay_bytes_ > limits_.replay_bytes && !replay_.empty())) {
    replay_bytes_ -= replay_.front().delta->size();
    replay_.pop_front();
  }
}

LiveChannel::Text LiveChannel::full(std::optional<Seq> since) {
  const bool has_replay = since && !replay_.empty() && *since < seq_ && *since + 1 >= replay_.front().seq;
  if (has_replay) return encode_full(since);
  if (!limits_.shares_frames) return encode_full(std::nullopt);
  if (full_ == nullptr) full_ = encode_full(std::nullopt);
  return full_;
}

LiveChannel::Text LiveChannel::delta(Seq since) {
  if (since < table_.first_known() || since > seq_) return nullptr;
  const auto known =
      std::find_if(deltas_.begin(), deltas_.end(), [&](const Encoded& made) { return made.since == since; });
  if (known != deltas_.end() && limits_.shares_frames) return known->text;
  SeriesTable::ValuesPlace ignored;
  Text text = encode_delta(since, ignored);
  if (limits_.shares_frames) deltas_.push_back({since, text});
  return text;
}

std::string LiveChannel::frame_head() const {
  std::string head = "\"seq\":" + std::to_string(seq_) + ",\"time\":";
  format::append_live_time(snapshot_->time, head);
  return head;
}

template <class Write>
LiveChannel::Text LiveChannel::timed(const Write& write) {
  const auto start = std::chrono::steady_clock::now();
  std::string text;
  write(text);
  auto shared = std::make_shared<const std::string>(std::move(text));
  if (on_encoded_) on_encoded_(std::chrono::steady_clock::now() - start);
  return shared;
}

LiveChannel::Text LiveChannel::encode_full(std::optional<Seq> since) {
  return timed([&](std::string& out) {
    out.reserve(largest_full_ + largest_full_ / 16);
    out.append("{\"type\":\"full\",").append(frame_head()).append(",\"uptime_seconds\":");
    format::append_live_seconds(snapshot_->uptime, out);
    out += ',';
    if (since) write_replay(*since, out);
    table_.write_full(out);
    out += '}';
    largest_full_ = std::max(largest_full_, out.size());
  });
}

void LiveChannel::write_replay(Seq since, std::string& out) const {
  out += "\"replay\":[";
  bool first = true;
  for (const Frame& frame : replay_) {
    if (frame.seq <= since) continue;
    out.append(std::exchange(first, false) ? "{" : ",{").append(frame.head);
    out.append(*frame.delta, frame.values.begin, frame.values.end - frame.values.begin) += '}';
  }
  out += "],";
}

LiveChannel::Text LiveChannel::encode_delta(Seq since, SeriesTable::ValuesPlace& values) {
  // Deltas are kept for minutes. A text that grew takes up to twice its size and leaves gaps in the heap; a
  // copy does neither.
  return timed([&](std::string& out) {
    scratch_.assign("{\"type\":\"delta\",").append(frame_head()).append(",\"uptime_seconds\":");
    format::append_live_seconds(snapshot_->uptime, scratch_);
    values = table_.write_delta(since, scratch_);
    scratch_ += '}';
    out = scratch_;
  });
}

}  // namespace kymo::KYMO_ABI::live
