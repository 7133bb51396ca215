#include "flowstone/index/cache.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/index/packed_bytes.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/pypi/sdist_name.h"

namespace flowstone::index {
namespace {

// Changes when an older engine would misread what is kept, or when what is parsed from the same
// answers changes: knowledge of another version is not looked at.
constexpr std::string_view kKnowledgeDirectory = "/knowledge-3";

constexpr std::uint32_t kMissing = 404;
constexpr std::uint32_t kPresent = 200;

// How long a page may be used. It names the listing that it is about by its checksum: when the
// process was killed between the two, they do not belong together.
struct PolicyRow {
  std::int64_t received_ns = 0;
  std::int64_t lifetime_s = 0;
  std::uint32_t status = kPresent;
  std::uint32_t listing_checksum = 0;
  std::uint32_t etag = 0;  // text
  std::uint32_t last_modified = 0;
};

struct LinkRow {
  std::uint32_t content_type = 0;  // texts
  std::uint32_t url = 0;
  std::uint32_t body = 0;
};

// Names a page of links in the knowledge.
Digest LinksId(const net::Url& url) {
  return Digest::Of("links\n" + url.WithoutCredentials().WithoutFragment().ToString());
}

std::string PackPolicy(const Freshness& freshness, std::uint32_t status,
                       std::uint32_t listing_checksum) {
  PackedWriter out;
  out.Reserve(sizeof(PolicyRow));
  out.Store(0, PolicyRow{.received_ns = freshness.received_ns,
                         .lifetime_s = freshness.lifetime_s,
                         .status = status,
                         .listing_checksum = listing_checksum,
                         .etag = out.Text(freshness.etag),
                         .last_modified = out.Text(freshness.last_modified)});
  return std::move(out).Take();
}

KnowledgeKey MetadataKeyOf(const IndexFile& file) {
  return file.sha256 ? KnowledgeKey::Of(RecordKind::kMetadata, *file.sha256)
                     : KnowledgeKey::Of(RecordKind::kMetadata, file.url);
}

}  // namespace

IndexCache::IndexCache(os::FileSystem& files, std::string root)
    : files_(files),
      root_(std::move(root)),
      knowledge_(files, root_ + std::string(kKnowledgeDirectory)) {}

Digest IndexCache::PageId(const net::Url& index, const pypi::Name& name) const {
  const bool is_plain = !index.credentials() && !index.fragment() && index.path().ends_with('/');
  std::string text = is_plain
                         ? index.ToString()
                         : index.WithoutCredentials().WithoutFragment().AsDirectory().ToString();
  return Digest::Of(text.append("\n").append(name.ToString()));
}

std::optional<IndexCache::Policy> IndexCache::FindPolicy(const KnowledgeKey& key) {
  const auto policy = knowledge_.Find(key);
  if (!policy || policy->bytes.size() < sizeof(PolicyRow)) {
    return std::nullopt;
  }
  const PackedView view(policy->bytes);
  const auto row = view.Load<PolicyRow>(0);
  return Policy{.freshness = {.received_ns = row.received_ns,
                              .lifetime_s = row.lifetime_s,
                              .etag = std::string(view.Text(row.etag)),
                              .last_modified = std::string(view.Text(row.last_modified))},
                .status = row.status,
                .listing_checksum = row.listing_checksum};
}

std::optional<CachedPage> IndexCache::FindPage(const net::Url& index, const pypi::Name& name) {
  const Digest id = PageId(index, name);
  const auto policy = FindPolicy(KnowledgeKey::Of(RecordKind::kPagePolicy, id));
  if (!policy) {
    return std::nullopt;
  }
  CachedPage page{.freshness = policy->freshness, .listing = {}};
  if (policy->status == kMissing) {
    return page;
  }
  const auto record = knowledge_.Find(KnowledgeKey::Of(RecordKind::kListing, id));
  if (!record || record->checksum != policy->listing_checksum) {
    return std::nullopt;
  }
  page.listing = Listing::Open(record->bytes, record->owner);
  return page.listing ? std::optional(std::move(page)) : std::nullopt;
}

CachedPage IndexCache::StorePage(const net::Url& index, const pypi::Name& name, Freshness freshness,
                                 const ProjectPage* page) {
  const Digest id = PageId(index, name);
  CachedPage stored{.freshness = std::move(freshness), .listing = {}};
  std::uint32_t checksum = 0;
  if (page != nullptr) {
    const Knowledge::Record record =
        knowledge_.Remember(KnowledgeKey::Of(RecordKind::kListing, id), Listing::Pack(*page, name));
    checksum = record.checksum;
    stored.listing = Listing::Open(record.bytes, record.owner);
  }
  knowledge_.Remember(
      KnowledgeKey::Of(RecordKind::kPagePolicy, id),
      PackPolicy(stored.freshness, page == nullptr ? kMissing : kPresent, checksum));
  return stored;
}

void IndexCache::RenewPage(const net::Url& index, const pypi::Name& name, const CachedPage& page) {
  const Digest id = PageId(index, name);
  // What was unchanged is what we have, or there would have been nothing to ask with.
  const auto record = knowledge_.Find(KnowledgeKey::Of(RecordKind::kListing, id));
  const bool is_there = page.listing.has_value() && record;
  if (page.listing.has_value() && !is_there) {
    return;
  }
  knowledge_.Remember(
      KnowledgeKey::Of(RecordKind::kPagePolicy, id),
      PackPolicy(page.freshness, is_there ? kPresent : kMissing, is_there ? record->checksum : 0));
}

std::vector<std::string> IndexCache::KnownProjects() {
  std::set<std::string> names;
  knowledge_.ForEach(RecordKind::kListing, [&names](const Knowledge::Record& record) {
    const std::optional<Listing> listing = Listing::Open(record.bytes, record.owner);
    if (!listing || listing->file_count() == 0) {
      return;
    }
    const std::string_view file = listing->Filename(0);
    if (file.ends_with(".whl")) {
      names.insert(pypi::NormalizeName(file.substr(0, file.find('-'))));
    } else if (const auto sdist = pypi::SdistName::Parse(file)) {
      names.insert(sdist->name.ToString());
    }
  });
  return {names.begin(), names.end()};
}

std::optional<CachedLinks> IndexCache::FindLinks(const net::Url& url) {
  const Digest id = LinksId(url);
  const auto policy = FindPolicy(KnowledgeKey::Of(RecordKind::kPagePolicy, id));
  const auto record = knowledge_.Find(KnowledgeKey::Of(RecordKind::kLinkPage, id));
  if (!policy || !record || record->checksum != policy->listing_checksum) {
    return std::nullopt;
  }
  const PackedView view(record->bytes);
  const auto row = view.Load<LinkRow>(0);
  return CachedLinks{.freshness = policy->freshness,
                     .page = {.content_type = std::string(view.Text(row.content_type)),
                              .url = std::string(view.Text(row.url)),
                              .body = std::string(view.Text(row.body))}};
}

void IndexCache::StoreLinks(const net::Url& url, const CachedLinks& links) {
  const Digest id = LinksId(url);
  PackedWriter out;
  out.Reserve(sizeof(LinkRow));
  const LinkRow row{.content_type = out.OwnText(links.page.content_type),
                    .url = out.OwnText(links.page.url),
                    .body = out.OwnText(links.page.body)};
  out.Store(0, row);
  const Knowledge::Record record =
      knowledge_.Remember(KnowledgeKey::Of(RecordKind::kLinkPage, id), std::move(out).Take());
  knowledge_.Remember(KnowledgeKey::Of(RecordKind::kPagePolicy, id),
                      PackPolicy(links.freshness, kPresent, record.checksum));
}

void IndexCache::RenewLinks(const net::Url& url, const CachedLinks& links) {
  const Digest id = LinksId(url);
  if (const auto record = knowledge_.Find(KnowledgeKey::Of(RecordKind::kLinkPage, id))) {
    knowledge_.Remember(KnowledgeKey::Of(RecordKind::kPagePolicy, id),
                        PackPolicy(links.freshness, kPresent, record->checksum));
  }
}

std::optional<ParsedMetadata> IndexCache::FindMetadata(const IndexFile& file) {
  const auto record = knowledge_.Find(MetadataKeyOf(file));
  return record ? ParsedMetadata::Open(record->bytes, record->owner) : std::nullopt;
}

ParsedMetadata IndexCache::StoreMetadata(const IndexFile& file, std::string_view text) {
  const Knowledge::Record record =
      knowledge_.Remember(MetadataKeyOf(file), std::string(ParsedMetadata::Of(text).bytes()));
  return *ParsedMetadata::Open(record.bytes, record.owner);
}

std::optional<CachedAbsence> IndexCache::FindAbsence(const IndexFile& file) {
  auto policy = FindPolicy(KnowledgeKey::Of(RecordKind::kFileAbsence, file.url));
  if (!policy) {
    return std::nullopt;
  }
  return CachedAbsence{.freshness = std::move(policy->freshness),
                       .status = static_cast<int>(policy->status)};
}

void IndexCache::StoreAbsence(const IndexFile& file, const CachedAbsence& absence) {
  knowledge_.Remember(KnowledgeKey::Of(RecordKind::kFileAbsence, file.url),
                      PackPolicy(absence.freshness, static_cast<std::uint32_t>(absence.status), 0));
}

Result<std::string> IndexCache::ScratchDirectory() {
  std::string path = root_ + "/tmp";
  FLOWSTONE_TRY(os::MakeDirectories(files_, path, 0700));
  return path;
}

}  // namespace flowstone::index
