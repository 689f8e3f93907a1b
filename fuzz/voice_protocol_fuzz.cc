// The voice example's parsers: a client's frames and texts, a sender's datagrams, WAV files.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "audio/wav.h"
#include "protocol/messages.h"
#include "protocol/voice_protocol.h"

namespace {

using Bytes = std::span<const std::uint8_t>;

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const std::vector<std::uint8_t>& written, Bytes read) {
  return std::vector<std::uint8_t>(read.begin(), read.end()) == written;
}

/// What is accepted, written again, is what was read.
void check_binary(Bytes bytes) {
  const auto frame = voice::parse_frame(bytes);
  if (const auto* f = std::get_if<voice::AudioFrame>(&frame)) {
    require(same(voice::encode_frame(f->source, f->sequence, f->samples), bytes));
  }
  const auto datagram = voice::parse_datagram(bytes);
  if (const auto* d = std::get_if<voice::AudioDatagram>(&datagram)) {
    require(same(voice::encode_datagram(d->rate_hz, d->sequence, d->stream, d->samples), bytes));
  }
}

/// What is accepted means the same after it was written and read once more.
void check_text(std::string_view text) {
  const auto from_client = voice::parse_client_message(text);
  if (const auto* message = std::get_if<voice::ClientMessage>(&from_client)) {
    const auto again = voice::parse_client_message(voice::encode(*message));
    require(std::get<voice::ClientMessage>(again) == *message);
  }
  if (const auto from_server = voice::parse_server_message(text)) {
    const auto rounded = voice::parse_server_message(voice::encode(*from_server));
    require(rounded.has_value());
    require(rounded->index() == from_server->index());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  check_binary(bytes);
  check_text({reinterpret_cast<const char*>(data), size});
  (void)voice::parse_wav(bytes);
  return 0;
}
