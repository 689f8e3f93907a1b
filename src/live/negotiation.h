#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::live {

/// Something that can be sent: `text/plain; version=0.0.4; charset=utf-8`.
using MediaType = std::string_view;

/// The index of the offer that an `Accept` header wants most (RFC 9110 12.5.1).
///
/// A range counts for an offer if type and subtype agree, and `version` and `charset` where the range names
/// them; other parameters are ignored, since scrapers add ones that narrow nothing. Of several ranges the
/// most exact one decides. Equal wishes: the more exact range wins, then the offer that stands first. A wish
/// for nothing that is offered gives the first offer, which therefore should be the one that every client
/// knows; so does no header at all. A range whose `q` is malformed is ignored. Threads: any. Cost: a walk
/// over the header for each offer.
[[nodiscard]] std::size_t choose_offer(std::string_view accept, std::span<const MediaType> offers);

/// Whether an `Accept-Encoding` header (RFC 9110 12.5.3) permits gzip and wants it no less than the plain
/// text.
[[nodiscard]] bool prefers_gzip(std::string_view accept_encoding);

}  // namespace kymo::KYMO_ABI::live
