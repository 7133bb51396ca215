// Reads a page of the simple repository API (PEP 503, 629, 658, 691, 700, 714, 592, 792).
//
// Real indexes are sloppy, so a file that cannot be used costs a warning, never the page: unknown
// keys, missing hashes, a size that is no number and a bad time are dropped; so is a link that
// does not name a file. A page that is no page at all is an error.
#pragma once

#include <cstdint>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/index/project_page.h"
#include "flowstone/net/url.h"

namespace flowstone::index {

// What to ask of an index: JSON before HTML.
inline constexpr std::string_view kSimplePageAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01";

enum class PageKind : std::uint8_t {
  kProject,  // of one project on an index
  kLinks,    // any page with links (--find-links), which may be for people as well
};

// Reads a page by its Content-Type (parameters are ignored). `page_url` is where it came from after
// redirects: relative links start there. kCorrupt for text in another format or of a newer major
// version, and for an HTML page that is for people (web_page.h); kDenied when that asks for a
// password.
Result<ProjectPage> ParseSimplePage(std::string_view content_type, std::string_view body,
                                    const net::Url& page_url, PageKind kind = PageKind::kProject);

Result<ProjectPage> ParseSimpleJson(std::string_view body, const net::Url& page_url);
Result<ProjectPage> ParseSimpleHtml(std::string_view body, const net::Url& page_url);

}  // namespace flowstone::index
