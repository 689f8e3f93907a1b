// Feeds any bytes of a server to `kymo top`. The screens and the report hold nothing that a terminal would
// interpret. Each line is a message of the live connection; the last one also serves as a REST response.
#include <algorithm>
#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <kymo/terminal/reports.h>
#include <kymo/terminal/screen.h>
#include <kymo/terminal/sessions.h>

#include "terminal/live_messages.h"

namespace {

using namespace kymo::terminal;

void require_harmless(std::string_view text, std::string_view allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c0 = (byte < 0x20 || byte == 0x7F) && allowed.find(text[i]) == std::string_view::npos;
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c0 || is_c1) std::abort();
  }
}

void show(const Scene& scene, Alphabet alphabet) {
  ViewState state;
  for (const Page page : {Page::overview, Page::series, Page::sessions, Page::peers, Page::profile}) {
    state.page = page;
    for (const Size size : {Size{60, 15}, Size{133, 41}}) {
      require_harmless(draw_screen(scene, state, size, alphabet).to_text(), "\n");
    }
  }
  state.filter = "e";
  require_harmless(plain_report(scene, state, alphabet), "\n\t");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool has_locale = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  if (!has_locale) std::abort();
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string_view line;
  SeriesStore store;
  try {
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      take_message(line, store);
    }
  } catch (const ProtocolError&) {
    // The connection ends here, and what came before is shown on.
  }
  const auto sessions = parse_sessions(line);
  Answers answers;
  answers.peers = {true, parse_peers(line)};
  answers.past_sessions = {true, parse_past_sessions(line)};
  answers.profile = {true, parse_profile(line)};
  if (answers.peers.value) take_network(line, *answers.peers.value);
  Link link;
  link.state = Link::State::live;
  const Scene scene{store.world(), sessions ? &*sessions : nullptr, link, 1'700'000'000, &answers};
  show(scene, Alphabet::unicode);
  show(scene, Alphabet::ascii);
  return 0;
}
