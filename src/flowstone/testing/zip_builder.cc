#include "flowstone/testing/zip_builder.h"

#include <libdeflate.h>
#include <zstd.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "flowstone/base/check.h"

namespace flowstone::testing {
namespace {

constexpr std::uint16_t kDescriptorFlag = 1U << 3U;
constexpr std::uint16_t kUtf8Flag = 1U << 11U;
constexpr std::uint32_t kDosEpoch = 0x00210000;  // 1980-01-01: date above, time below

void Put(std::string& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    out += static_cast<char>(value >> (8U * i) & 0xFFU);
  }
}
void Put16(std::string& out, std::uint64_t value) {
  Put(out, value, 2);
}
void Put32(std::string& out, std::uint64_t value) {
  Put(out, value, 4);
}
void Put64(std::string& out, std::uint64_t value) {
  Put(out, value, 8);
}

std::string Deflate(std::string_view content) {
  struct Free {
    void operator()(libdeflate_compressor* compressor) const {
      libdeflate_free_compressor(compressor);
    }
  };
  const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(6));
  std::string out(libdeflate_deflate_compress_bound(compressor.get(), content.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor.get(), content.data(), content.size(),
                                         out.data(), out.size()));
  return out;
}

std::string Zstd(std::string_view content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 3));
  return out;
}

std::string Compress(const ZipEntry& entry) {
  if (entry.compressed) {
    return *entry.compressed;
  }
  switch (entry.method) {
    case 8:
      return Deflate(entry.content);
    case 93:
      return Zstd(entry.content);
    default:
      return entry.content;
  }
}

// What the headers of one entry say.
struct Facts {
  std::uint16_t flags = 0;
  std::uint32_t crc32 = 0;
  std::uint64_t size = 0;
  std::string compressed;
  std::uint64_t offset = 0;
};

Facts FactsOf(const ZipEntry& entry) {
  Facts facts;
  facts.flags = entry.flags;
  if (entry.descriptor != ZipDescriptor::kNone) {
    facts.flags |= kDescriptorFlag;
  }
  for (const char c : entry.name) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      facts.flags |= kUtf8Flag;
    }
  }
  facts.crc32 =
      entry.crc32.value_or(libdeflate_crc32(0, entry.content.data(), entry.content.size()));
  facts.size = entry.size.value_or(static_cast<std::uint32_t>(entry.content.size()));
  facts.compressed = Compress(entry);
  return facts;
}

// A ZIP64 extra field that holds `values`.
std::string Zip64Extra(const std::vector<std::uint64_t>& values) {
  std::string out;
  Put16(out, 1);
  Put16(out, values.size() * 8);
  for (const std::uint64_t value : values) {
    Put64(out, value);
  }
  return out;
}

std::string LocalHeader(const ZipEntry& entry, const Facts& facts) {
  const bool deferred = entry.descriptor != ZipDescriptor::kNone;
  const bool wide = entry.width == ZipWidth::k64;
  const std::uint64_t size = deferred ? 0 : facts.size;
  const std::uint64_t compressed_size = deferred ? 0 : facts.compressed.size();
  const std::string name = entry.local_name.value_or(entry.name);
  const std::string extra =
      (wide ? Zip64Extra({size, compressed_size}) : std::string()) + entry.extra;
  std::string out("PK\3\4", 4);
  Put16(out, wide ? 45 : 20);
  Put16(out, entry.local_flags.value_or(facts.flags));
  Put16(out, entry.local_method.value_or(entry.method));
  Put32(out, kDosEpoch);
  Put32(out, entry.local_crc32.value_or(deferred ? 0 : facts.crc32));
  Put32(out, wide ? UINT32_MAX : entry.local_compressed_size.value_or(compressed_size));
  Put32(out, wide ? UINT32_MAX : entry.local_size.value_or(size));
  Put16(out, name.size());
  Put16(out, extra.size());
  return out + name + extra;
}

std::string Descriptor(const ZipEntry& entry, const Facts& facts) {
  std::string out;
  if (entry.descriptor == ZipDescriptor::kNone) {
    return out;
  }
  if (entry.descriptor == ZipDescriptor::kSigned) {
    out.append("PK\7\10", 4);
  }
  Put32(out, facts.crc32);
  const std::size_t width = entry.width == ZipWidth::k64 ? 8 : 4;
  Put(out, facts.compressed.size(), width);
  Put(out, facts.size, width);
  return out;
}

std::string DirectoryEntry(const ZipEntry& entry, const Facts& facts) {
  const bool wide = entry.width == ZipWidth::k64;
  const std::uint64_t offset = entry.header_offset.value_or(facts.offset);
  const std::string extra =
      (wide ? Zip64Extra({facts.size, facts.compressed.size(), offset}) : std::string()) +
      entry.extra;
  std::string out("PK\1\2", 4);
  Put16(out, std::uint64_t{entry.made_by} << 8U | 20U);
  Put16(out, wide ? 45 : 20);
  Put16(out, facts.flags);
  Put16(out, entry.method);
  Put32(out, kDosEpoch);
  Put32(out, facts.crc32);
  Put32(out, wide ? UINT32_MAX : facts.compressed.size());
  Put32(out, wide ? UINT32_MAX : facts.size);
  Put16(out, entry.name.size());
  Put16(out, extra.size());
  Put16(out, 0);  // comment
  Put16(out, 0);  // disk
  Put16(out, 0);  // internal attributes
  Put32(out, std::uint64_t{entry.mode} << 16U);
  Put32(out, wide ? UINT32_MAX : offset);
  return out + entry.name + extra;
}

std::string Zip64End(const ZipEnd& end, std::uint64_t entries, std::uint64_t directory_offset,
                     std::uint64_t directory_size, std::uint64_t position) {
  std::string out("PK\6\6", 4);
  Put64(out, 44 + end.zip64_extensible_data.size());
  Put16(out, 45);
  Put16(out, 45);
  Put32(out, 0);
  Put32(out, 0);
  Put64(out, entries);
  Put64(out, entries);
  Put64(out, directory_size);
  Put64(out, directory_offset);
  out += end.zip64_extensible_data;
  out.append("PK\6\7", 4);
  Put32(out, 0);
  Put64(out, position);
  Put32(out, 1);
  return out;
}

}  // namespace

ZipBuilder& ZipBuilder::Add(std::string_view name, std::string_view content) {
  return Add({.name = std::string(name), .content = std::string(content)});
}

ZipBuilder& ZipBuilder::Add(ZipEntry entry) {
  entries_.push_back(std::move(entry));
  return *this;
}

ZipBuilder& ZipBuilder::AddDirectory(std::string_view name) {
  return Add({.name = std::string(name) + "/", .method = 0, .mode = 040755});
}

ZipBuilder& ZipBuilder::SetEnd(ZipEnd end) {
  end_ = std::move(end);
  return *this;
}

std::string ZipBuilder::Build() const {
  std::string out;
  std::string directory;
  for (const ZipEntry& entry : entries_) {
    Facts facts = FactsOf(entry);
    out += entry.padding_before;
    facts.offset = out.size();
    out += LocalHeader(entry, facts) + facts.compressed + Descriptor(entry, facts);
    directory += DirectoryEntry(entry, facts);
  }
  out += end_.before_directory;
  const std::uint64_t offset =
      end_.directory_offset.value_or(static_cast<std::uint32_t>(out.size()));
  const std::uint64_t entries =
      end_.entry_count.value_or(static_cast<std::uint16_t>(entries_.size()));
  const bool wide = end_.width == ZipWidth::k64;
  out += directory + end_.after_directory;
  if (wide) {
    out += Zip64End(end_, entries, offset, directory.size(), out.size());
  }
  out.append("PK\5\6", 4);
  Put16(out, 0);
  Put16(out, 0);
  Put16(out, wide ? UINT16_MAX : entries);
  Put16(out, wide ? UINT16_MAX : entries);
  Put32(out, wide ? UINT32_MAX : directory.size());
  Put32(out, wide ? UINT32_MAX : offset);
  Put16(out, end_.comment.size());
  return out + end_.comment + end_.trailing;
}

}  // namespace flowstone::testing
