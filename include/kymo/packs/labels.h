#pragma once

#include <kymo/core/family.h>

/// Label keys that several packs share, as template arguments: `Family<Counter, kSessionId, kModel>`.
namespace kymo::KYMO_ABI::packs {

/// Whose session; give `sampled_session_id(…)`, since every value is a series.
inline constexpr LabelKey kSessionId("session_id");
/// Where in the pipeline: "stt", "llm", "tts", …
inline constexpr LabelKey kStage("stage");
/// "in" or "out", seen from this process.
inline constexpr LabelKey kDirection("direction");
/// How it ended: "ok", "error", "cancelled", …
inline constexpr LabelKey kStatus("status");
/// Which model answered.
inline constexpr LabelKey kModel("model");

}  // namespace kymo::KYMO_ABI::packs
