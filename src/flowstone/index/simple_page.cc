#include "flowstone/index/simple_page.h"

#include <string>

#include "flowstone/base/text.h"
#include "flowstone/index/web_page.h"

namespace flowstone::index {
namespace {

constexpr std::string_view kDeclaredHtml = "application/vnd.pypi.simple.v1+html";

// Without the query: that of a login says who comes from where.
std::string ShownUrl(const net::Url& url) {
  std::string shown = url.Redacted();
  return shown.substr(0, shown.find('?'));
}

Error NotOfAnIndex(const WebPage& web, const net::Url& page_url) {
  const std::string title = web.title.empty() ? "" : " (\"" + web.title + "\")";
  Error error{.code = ErrorCode::kCorrupt,
              .message = ShownUrl(page_url) + " is a web page" + title + " and no page of an index",
              .hints = {"check the URL of the index, or log in: credentials are taken from that "
                        "URL, ~/.netrc, or FLOWSTONE_INDEX_<NAME>_USERNAME and _PASSWORD of a "
                        "named index"}};
  if (web.asks_for_password) {
    error.code = ErrorCode::kDenied;
    error.message = ShownUrl(page_url) + " is a login page" + title + " and no page of an index";
    error.hints = {
        "give credentials in the URL of the index, in ~/.netrc, or in "
        "FLOWSTONE_INDEX_<NAME>_USERNAME and _PASSWORD of a named index"};
  }
  return error;
}

}  // namespace

Result<ProjectPage> ParseSimplePage(std::string_view content_type, std::string_view body,
                                    const net::Url& page_url, PageKind kind) {
  if (TrimText(body).empty()) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the page " + page_url.Redacted() + " is empty",
                 .hints = {"something between here and the index may have eaten it; try again"}};
  }
  const std::string type = AsciiLower(TrimText(content_type.substr(0, content_type.find(';'))));
  if (type == "application/vnd.pypi.simple.v1+json" || type == "application/json") {
    return ParseSimpleJson(body, page_url);
  }
  if (type == kDeclaredHtml || type == "text/html" || type == "application/xhtml+xml") {
    FLOWSTONE_LET(ProjectPage page, ParseSimpleHtml(body, page_url));
    if (page.files.empty() && type != kDeclaredHtml) {
      const WebPage web = ReadWebPage(body);
      if (kind == PageKind::kProject ? web.is_for_people() : web.asks_for_password) {
        return NotOfAnIndex(web, page_url);
      }
    }
    return page;
  }
  const std::string named = type.empty() ? "no Content-Type" : "the Content-Type '" + type + "'";
  Error error{.code = ErrorCode::kCorrupt,
              .message = "the page " + page_url.Redacted() + " has " + named +
                         ", so it is not a page of an index"};
  if (type.starts_with("application/vnd.pypi.simple.")) {
    error.hints.emplace_back("the index speaks another version of the protocol than 1");
  }
  return error;
}

}  // namespace flowstone::index
