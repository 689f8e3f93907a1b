#include <kymo/terminal/roles.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

using Names = std::initializer_list<std::string_view>;
using Accepts = std::function<bool(const Family&)>;

constexpr std::array<std::string_view, 9> kErrors = {"server_errors",
                                                     "http_errors",
                                                     "errors_event_processing",
                                                     "stt_errors",
                                                     "llm_errors",
                                                     "tts_errors",
                                                     "recording_jobs_failed",
                                                     "webrtc_connection_failures",
                                                     "websocket_broadcast_failure"};

const Family* first_of(const World& world, Names names) {
  for (const std::string_view name : names) {
    if (const Family* family = world.find(name)) return family;
  }
  return nullptr;
}

std::vector<const Family*> all_like(const World& world, const Accepts& accepts) {
  std::vector<const Family*> found;
  for (const auto& [name, family] : world.families) {
    if (accepts(family)) found.push_back(&family);
  }
  return found;
}

const Family* one_like(const World& world, const Accepts& accepts) {
  const auto found = all_like(world, accepts);
  return found.empty() ? nullptr : found.front();
}

bool holds(std::string_view name, Names parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

bool ends_with(std::string_view name, Names ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return name.ends_with(end); });
}

/// A breakdown of a family whose name lacks the last part: `events_received_by_type`.
bool is_breakdown(std::string_view name) {
  const std::size_t at = name.rfind("_by_");
  return at != std::string_view::npos && name.find('_', at + 4) == std::string_view::npos;
}

bool is_count(const Family& family) {
  return family.is_application() && family.kind == Kind::counter && !is_breakdown(family.plain_name);
}

bool is_timing(const Family& family) { return family.kind == Kind::histogram && family.unit == "seconds"; }

std::vector<const Family*> errors_of(const World& world) {
  std::vector<const Family*> found;
  for (const std::string_view name : kErrors) {
    if (const Family* family = world.find(name)) found.push_back(family);
  }
  for (const Family* family : all_like(world, is_count)) {
    const bool is_known = std::find(found.begin(), found.end(), family) != found.end();
    if (!is_known &&
        ends_with_word(family->plain_name, {"error", "errors", "failure", "failures", "failed"})) {
      found.push_back(family);
    }
  }
  return found;
}

const Family* traffic_of(const World& world) {
  if (const Family* family =
          first_of(world, {"server_requests", "http_requests", "events_received", "events_processed"})) {
    return family;
  }
  const auto is_named_so = [](const Family& family) {
    return is_count(family) &&
           ends_with(family.plain_name, {"requests", "events", "messages", "received", "processed"});
  };
  if (const Family* family = one_like(world, is_named_so)) return family;
  const Family* any = one_like(world, is_count);
  return any != nullptr ? any : world.find("kymo_http_requests");
}

const Family* active_of(const World& world) {
  if (const Family* family =
          first_of(world, {"server_active_connections", "http_active_connections", "voice_sessions_active",
                           "webrtc_peer_connections_active", "websocket_clients"})) {
    return family;
  }
  const Family* family = one_like(world, [](const Family& one) {
    return one.is_application() && one.kind != Kind::counter && one.kind != Kind::histogram &&
           holds(one.plain_name, {"active", "connections", "sessions", "clients"});
  });
  return family != nullptr ? family : world.find("kymo_http_connections");
}

const Family* latency_of(const World& world) {
  for (const std::string_view name :
       {"http_request_duration_seconds", "http_request_duration", "event_processing_duration",
        "stt_transcription_latency_seconds", "llm_generation_latency_seconds"}) {
    const Family* family = world.find(name);
    if (family != nullptr && is_timing(*family)) return family;
  }
  const Family* family = one_like(world, [](const Family& one) {
    return one.is_application() && is_timing(one) && holds(one.plain_name, {"duration", "latency", "time"});
  });
  return family != nullptr ? family
                           : first_of(world, {"kymo_tick_duration_seconds", "kymo_scrape_duration_seconds"});
}

bool is_loss(const Family& family) {
  return family.is_application() && family.kind != Kind::histogram && family.kind != Kind::window &&
         ends_with_word(family.plain_name, {"dropped", "drops", "lost", "discarded", "overflowed"});
}

}  // namespace

bool ends_with_word(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return name.ends_with(word) && (name.size() == word.size() || name[name.size() - word.size() - 1] == '_');
  });
}

Roles roles_of(const World& world) {
  Roles roles;
  roles.has_application = one_like(world, &Family::is_application) != nullptr;
  roles.traffic = traffic_of(world);
  roles.errors = errors_of(world);
  roles.active = active_of(world);
  roles.latency = latency_of(world);
  roles.drops = all_like(world, is_loss);
  return roles;
}

namespace {

/// Words with a special spelling in titles. The web page has the same list; the cases are in
/// tests/terminal/golden/titles.tsv.
constexpr auto kWritten =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"api", "API"},
                                                                  {"asr", "ASR"},
                                                                  {"cpu", "CPU"},
                                                                  {"dbfs", "dBFS"},
                                                                  {"dns", "DNS"},
                                                                  {"fd", "FD"},
                                                                  {"fds", "FDs"},
                                                                  {"gc", "GC"},
                                                                  {"gpu", "GPU"},
                                                                  {"http", "HTTP"},
                                                                  {"https", "HTTPS"},
                                                                  {"id", "ID"},
                                                                  {"io", "I/O"},
                                                                  {"ip", "IP"},
                                                                  {"llm", "LLM"},
                                                                  {"mos", "MOS"},
                                                                  {"rss", "RSS"},
                                                                  {"rtcp", "RTCP"},
                                                                  {"rtp", "RTP"},
                                                                  {"rtt", "RTT"},
                                                                  {"sql", "SQL"},
                                                                  {"stt", "STT"},
                                                                  {"tcp", "TCP"},
                                                                  {"tls", "TLS"},
                                                                  {"tts", "TTS"},
                                                                  {"udp", "UDP"},
                                                                  {"vad", "VAD"},
                                                                  {"webrtc", "WebRTC"},
                                                                  {"websocket", "WebSocket"},
                                                                  {"ws", "WS"}});

std::string written(std::string_view word, bool is_first) {
  const auto found =
      std::find_if(kWritten.begin(), kWritten.end(), [&](const auto& one) { return one.first == word; });
  if (found != kWritten.end()) return std::string(found->second);
  std::string text(word);
  if (is_first && !text.empty() && base::is_lower(text[0])) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

std::string title_of(const Family& family) {
  std::string words = family.plain_name;
  for (const std::string_view unit : {"_seconds", "_bytes", "_ratio"}) {
    if (words.ends_with(unit)) {
      words.resize(words.size() - unit.size());
      break;
    }
  }
  std::string title;
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find('_', at), words.size());
    title += (at == 0 ? "" : " ") + written(std::string_view(words).substr(at, end - at), at == 0);
    at = end + 1;
  }
  return title;
}

}  // namespace kymo::KYMO_ABI::terminal
