#include <kymo/net/gzip.h>

#include <random>
#include <stdexcept>

#include <gtest/gtest.h>
#include <zlib.h>

namespace kymo::KYMO_ABI::net {
namespace {

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string in = packed;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK) {
    std::string piece(65536, '\0');
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, 0, piece.size() - stream.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U) << "more than one member";
  inflateEnd(&stream);
  return out;
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST(Gzip, RoundTripsEveryKindOfText) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise(1), noise(100), noise(300'000)}) {
    EXPECT_EQ(gunzip(gzip(text)), text) << text.size();
    EXPECT_EQ(gunzip(gzip(text, {9})), text) << text.size();
  }
}

TEST(Gzipper, PacksOneTextAfterAnotherInPieces) {
  const std::string text = noise(300'000) + std::string(300'000, 'x');
  Gzipper gzipper;
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}, text.size()}) {
    std::vector<std::string_view> pieces = {""};
    for (std::size_t at = 0; at < text.size(); at += size)
      pieces.push_back(std::string_view(text).substr(at, size));
    std::string packed;
    base::StringSink sink(packed, 10);
    gzipper.compress(pieces, sink);
    EXPECT_EQ(gunzip(packed), text) << size;
  }
}

TEST(Gzip, HasNoTimeInIt) { EXPECT_EQ(gzip("same"), gzip("same")); }

TEST(Gzip, RefusesALevelThatIsNone) {
  EXPECT_THROW((void)gzip("a", {0}), std::invalid_argument);
  EXPECT_THROW((void)gzip("a", {10}), std::invalid_argument);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
