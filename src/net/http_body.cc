#include <kymo/net/http_body.h>

#include <utility>

namespace kymo::KYMO_ABI::net {
namespace {

/// A text, and the one piece that it is.
template <class Text>
struct OnePiece {
  explicit OnePiece(Text the_text) : text(std::move(the_text)) {}

  Text text;
  std::string_view piece;
};

}  // namespace

HttpBody::HttpBody(std::string text) {
  if (text.empty()) return;
  auto one = std::make_shared<OnePiece<std::string>>(std::move(text));
  one->piece = one->text;
  *this = HttpBody(one, {&one->piece, 1});
}

HttpBody::HttpBody(std::shared_ptr<const std::string> text) {
  if (text == nullptr || text->empty()) return;
  auto one = std::make_shared<OnePiece<std::shared_ptr<const std::string>>>(std::move(text));
  one->piece = *one->text;
  *this = HttpBody(one, {&one->piece, 1});
}

HttpBody::HttpBody(std::shared_ptr<const void> owner, std::span<const std::string_view> pieces)
    : owner_(std::move(owner)), pieces_(pieces) {
  for (const std::string_view piece : pieces) size_ += piece.size();
}

HttpBody HttpBody::generated(Generator next) {
  HttpBody body;
  body.next_ = std::make_shared<const Generator>(std::move(next));
  return body;
}

std::string HttpBody::text() const {
  std::string all;
  all.reserve(size_);
  for (const std::string_view piece : pieces_) all += piece;
  return all;
}

}  // namespace kymo::KYMO_ABI::net
