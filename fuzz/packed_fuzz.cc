// Packed bytes, as they are read where they lie in a mapped file: listings and parsed metadata.
#include "fuzz_target.h"
#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/index/listing.h"
#include "flowstone/index/parsed_metadata.h"

using flowstone::fuzz::Require;
using flowstone::index::Listing;
using flowstone::index::ParsedMetadata;

namespace {

void ReadListing(const Listing& listing) {
  static_cast<void>(listing.Warnings());
  static_cast<void>(listing.status());
  static_cast<void>(listing.status_reason());
  for (std::uint32_t version = 0; version < listing.version_count(); ++version) {
    Require(listing.LowerBound(listing.VersionKey(version)) <= listing.version_count(),
            "a bound is one of the versions or their end");
    static_cast<void>(listing.Version(version));
    const Listing::VersionFacts facts = listing.FactsOfVersion(version);
    Require(facts.files.first <= facts.files.last && facts.files.last <= listing.file_count(),
            "files of the listing");
    Require(facts.shape < listing.version_count(), "shapes are below the number of versions");
  }
  for (std::uint32_t file = 0; file < listing.file_count(); ++file) {
    const Listing::FileFacts facts = listing.Facts(file);
    Require(facts.tag_set < listing.tag_set_count() && facts.python < listing.python_count(),
            "ids are below their counts");
    static_cast<void>(listing.TagSetText(facts.tag_set));
    static_cast<void>(listing.File(file));
    static_cast<void>(listing.YankReason(file));
  }
}

void ReadMetadata(const ParsedMetadata& metadata) {
  static_cast<void>(metadata.is_readable());
  static_cast<void>(metadata.problem());
  for (std::size_t i = 0; i < metadata.dependency_count(); ++i) {
    const ParsedMetadata::Dependency dependency = metadata.dependency(i);
    Require(dependency.name.size() + dependency.extras.size() + dependency.specifiers.size() +
                    dependency.url.size() + dependency.marker.size() ==
                dependency.text.size(),
            "the parts are the whole");
  }
  // Of what a damaged file says there is no end: every dependency may be all of the file.
  constexpr std::size_t few = 16;
  if (metadata.dependency_count() + metadata.extra_count() <= few) {
    static_cast<void>(metadata.ToText());
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = flowstone::fuzz::TextOf(data, size);
  if (const auto listing = Listing::Open(bytes, nullptr)) {
    ReadListing(*listing);
  }
  if (const auto metadata = ParsedMetadata::Open(bytes, nullptr)) {
    ReadMetadata(*metadata);
  }
  // What we pack ourselves says what the text says.
  const ParsedMetadata parsed = ParsedMetadata::Of(bytes);
  if (parsed.is_readable()) {
    const ParsedMetadata again = ParsedMetadata::Of(parsed.ToText());
    Require(again.is_readable(), "what metadata says is metadata again");
    Require(again.ToText() == parsed.ToText(), "and says the same");
  }
  return 0;
}
