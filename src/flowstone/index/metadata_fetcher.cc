#include "flowstone/index/metadata_fetcher.h"

#include <charconv>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/text.h"
#include "flowstone/index/local_files.h"
#include "flowstone/index/page_request.h"
#include "flowstone/index/ranged_source.h"
#include "flowstone/index/status_error.h"
#include "flowstone/index/wheel_download.h"
#include "flowstone/index/wheel_metadata_text.h"
#include "flowstone/net/content_range.h"

namespace flowstone::index {
namespace {

constexpr std::uint64_t kLargestMetadata = 8ULL << 20U;  // bytes
constexpr std::uint64_t kLargestWheel = 16ULL << 30U;    // bytes
// What ZipReader reads first, an end record with the longest comment, and a little more: the
// METADATA mostly lies just before the archive's directory, so one request is mostly enough.
constexpr std::uint64_t kTail = 72ULL << 10U;
// A wheel up to this size is taken whole from a server that ignores ranges.
constexpr std::uint64_t kSmallWheel = 256ULL << 10U;

Status CheckDigest(const IndexFile& file, const Digest& actual) {
  if (file.sha256 && *file.sha256 != actual) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = file.filename + " from " + file.url + " has the sha256 " +
                            actual.ToString() + ", and the index promised " +
                            file.sha256->ToString()};
  }
  return Ok();
}

bool RefusesRange(int status) {
  return status == 400 || status == 405 || status == 416 || status == 501;
}

}  // namespace

bool MetadataFetcher::MayWait(const IndexFile& file) {
  return !file.metadata || file.url.starts_with("file:");
}

void MetadataFetcher::Fetch(const IndexFile& file, Done done) {
  Result<net::Url> url = net::Url::Parse(file.url);
  Result<pypi::Name> project =
      pypi::Name::Parse(std::string_view(file.filename).substr(0, file.filename.find('-')));
  if (!url || !project || !AsciiLower(file.filename).ends_with(".whl")) {
    done(Error{.code = ErrorCode::kInvalid, .message = file.filename + " is not a wheel"});
    return;
  }
  Job job{.file = file, .url = *std::move(url), .project = *std::move(project), .done = {}};
  job.done = [done = std::move(done), name = file.filename](Answer answer) {
    done(Annotate(std::move(answer), "while reading the metadata of " + name));
  };
  if (job.url.scheme() == "file") {
    job.done(ReadLocal(job));
    return;
  }
  if (auto known = runtime_.cache().FindMetadata(file)) {
    job.done(WheelMetadata{.parsed = *std::move(known), .source = MetadataSource::kCache});
    return;
  }
  if (std::optional<Error> gone = KnownAbsence(job)) {
    job.done(*std::move(gone));
    return;
  }
  if (mode_ == FetchMode::kOffline) {
    job.done(Error{.code = ErrorCode::kUnavailable,
                   .message = "the metadata of " + file.filename +
                              " is not cached, and the network is not to be used",
                   .hints = {"run once without --offline"}});
    return;
  }
  if (file.metadata) {
    FetchSidecar(std::move(job));
  } else {
    FetchTail(std::move(job));
  }
}

MetadataFetcher::Answer MetadataFetcher::ReadLocal(const Job& job) {
  FLOWSTONE_LET(auto file, runtime_.files().OpenInput(job.url.DecodedPath()));
  FileByteSource source(std::move(file));
  FLOWSTONE_LET(const std::string text, ReadWheelMetadata(source, job.project));
  return WheelMetadata{.parsed = ParsedMetadata::Of(text), .source = MetadataSource::kWholeFile};
}

std::optional<Error> MetadataFetcher::KnownAbsence(const Job& job) {
  const std::optional<CachedAbsence> absence = runtime_.cache().FindAbsence(job.file);
  const FetchMode mode =
      mode_ == FetchMode::kNormal && refreshed_.contains(job.project) ? FetchMode::kRefresh : mode_;
  if (!absence || !MayBeUsed(absence->freshness, mode, runtime_.clock().NowNs())) {
    return std::nullopt;
  }
  return ErrorOfStatus({.status = absence->status}, job.url)
      .WithHint("that is what its server said before; --refresh asks again");
}

Error MetadataFetcher::RefusalOf(const Job& job, const net::Response& response) {
  if (response.status == 404 || response.status == 410) {
    if (auto freshness = FreshnessOf(response.headers, runtime_.clock().NowNs())) {
      runtime_.cache().StoreAbsence(
          job.file, {.freshness = *std::move(freshness), .status = response.status});
    }
  }
  return ErrorOfStatus(response, job.url);
}

void MetadataFetcher::Finish(Job job, Result<std::string> text, MetadataSource source) {
  if (!text) {
    job.done(std::move(text.error()));
    return;
  }
  job.done(WheelMetadata{.parsed = runtime_.cache().StoreMetadata(job.file, *text),
                         .source = source,
                         .warnings = std::move(job.warnings)});
}

void MetadataFetcher::FetchSidecar(Job job) {
  net::Request request{.url = job.url.WithPath(job.url.path() + ".metadata").ToString(),
                       .body_limit = kLargestMetadata};
  runtime_.Start(
      std::move(request), [this, job = std::move(job)](Result<net::Response> outcome) mutable {
        if (!outcome) {
          job.done(std::move(outcome.error()));
          return;
        }
        Result<std::string> text = CheckSidecar(job, *outcome);
        if (text) {
          Finish(std::move(job), std::move(text), MetadataSource::kSidecar);
          return;
        }
        job.warnings.push_back("the metadata that the index serves beside " + job.file.filename +
                               " was not used: " + text.error().message);
        FetchTail(std::move(job));
      });
}

Result<std::string> MetadataFetcher::CheckSidecar(const Job& job, const net::Response& response) {
  if (response.status != 200) {
    return ErrorOfStatus(response, job.url.WithPath(job.url.path() + ".metadata"));
  }
  const std::optional<Digest>& promised = job.file.metadata->sha256;
  if (const Digest actual = Digest::Of(response.body); promised && *promised != actual) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "its sha256 is " + actual.ToString() + ", and the index promised " +
                            promised->ToString()};
  }
  return MetadataFields(response.body);
}

void MetadataFetcher::FetchTail(Job job) {
  const RangeUse use = RangeUseOf(job.url);
  std::optional<std::uint64_t> size = job.file.size;
  if (use == RangeUse::kNoSuffix && !size) {
    const Result<std::uint64_t> asked = AskSize(job.url);
    size = asked ? *asked : 0;
  }
  if (use == RangeUse::kNone || size == 0) {
    FetchWhole(std::move(job));
    return;
  }
  net::ByteRange range;
  if (size) {
    range.first = *size - std::min(*size, kTail);
    range.last = *size - 1;
  } else {
    range.suffix = kTail;
  }
  // Shared with the transfer: the callback holds it until the transfer has ended.
  auto tail = std::make_shared<TailSink>(kSmallWheel);
  net::Request request{.url = job.url.ToString(), .range = range, .sink = tail.get()};
  runtime_.Start(std::move(request),
                 [this, job = std::move(job), range, tail](Result<net::Response> outcome) mutable {
                   TakeTail(std::move(job), range, *tail, std::move(outcome));
                 });
}

void MetadataFetcher::TakeTail(Job job, const net::ByteRange& asked, TailSink& tail,
                               Result<net::Response> outcome) {
  if (!outcome && !tail.broken_off()) {
    job.done(std::move(outcome.error()));
    return;
  }
  const int status = outcome ? outcome->status : 200;
  if (status == 200) {
    Remember(job.url, RangeUse::kNone);
    if (tail.broken_off()) {
      FetchWhole(std::move(job));
      return;
    }
    Status genuine = CheckDigest(job.file, Digest::Of(tail.bytes()));
    archive::MemoryByteSource source(tail.bytes());
    Result<std::string> text =
        genuine ? ReadWheelMetadata(source, job.project) : Result<std::string>(genuine.error());
    Finish(std::move(job), std::move(text), MetadataSource::kWholeFile);
    return;
  }
  if (status == 206) {
    const auto range = net::ParseContentRange(outcome->headers.Get("Content-Range").value_or(""));
    if (range && range->offset + range->length == range->total &&
        range->length == tail.bytes().size()) {
      ReadRanges(std::move(job), range->total, std::move(tail.bytes()));
      return;
    }
  } else if (!RefusesRange(status)) {
    job.done(RefusalOf(job, *outcome));
    return;
  }
  // A server that does not understand "the last n bytes" may understand numbers.
  if (asked.suffix) {
    Remember(job.url, RangeUse::kNoSuffix);
    FetchTail(std::move(job));
  } else {
    FetchWhole(std::move(job));
  }
}

void MetadataFetcher::ReadRanges(Job job, std::uint64_t size, std::string tail) {
  RangedSource source([this](net::Request request) { return runtime_.Fetch(std::move(request)); },
                      job.url, size, std::move(tail));
  Result<std::string> text = ReadWheelMetadata(source, job.project);
  if (!text && text.error().code == ErrorCode::kCorrupt) {
    // The server or the wheel is broken. The whole wheel can be checked against its digest.
    FetchWhole(std::move(job));
    return;
  }
  Finish(std::move(job), std::move(text), MetadataSource::kRanges);
}

Result<std::uint64_t> MetadataFetcher::AskSize(const net::Url& url) {
  net::Request request{.method = "HEAD", .url = url.ToString()};
  request.headers.Set("Accept-Encoding", "identity");
  FLOWSTONE_LET(const net::Response response, runtime_.Fetch(std::move(request)));
  if (response.status != 200) {
    return ErrorOfStatus(response, url);
  }
  const std::string text = response.headers.Get("Content-Length").value_or("");
  std::uint64_t size = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = url.Redacted() + " does not tell the size of the file"};
  }
  return size;
}

void MetadataFetcher::FetchWhole(Job job) {
  Result<std::string> text = ReadWhole(job);
  Finish(std::move(job), std::move(text), MetadataSource::kWholeFile);
}

Result<std::string> MetadataFetcher::ReadWhole(const Job& job) {
  FLOWSTONE_LET(const std::string directory, runtime_.cache().ScratchDirectory());
  const std::string stem = "wheel-" + Digest::Of(job.file.url).ToString().substr(0, 16);
  FLOWSTONE_LET(const auto download, WheelDownload::Create(runtime_.files(), directory, stem));
  net::Request request{
      .url = job.url.ToString(), .sink = download.get(), .body_limit = kLargestWheel};
  FLOWSTONE_LET(const net::Response response, runtime_.Fetch(std::move(request)));
  if (response.status != 200) {
    return RefusalOf(job, response);
  }
  FLOWSTONE_LET(const Digest digest, download->Finish());
  FLOWSTONE_TRY(CheckDigest(job.file, digest));
  FLOWSTONE_LET(auto file, download->Open());
  FileByteSource source(std::move(file));
  return ReadWheelMetadata(source, job.project);
}

MetadataFetcher::RangeUse MetadataFetcher::RangeUseOf(const net::Url& url) {
  const std::lock_guard lock(mutex_);
  const auto found = range_uses_.find(url.Origin());
  return found == range_uses_.end() ? RangeUse::kUnknown : found->second;
}

void MetadataFetcher::Remember(const net::Url& url, RangeUse use) {
  const std::lock_guard lock(mutex_);
  RangeUse& known = range_uses_[url.Origin()];
  known = std::max(known, use);
}

}  // namespace flowstone::index
