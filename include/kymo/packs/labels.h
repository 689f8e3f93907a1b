#pragma once

#include <kymo/core/family.h>

/// Label keys that several packs share, as template arguments: `Family<Counter, kSessionId, kModel>`.
namespace kymo::KYMO_ABI::packs {

/// The session; use `sampled_session_id(…)`, since every value is a series.
inline constexpr LabelKey kSessionId("session_id");
/// The stage of the pipeline: "stt", "llm", "tts", …
inline constexpr LabelKey kStage("stage");
/// "in" or "out", seen from this process.
inline constexpr LabelKey kDirection("direction");
/// The outcome: "ok", "error", "cancelled", …
inline constexpr LabelKey kStatus("status");
/// The model that answered.
inline constexpr LabelKey kModel("model");

}  // namespace kymo::KYMO_ABI::packs
