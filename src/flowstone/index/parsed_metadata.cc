#include "flowstone/index/parsed_metadata.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::index {
namespace {

constexpr std::uint32_t kMetadataMagicNumber = 0x3144'4D50;  // "PMD1"
// Longer ones are not dependencies but accidents.
constexpr std::size_t kLongestPart = 1U << 20U;

// At offset 0; then the dependencies, then the extras (an offset each), then texts.
struct MetadataHeader {
  std::uint32_t magic = 0;
  std::uint32_t is_readable = 0;
  std::uint32_t problem = 0;  // text
  std::uint32_t name = 0;
  std::uint32_t version = 0;
  std::uint32_t requires_python = 0;
  std::uint32_t dependencies = 0;
  std::uint32_t extras = 0;
};

// The text is name, extras, specifiers, URL and marker in a row, of these lengths; the marker is
// the rest.
struct DependencyRow {
  std::uint64_t hash = 0;
  std::uint32_t text = 0;
  std::uint32_t name = 0;
  std::uint32_t extras = 0;
  std::uint32_t specifiers = 0;
  std::uint32_t url = 0;
  std::uint32_t unused = 0;
};

// FNV-1a. Whoever finds an equal hash compares the texts, so it need not withstand anybody.
std::uint64_t HashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

struct PackedDependency {
  DependencyRow row;
  std::string text;
};

PackedDependency PackDependency(const pypi::Requirement& requirement) {
  std::vector<std::string> extras;
  extras.reserve(requirement.extras.size());
  for (const pypi::ExtraName& extra : requirement.extras) {
    extras.push_back(extra.ToString());
  }
  const std::array<std::string, 5> parts = {requirement.name.ToString(), JoinText(extras, ","),
                                            requirement.specifiers.ToString(), requirement.url,
                                            requirement.marker.ToString()};
  PackedDependency packed;
  for (const std::string& part : parts) {
    packed.text += part;
  }
  packed.row = {.hash = HashOf(packed.text),
                .name = static_cast<std::uint32_t>(parts[0].size()),
                .extras = static_cast<std::uint32_t>(parts[1].size()),
                .specifiers = static_cast<std::uint32_t>(parts[2].size()),
                .url = static_cast<std::uint32_t>(parts[3].size())};
  return packed;
}

}  // namespace

ParsedMetadata::ParsedMetadata(std::string_view bytes, std::shared_ptr<const void> owner)
    : bytes_(bytes), owner_(std::move(owner)), view_(bytes) {}

std::string ParsedMetadata::Pack(const pypi::CoreMetadata& metadata) {
  PackedWriter out;
  const std::size_t extras_at =
      sizeof(MetadataHeader) + sizeof(DependencyRow) * metadata.requires_dist.size();
  out.Reserve(extras_at + sizeof(std::uint32_t) * metadata.provides_extra.size());
  for (std::size_t i = 0; i < metadata.requires_dist.size(); ++i) {
    PackedDependency packed = PackDependency(metadata.requires_dist[i].requirement);
    if (packed.text.size() > kLongestPart) {
      return PackProblem("the requirement " + packed.text.substr(0, 40) + "… is " +
                         std::to_string(packed.text.size()) + " characters long");
    }
    packed.row.text = out.Text(packed.text);
    out.Store(sizeof(MetadataHeader) + sizeof(DependencyRow) * i, packed.row);
  }
  for (std::size_t i = 0; i < metadata.provides_extra.size(); ++i) {
    out.Store(extras_at + sizeof(std::uint32_t) * i,
              out.Text(metadata.provides_extra[i].ToString()));
  }
  out.Store(
      0, MetadataHeader{.magic = kMetadataMagicNumber,
                        .is_readable = 1,
                        .name = out.Text(metadata.name.ToString()),
                        .version = out.Text(metadata.version.text()),
                        .requires_python = out.Text(metadata.requires_python_text),
                        .dependencies = static_cast<std::uint32_t>(metadata.requires_dist.size()),
                        .extras = static_cast<std::uint32_t>(metadata.provides_extra.size())});
  return std::move(out).Take();
}

std::string ParsedMetadata::PackProblem(std::string_view problem) {
  PackedWriter out;
  out.Reserve(sizeof(MetadataHeader));
  out.Store(0, MetadataHeader{.magic = kMetadataMagicNumber, .problem = out.Text(problem)});
  return std::move(out).Take();
}

ParsedMetadata ParsedMetadata::Of(std::string_view metadata_text) {
  const Result<pypi::CoreMetadata> parsed = pypi::CoreMetadata::Parse(metadata_text);
  const auto bytes = std::make_shared<const std::string>(
      parsed ? Pack(*parsed) : PackProblem(parsed.error().message));
  return {*bytes, bytes};
}

std::optional<ParsedMetadata> ParsedMetadata::Open(std::string_view bytes,
                                                   std::shared_ptr<const void> owner) {
  ParsedMetadata metadata(bytes, std::move(owner));
  const auto header = metadata.view_.Load<MetadataHeader>(0);
  const std::size_t columns = sizeof(MetadataHeader) +
                              sizeof(DependencyRow) * std::size_t{header.dependencies} +
                              sizeof(std::uint32_t) * std::size_t{header.extras};
  if (header.magic != kMetadataMagicNumber || columns > bytes.size()) {
    return std::nullopt;
  }
  return metadata;
}

bool ParsedMetadata::is_readable() const {
  return view_.Load<MetadataHeader>(0).is_readable != 0;
}

std::string_view ParsedMetadata::problem() const {
  return view_.Text(view_.Load<MetadataHeader>(0).problem);
}

std::string_view ParsedMetadata::name() const {
  return view_.Text(view_.Load<MetadataHeader>(0).name);
}

std::string_view ParsedMetadata::version() const {
  return view_.Text(view_.Load<MetadataHeader>(0).version);
}

std::string_view ParsedMetadata::requires_python() const {
  return view_.Text(view_.Load<MetadataHeader>(0).requires_python);
}

std::size_t ParsedMetadata::dependency_count() const {
  return view_.Load<MetadataHeader>(0).dependencies;
}

ParsedMetadata::Dependency ParsedMetadata::dependency(std::size_t i) const {
  const auto row = view_.Load<DependencyRow>(sizeof(MetadataHeader) + sizeof(DependencyRow) * i);
  Dependency dependency;
  dependency.hash = row.hash;
  dependency.text = view_.Text(row.text);
  std::string_view rest = dependency.text;
  const auto take = [&rest](std::size_t length) {
    const std::string_view part = rest.substr(0, length);
    rest.remove_prefix(part.size());
    return part;
  };
  dependency.name = take(row.name);
  dependency.extras = take(row.extras);
  dependency.specifiers = take(row.specifiers);
  dependency.url = take(row.url);
  dependency.marker = rest;
  return dependency;
}

std::size_t ParsedMetadata::extra_count() const {
  return view_.Load<MetadataHeader>(0).extras;
}

std::string_view ParsedMetadata::extra(std::size_t i) const {
  const std::size_t table = sizeof(MetadataHeader) + sizeof(DependencyRow) * dependency_count();
  return view_.Text(view_.Load<std::uint32_t>(table + sizeof(std::uint32_t) * i));
}

std::string ParsedMetadata::ToText() const {
  std::string text = "Metadata-Version: 2.1\n";
  const auto field = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\n");
  };
  field("Name", name());
  field("Version", version());
  if (!requires_python().empty()) {
    field("Requires-Python", requires_python());
  }
  for (std::size_t i = 0; i < extra_count(); ++i) {
    field("Provides-Extra", extra(i));
  }
  for (std::size_t i = 0; i < dependency_count(); ++i) {
    const Dependency stated = dependency(i);
    std::string line(stated.name);
    if (!stated.extras.empty()) {
      line.append("[").append(stated.extras).append("]");
    }
    line.append(stated.specifiers);
    if (!stated.url.empty()) {
      line.append(" @ ").append(stated.url);
    }
    if (!stated.marker.empty()) {
      line.append(" ; ").append(stated.marker);
    }
    field("Requires-Dist", line);
  }
  return text;
}

}  // namespace flowstone::index
