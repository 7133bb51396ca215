// What configures access to indexes: netrc files, pip's configuration, URLs.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/index/pip_config.h"
#include "flowstone/net/netrc.h"
#include "flowstone/net/url.h"

using flowstone::fuzz::Require;
using flowstone::net::Url;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  if (const auto netrc = flowstone::net::Netrc::Parse(text)) {
    static_cast<void>(netrc->Find("index.example"));
  }
  flowstone::index::PipConfig config;
  if (config.Add(text, "pip.conf")) {
    static_cast<void>(config.Get("index-url"));
  }
  if (const auto url = Url::Parse(text)) {
    flowstone::fuzz::RequireRoundTrip(*url, url->ToString(), &Url::Parse);
    Require(!url->WithoutCredentials().credentials(), "a login can be taken away");
    if (const auto name = url->FileName()) {
      Require(name->find('/') == std::string::npos && *name != "..", "a name is no path");
    }
  }
  return 0;
}
