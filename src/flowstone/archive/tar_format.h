// The 512-byte header block of tar (POSIX.1-1988 ustar). Internal to TarReader and TarWriter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flowstone::archive {

constexpr std::size_t kTarBlock = 512;
using TarBlock = std::array<char, kTarBlock>;

struct TarField {
  std::size_t offset;
  std::size_t size;
};
constexpr TarField kTarName{0, 100};
constexpr TarField kTarMode{100, 8};
constexpr TarField kTarUid{108, 8};
constexpr TarField kTarGid{116, 8};
constexpr TarField kTarSize{124, 12};
constexpr TarField kTarMtime{136, 12};
constexpr TarField kTarChecksum{148, 8};
constexpr TarField kTarType{156, 1};
constexpr TarField kTarLinkName{157, 100};
constexpr TarField kTarMagic{257, 8};  // magic and version
constexpr TarField kTarPrefix{345, 155};

constexpr std::string_view kUstarMagic("ustar\00000", 8);

// Bytes of padding behind `size` bytes of data.
constexpr std::uint64_t TarPadding(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

// The sum of all bytes, with the checksum field itself taken for spaces.
inline std::uint64_t TarChecksum(const TarBlock& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kTarChecksum.offset && i < kTarChecksum.offset + kTarChecksum.size;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

}  // namespace flowstone::archive
