#include "flowstone/index/page_fetcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "flowstone/index/local_files.h"
#include "flowstone/index/simple_page.h"
#include "flowstone/index/status_error.h"
#include "flowstone/net/content_encoding.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

constexpr std::uint64_t kLargestPageBody = 256ULL << 20U;  // bytes

net::Url PageUrl(const net::Url& index, const pypi::Name& name) {
  const net::Url directory = index.WithoutFragment().AsDirectory();
  return directory.WithPath(directory.path() + name.ToString() + "/");
}

net::Request RequestFor(const net::Url& url, const std::optional<CachedPage>& cached,
                        FetchMode mode) {
  net::Request request{.url = url.ToString(), .body_limit = kLargestPageBody};
  request.headers.Set("Accept", std::string(kSimplePageAccept));
  // Said here, so that the body comes as it is: it is inflated where it is parsed.
  request.headers.Set("Accept-Encoding", "gzip");
  if (mode == FetchMode::kRefresh) {
    // Caches on the way have to ask as well.
    request.headers.Set("Cache-Control", "max-age=0");
  }
  if (cached && !cached->freshness.etag.empty()) {
    request.headers.Set("If-None-Match", cached->freshness.etag);
  } else if (cached && !cached->freshness.last_modified.empty()) {
    request.headers.Set("If-Modified-Since", cached->freshness.last_modified);
  }
  return request;
}

// The policy of a page that was found unchanged. A 304 need not repeat the validators.
Freshness Renewed(const Freshness& before, Freshness now) {
  if (now.etag.empty()) {
    now.etag = before.etag;
  }
  if (now.last_modified.empty()) {
    now.last_modified = before.last_modified;
  }
  return now;
}

}  // namespace

void PageFetcher::Fetch(PageQuery query, Done done) {
  if (query.index.scheme() == "file") {
    done(ReadTree(query.index, query.name));
    return;
  }
  std::optional<CachedPage> cached = runtime_.cache().FindPage(query.index, query.name);
  const bool usable =
      cached &&
      (query.mode == FetchMode::kOffline ||
       (query.mode == FetchMode::kNormal && IsFresh(cached->freshness, runtime_.clock().NowNs())));
  if (usable) {
    done(std::move(cached->listing));
    return;
  }
  if (query.mode == FetchMode::kOffline) {
    done(Error{.code = ErrorCode::kUnavailable,
               .message = "the files of " + query.name.ToString() + " on " +
                          query.index.Redacted() +
                          " are not cached, and the network is not to be used",
               .hints = {"run once without --offline"}});
    return;
  }
  Ask(std::move(query), std::move(cached), std::move(done));
}

void PageFetcher::Ask(PageQuery query, std::optional<CachedPage> cached, Done done) {
  net::Request request = RequestFor(PageUrl(query.index, query.name), cached, query.mode);
  runtime_.StartReading(std::move(request),
                        [this, query = std::move(query), cached = std::move(cached),
                         done = std::move(done)](Result<net::Response> outcome) mutable {
                          if (outcome && outcome->status == 304 && cached) {
                            TakeUnchanged(query, *std::move(cached), outcome->headers, done);
                            return;
                          }
                          done(TakeNew(query, std::move(outcome)));
                        });
}

void PageFetcher::TakeUnchanged(const PageQuery& query, CachedPage cached,
                                const net::Headers& headers, const Done& done) {
  if (auto freshness = FreshnessOf(headers, runtime_.clock().NowNs())) {
    cached.freshness = Renewed(cached.freshness, *std::move(freshness));
    runtime_.cache().RenewPage(query.index, query.name, cached);
  }
  done(std::move(cached.listing));
}

// An index that is a directory: one directory for each project, with an index.html or just files.
PageFetcher::Answer PageFetcher::ReadTree(const net::Url& index, const pypi::Name& name) {
  const net::Url url = PageUrl(index, name);
  const std::string directory = url.DecodedPath();
  const Result<std::string> html = runtime_.files().ReadFile(directory + "index.html");
  ProjectPage page{.name = name.ToString(), .files = {}};
  if (html) {
    FLOWSTONE_LET(page, ParseSimpleHtml(*html, url));
  } else if (html.error().code != ErrorCode::kNotFound) {
    return Error(html.error());
  } else {
    Result<std::vector<IndexFile>> files = ListDistributions(runtime_.files(), directory);
    if (!files) {
      return files.error().code == ErrorCode::kNotFound ? Answer(std::optional<Listing>())
                                                        : Answer(std::move(files.error()));
    }
    page.files = *std::move(files);
  }
  for (IndexFile& file : page.files) {
    // A link to a file that is not there is the index's mistake, and not the file's turn yet.
    (void)AddLocalDigest(runtime_.digests(), file);
  }
  return std::optional(Listing::Of(page, name));
}

PageFetcher::Answer PageFetcher::TakeNew(const PageQuery& query, Result<net::Response> outcome) {
  FLOWSTONE_LET(net::Response response, std::move(outcome));
  if (std::ranges::find(query.ignored_statuses, response.status) != query.ignored_statuses.end()) {
    // Not kept: the index did not say that it lacks the project.
    return std::optional<Listing>();
  }
  FLOWSTONE_TRY(net::DecodeContent(response, PageUrl(query.index, query.name), kLargestPageBody));
  const bool missing = response.status == 404 || response.status == 410;
  if (response.status != 200 && !missing) {
    return ErrorOfStatus(response, PageUrl(query.index, query.name));
  }
  std::optional<ProjectPage> page;
  if (!missing) {
    FLOWSTONE_LET(const net::Url base, net::Url::Parse(response.final_url));
    FLOWSTONE_LET(page, ParseSimplePage(response.headers.Get("Content-Type").value_or(""),
                                        response.body, base));
  }
  if (auto freshness = FreshnessOf(response.headers, runtime_.clock().NowNs())) {
    return runtime_.cache()
        .StorePage(query.index, query.name, *std::move(freshness), page ? &*page : nullptr)
        .listing;
  }
  return page ? std::optional(Listing::Of(*page, query.name)) : std::nullopt;
}

}  // namespace flowstone::index
