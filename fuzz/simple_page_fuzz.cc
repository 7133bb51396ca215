// Pages of the simple repository API, JSON and HTML, and web pages in their place.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/index/simple_page.h"
#include "flowstone/index/web_page.h"
#include "flowstone/net/url.h"

using flowstone::fuzz::Require;
using flowstone::net::Url;

namespace {

void CheckPage(const flowstone::Result<flowstone::index::ProjectPage>& page) {
  if (!page) {
    return;
  }
  for (const flowstone::index::IndexFile& file : page->files) {
    Require(Url::Parse(file.url).has_value(), "a file has an absolute URL");
    Require(file.url.find('#') == std::string::npos, "a URL has no fragment");
    Require(!file.filename.empty() && file.filename.find('/') == std::string::npos,
            "a file has a name");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = flowstone::fuzz::TextOf(data, size);
  const Url url = *Url::Parse("https://index.example/simple/thing/");
  CheckPage(flowstone::index::ParseSimpleJson(body, url));
  CheckPage(flowstone::index::ParseSimpleHtml(body, url));
  CheckPage(flowstone::index::ParseSimplePage("text/html", body, url,
                                              flowstone::index::PageKind::kProject));
  Require(flowstone::index::ReadWebPage(body).title.find_first_of("\r\n") == std::string::npos,
          "a title is one line");
  return 0;
}
