#include "stream_json.h"

#include <string_view>

namespace kymo::KYMO_ABI::packs {

void write_session(const SessionIds& ids, base::JsonWriter& json) {
  json.field("session_id", std::string_view(ids.session_id));
  json.field("attempt_id", std::string_view(ids.attempt_id));
  json.field("connection_id", std::string_view(ids.connection_id));
}

void write_model(const SessionIds& ids, base::JsonWriter& json) {
  json.field("provider", std::string_view(ids.provider));
  json.field("model_id", std::string_view(ids.model_id));
  json.field("vad_enabled", ids.vad_enabled);
}

void write_progress(const SourceFigures& figures, base::JsonWriter& json) {
  json.field("dropped_total", figures.dropped_total);
  json.field("dropped_recent", figures.dropped_recent);
  json.field("bytes_received", figures.bytes_received);
  json.field("chunks_processed", figures.chunks_processed);
  json.field("errors", figures.errors);
  json.field("inference_ms_mean", six_decimals(figures.inference_ms_mean));
  json.field("realtime_factor", six_decimals(figures.realtime_factor));
}

}  // namespace kymo::KYMO_ABI::packs
