#include "flowstone/index/page_fetcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "flowstone/index/local_files.h"
#include "flowstone/index/page_request.h"
#include "flowstone/index/simple_page.h"
#include "flowstone/index/status_error.h"
#include "flowstone/net/content_encoding.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

net::Url PageUrl(const net::Url& index, const pypi::Name& name) {
  const net::Url directory = index.WithoutFragment().AsDirectory();
  return directory.WithPath(directory.path() + name.ToString() + "/");
}

std::string KeyOf(const PageQuery& query) {
  return PageUrl(query.index.WithoutCredentials(), query.name).ToString();
}

Revalidations::Finding Compare(const std::optional<Listing>& before,
                               const std::optional<Listing>& now) {
  const bool is_same = before && now ? before->bytes() == now->bytes() : !before && !now;
  return is_same ? Revalidations::Finding::kUnchanged : Revalidations::Finding::kChanged;
}

}  // namespace

void PageFetcher::Fetch(PageQuery query, Done done) {
  ++pages_;
  if (query.index.scheme() == "file") {
    done(ReadTree(query.index, query.name));
    return;
  }
  if (std::optional<std::optional<Listing>> known = Revalidated(query)) {
    done(*std::move(known));
    return;
  }
  std::optional<CachedPage> cached = runtime_.cache().FindPage(query.index, query.name);
  if (cached && MayBeUsed(cached->freshness, query.mode, runtime_.clock().NowNs())) {
    ++cached_pages_;
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
  if (cached && query.stale_pages == StalePages::kUsedMeanwhile) {
    ++cached_pages_;
    std::optional<Listing> meanwhile = cached->listing;
    Revalidate(query, *std::move(cached));
    done(std::move(meanwhile));
    return;
  }
  Ask(std::move(query), std::move(cached), std::move(done));
}

void PageFetcher::Revalidate(const PageQuery& query, CachedPage cached) {
  revalidations_.Begin();
  Ask(query, cached, [this, query, before = cached.listing](Answer answer) {
    if (!answer) {
      revalidations_.End(
          query.name,
          std::move(answer.error()).WithContext("while looking for " + query.name.ToString()));
      return;
    }
    const Revalidations::Finding finding = Compare(before, *answer);
    {
      const std::lock_guard lock(mutex_);
      revalidated_.insert_or_assign(KeyOf(query), *std::move(answer));
    }
    revalidations_.End(query.name, finding);
  });
}

std::optional<std::optional<Listing>> PageFetcher::Revalidated(const PageQuery& query) {
  const std::lock_guard lock(mutex_);
  if (revalidated_.empty()) {
    return std::nullopt;
  }
  const auto found = revalidated_.find(KeyOf(query));
  if (found == revalidated_.end()) {
    return std::nullopt;
  }
  return found->second;
}

void PageFetcher::Ask(PageQuery query, std::optional<CachedPage> cached, Done done) {
  const std::optional<Freshness> known = cached ? std::optional(cached->freshness) : std::nullopt;
  net::Request request = PageRequest(PageUrl(query.index, query.name), known, query.mode);
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
  if (auto freshness = Renewed(cached.freshness, headers, runtime_.clock().NowNs())) {
    cached.freshness = *std::move(freshness);
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
  FLOWSTONE_TRY(net::DecodeContent(response, PageUrl(query.index, query.name), kLargestPage));
  const bool missing = response.status == 404 || response.status == 410;
  if (response.status != 200 && !missing) {
    return ErrorOfStatus(response, PageUrl(query.index, query.name));
  }
  std::optional<ProjectPage> page;
  if (!missing) {
    FLOWSTONE_LET(const net::Url base, net::Url::Parse(response.final_url));
    Result<ProjectPage> parsed =
        ParseSimplePage(response.headers.Get("Content-Type").value_or(""), response.body, base);
    const std::string asked = PageUrl(query.index, query.name).Redacted();
    if (!parsed && base.Redacted() != asked) {
      return std::move(parsed.error()).WithContext("where " + asked + " leads to");
    }
    FLOWSTONE_LET(page, std::move(parsed));
  }
  if (auto freshness = FreshnessOf(response.headers, runtime_.clock().NowNs())) {
    return runtime_.cache()
        .StorePage(query.index, query.name, *std::move(freshness), page ? &*page : nullptr)
        .listing;
  }
  return page ? std::optional(Listing::Of(*page, query.name)) : std::nullopt;
}

}  // namespace flowstone::index
