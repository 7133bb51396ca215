#include "flowstone/index/simple_page.h"

#include <string>

#include "flowstone/base/text.h"

namespace flowstone::index {

Result<ProjectPage> ParseSimplePage(std::string_view content_type, std::string_view body,
                                    const net::Url& page_url) {
  if (TrimText(body).empty()) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the page " + page_url.Redacted() + " is empty",
                 .hints = {"something between here and the index may have eaten it; try again"}};
  }
  const std::string type = AsciiLower(TrimText(content_type.substr(0, content_type.find(';'))));
  if (type == "application/vnd.pypi.simple.v1+json" || type == "application/json") {
    return ParseSimpleJson(body, page_url);
  }
  if (type == "application/vnd.pypi.simple.v1+html" || type == "text/html" ||
      type == "application/xhtml+xml") {
    return ParseSimpleHtml(body, page_url);
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
