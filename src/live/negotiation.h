#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::live {

/// An offered media type: `text/plain; version=0.0.4; charset=utf-8`.
using MediaType = std::string_view;

/// The index of the offer that an `Accept` header prefers (RFC 9110 12.5.1).
///
/// A range matches an offer if type and subtype agree, and `version` and `charset` if the range has them.
/// Other parameters are ignored, since scrapers add ones that narrow nothing. Of several ranges the most
/// exact one decides. At equal weights the more exact range wins, then the earlier offer. If nothing
/// matches, or without a header, the first offer wins; so the first should be the one that every client
/// knows. A range with a malformed `q` is ignored. Threads: any. Cost: a walk over the header for each
/// offer.
[[nodiscard]] std::size_t choose_offer(std::string_view accept, std::span<const MediaType> offers);

/// True if an `Accept-Encoding` header (RFC 9110 12.5.3) accepts gzip with at least the weight of the plain
/// text.
[[nodiscard]] bool prefers_gzip(std::string_view accept_encoding);

}  // namespace kymo::KYMO_ABI::live
