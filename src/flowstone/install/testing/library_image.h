// Library: the bytes of a shared library that consists of nothing but its search path.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flowstone::install {

enum class ByteOrder : std::uint8_t { kLittle, kBig };

// Bytes of a file that can be set at any place.
class Image {
 public:
  explicit Image(ByteOrder order) : order_(order) {}

  void Put(std::size_t offset, std::uint64_t number, std::size_t width) {
    bytes_.resize(std::max(bytes_.size(), offset + width), '\0');
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t at = order_ == ByteOrder::kLittle ? offset + i : offset + width - 1 - i;
      const std::uint64_t rest = i < sizeof(number) ? number >> (8 * i) : 0;
      bytes_[at] = static_cast<char>(rest & 0xffU);
    }
  }
  void PutText(std::size_t offset, std::string_view text) {
    bytes_.resize(std::max(bytes_.size(), offset + text.size()), '\0');
    bytes_.replace(offset, text.size(), text);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  ByteOrder order_;
  std::string bytes_;
};

// A library with that DT_RUNPATH: header, two segments, dynamic section, strings.
inline std::string Library(std::string_view runpath, std::size_t word = 8,
                           ByteOrder order = ByteOrder::kLittle) {
  constexpr std::size_t segments = 64;
  constexpr std::size_t dynamic = 256;
  constexpr std::size_t strings = 400;
  constexpr std::uint64_t load_address = 0x10000;
  const bool is_wide = word == 8;
  Image image(order);
  image.PutText(0,
                "\x7f"
                "ELF");
  image.Put(4, is_wide ? 2 : 1, 1);
  image.Put(5, order == ByteOrder::kLittle ? 1 : 2, 1);
  image.Put(is_wide ? 32 : 28, segments, word);
  image.Put(is_wide ? 54 : 42, is_wide ? 56 : 32, 2);
  image.Put(is_wide ? 56 : 44, 2, 2);
  const auto put_segment = [&](std::size_t at, std::uint64_t type, std::uint64_t offset,
                               std::uint64_t size) {
    image.Put(at, type, 4);
    image.Put(at + (is_wide ? 8 : 4), offset, word);
    image.Put(at + (is_wide ? 16 : 8), load_address + offset, word);
    image.Put(at + (is_wide ? 32 : 16), size, word);
  };
  put_segment(segments, 1, 0, 4096);
  put_segment(segments + (is_wide ? 56 : 32), 2, dynamic, 6 * word);
  image.Put(dynamic, 5, word);
  image.Put(dynamic + word, load_address + strings, word);
  image.Put(dynamic + 2 * word, 29, word);
  image.Put(dynamic + 3 * word, 1, word);
  image.Put(dynamic + 4 * word, 0, 2 * word);
  image.PutText(strings + 1, std::string(runpath) + '\0');
  return image.bytes();
}

}  // namespace flowstone::install
