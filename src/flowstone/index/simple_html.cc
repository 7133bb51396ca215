// PEP 503: project pages in HTML, and every other page of links.
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/index/html_tokenizer.h"
#include "flowstone/index/page_file.h"
#include "flowstone/index/simple_page.h"

namespace flowstone::index {
namespace {

struct Anchor {
  HtmlToken tag;
  std::string text;
};

// What a page consists of, as far as we care.
struct Elements {
  std::vector<Anchor> anchors;
  std::string base;  // of the first <base href>, wherever it stands
  std::string api_version;
  std::string status;
  std::string status_reason;
};

void TakeMeta(const HtmlToken& tag, Elements& elements) {
  const std::string name = AsciiLower(tag.Attribute("name").value_or(""));
  std::string content = tag.Attribute("content").value_or("");
  if (name == "pypi:repository-version") {
    elements.api_version = std::move(content);
  } else if (name == "pypi:project-status") {
    elements.status = std::move(content);
  } else if (name == "pypi:project-status-reason") {
    elements.status_reason = std::move(content);
  }
}

Elements Collect(std::string_view html) {
  Elements elements;
  HtmlTokenizer tokenizer(html);
  bool in_anchor = false;
  while (std::optional<HtmlToken> token = tokenizer.Next()) {
    if (token->kind == HtmlToken::Kind::kText) {
      if (in_anchor) {
        elements.anchors.back().text += token->text;
      }
    } else if (token->kind == HtmlToken::Kind::kEndTag) {
      in_anchor = in_anchor && token->name != "a";
    } else if (token->name == "a") {
      in_anchor = true;
      elements.anchors.push_back({.tag = *std::move(token), .text = ""});
    } else if (token->name == "base" && elements.base.empty()) {
      elements.base = token->Attribute("href").value_or("");
    } else if (token->name == "meta") {
      TakeMeta(*token, elements);
    }
  }
  return elements;
}

// "true", "sha256=…", or nothing of use (PEP 658, as renamed by PEP 714).
std::optional<MetadataOffer> ParseOffer(const HtmlToken& tag) {
  auto value = tag.Attribute("data-core-metadata");
  if (!value) {
    value = tag.Attribute("data-dist-info-metadata");
  }
  const std::string text = AsciiLower(TrimText(value.value_or("false")));
  if (text == "false") {
    return std::nullopt;
  }
  MetadataOffer offer;
  constexpr std::string_view sha256_prefix = "sha256=";
  if (text.starts_with(sha256_prefix)) {
    if (const auto digest = Digest::Parse(std::string_view(text).substr(sha256_prefix.size()))) {
      offer.sha256 = *digest;
    }
  }
  return offer;
}

// The file behind a link; nothing for links that lead elsewhere, such as those to the parent
// directory. The URL names the file, as pip has it; where the URL is that of a script the text
// does.
std::optional<IndexFile> FileOf(const Anchor& anchor, const net::Url& base,
                                std::vector<std::string>& warnings) {
  const std::optional<std::string> link = anchor.tag.Attribute("href");
  if (!link) {
    return std::nullopt;
  }
  const std::string text(TrimText(anchor.text));
  Result<IndexFile> file = MakeIndexFile(base, *link, "");
  if ((!file || !HasDistributionSuffix(file->filename)) && HasDistributionSuffix(text)) {
    file = MakeIndexFile(base, *link, text);
    if (!file) {
      warnings.push_back("left out the file '" + text + "': " + file.error().message);
    }
  }
  if (!file || !HasDistributionSuffix(file->filename)) {
    return std::nullopt;
  }
  if (const auto requires_python = anchor.tag.Attribute("data-requires-python")) {
    // Some indexes escape twice; no specifier has a "&" of its own.
    file->requires_python = DecodeHtml(*requires_python);
  }
  file->metadata = ParseOffer(anchor.tag);
  file->yanked = anchor.tag.Attribute("data-yanked");
  return *std::move(file);
}

}  // namespace

Result<ProjectPage> ParseSimpleHtml(std::string_view body, const net::Url& page_url) {
  const Elements elements = Collect(body);
  ProjectPage page;
  FLOWSTONE_TRY(CheckApiVersion(TrimText(elements.api_version), page_url, page.warnings));
  net::Url base = page_url;
  if (!elements.base.empty()) {
    FLOWSTONE_LET(base, Annotate(page_url.Resolve(elements.base),
                                 "while reading <base> of " + page_url.Redacted()));
  }
  for (const Anchor& anchor : elements.anchors) {
    if (auto file = FileOf(anchor, base, page.warnings)) {
      page.files.push_back(*std::move(file));
    }
  }
  page.status = ParseProjectStatus(elements.status);
  page.status_reason = elements.status_reason;
  FinishPage(page);
  return page;
}

}  // namespace flowstone::index
