#include "flowstone/index/flat_source.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/index/local_files.h"
#include "flowstone/index/page_file.h"
#include "flowstone/index/page_request.h"
#include "flowstone/index/simple_page.h"
#include "flowstone/index/status_error.h"
#include "flowstone/net/content_encoding.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

bool IsHtmlName(std::string_view path) {
  const std::string lower = AsciiLower(path);
  return lower.ends_with(".html") || lower.ends_with(".htm");
}

Result<std::vector<IndexFile>> ReadLinks(const LinkPage& links) {
  FLOWSTONE_LET(const net::Url base, net::Url::Parse(links.url));
  FLOWSTONE_LET(ProjectPage page,
                ParseSimplePage(links.content_type, links.body, base, PageKind::kLinks));
  return std::move(page.files);
}

}  // namespace

bool MayBelongTo(const pypi::Name& name, std::string_view filename) {
  if (AsciiLower(filename).ends_with(".whl")) {
    return pypi::NormalizeName(filename.substr(0, filename.find('-'))) == name.ToString();
  }
  // A source distribution may be named "foo-bar-1.0" or "foo_bar-1.0": what follows the name is
  // for the parser of the whole name to judge.
  const std::string normalized = pypi::NormalizeName(filename);
  return normalized.size() > name.ToString().size() && normalized.starts_with(name.ToString()) &&
         normalized[name.ToString().size()] == '-';
}

Result<std::vector<IndexFile>> FlatSources::FilesOf(const pypi::Name& name) {
  std::call_once(loaded_, [this] { status_ = Load(); });
  FLOWSTONE_TRY(status_);
  std::vector<IndexFile> found;
  for (const IndexFile& file : files_) {
    if (!MayBelongTo(name, file.filename)) {
      continue;
    }
    found.push_back(file);
    FLOWSTONE_TRY(AddLocalDigest(runtime_.digests(), found.back()));
  }
  return found;
}

Status FlatSources::Load() {
  for (const std::string& source : sources_) {
    FLOWSTONE_LET(std::vector<IndexFile> files, LoadSource(source));
    files_.insert(files_.end(), std::make_move_iterator(files.begin()),
                  std::make_move_iterator(files.end()));
  }
  return Ok();
}

Result<std::vector<IndexFile>> FlatSources::LoadSource(const std::string& source) {
  if (os::IsAbsolutePath(source)) {
    return LoadPath(source);
  }
  FLOWSTONE_LET(const net::Url url, net::Url::Parse(source));
  return url.scheme() == "file" ? LoadPath(url.DecodedPath()) : LoadPage(url);
}

Result<std::vector<IndexFile>> FlatSources::LoadPath(const std::string& path) {
  FLOWSTONE_LET(const os::FileInfo info,
                Annotate(runtime_.files().Stat(path), "while reading find-links"));
  if (info.type == os::FileType::kDirectory) {
    return ListDistributions(runtime_.files(), path);
  }
  if (IsHtmlName(path)) {
    FLOWSTONE_LET(const std::string html, runtime_.files().ReadFile(path));
    FLOWSTONE_LET(ProjectPage page, ParseSimpleHtml(html, net::Url::FromPath(path)));
    return std::move(page.files);
  }
  FLOWSTONE_LET(IndexFile file, DescribeDistribution(runtime_.files(), path));
  return std::vector<IndexFile>{std::move(file)};
}

Result<std::vector<IndexFile>> FlatSources::LoadPage(const net::Url& url) {
  std::optional<CachedLinks> cached = runtime_.cache().FindLinks(url);
  if (cached && MayBeUsed(cached->freshness, mode_, runtime_.clock().NowNs())) {
    return ReadLinks(cached->page);
  }
  if (mode_ == FetchMode::kOffline) {
    return Error{.code = ErrorCode::kUnavailable,
                 .message = "the links of " + url.Redacted() +
                            " are not cached, and the network is not to be used",
                 .hints = {"run once without --offline"}};
  }
  const std::optional<Freshness> known = cached ? std::optional(cached->freshness) : std::nullopt;
  FLOWSTONE_LET(net::Response response, Annotate(runtime_.Fetch(PageRequest(url, known, mode_)),
                                                 "while reading find-links"));
  const std::int64_t now = runtime_.clock().NowNs();
  if (response.status == 304 && cached) {
    if (auto freshness = Renewed(cached->freshness, response.headers, now)) {
      cached->freshness = *std::move(freshness);
      runtime_.cache().RenewLinks(url, *cached);
    }
    return ReadLinks(cached->page);
  }
  if (response.status != 200) {
    return ErrorOfStatus(response, url);
  }
  FLOWSTONE_TRY(net::DecodeContent(response, url, kLargestPage));
  LinkPage page{.content_type = response.headers.Get("Content-Type").value_or("text/html"),
                .url = response.final_url,
                .body = std::move(response.body)};
  FLOWSTONE_LET(std::vector<IndexFile> files, ReadLinks(page));
  if (auto freshness = FreshnessOf(response.headers, now)) {
    runtime_.cache().StoreLinks(url, {.freshness = *std::move(freshness), .page = std::move(page)});
  }
  return files;
}

}  // namespace flowstone::index
