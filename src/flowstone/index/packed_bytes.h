// Packed bytes: how the knowledge of indexes is laid out, so that it is used where it lies in a
// mapped file. Numbers are little-endian at aligned offsets; a text is its length (4 bytes) and its
// bytes, and is named by its offset. Equal texts are stored once.
//
// Readers take the bytes for untrusted: what lies outside is 0 or empty, never read.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace flowstone::index {

static_assert(std::endian::native == std::endian::little, "packed numbers are used as they lie");

class PackedView {
 public:
  PackedView() = default;
  explicit PackedView(std::string_view bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }

  template <class Number>
  Number Load(std::size_t offset) const {
    static_assert(std::is_trivially_copyable_v<Number>);
    Number number{};
    if (offset <= bytes_.size() && bytes_.size() - offset >= sizeof(Number)) {
      std::memcpy(&number, bytes_.data() + offset, sizeof(Number));
    }
    return number;
  }
  std::string_view Bytes(std::size_t offset, std::size_t length) const {
    const bool fits = offset <= bytes_.size() && bytes_.size() - offset >= length;
    return fits ? bytes_.substr(offset, length) : std::string_view();
  }
  // The text at that offset; offset 0 is the empty text.
  std::string_view Text(std::uint32_t offset) const {
    return offset == 0 ? std::string_view()
                       : Bytes(offset + sizeof(std::uint32_t), Load<std::uint32_t>(offset));
  }

 private:
  std::string_view bytes_;
};

class PackedWriter {
 public:
  std::size_t size() const { return bytes_.size(); }

  // Appends; the caller keeps numbers aligned.
  template <class Number>
  void Append(const Number& number) {
    static_assert(std::has_unique_object_representations_v<Number>);
    const auto raw = std::bit_cast<std::array<char, sizeof(Number)>>(number);
    bytes_.append(raw.data(), raw.size());
  }
  // About so many bytes will be written: saves moving them.
  void Expect(std::size_t length) { bytes_.reserve(length); }
  // Room for what is known later.
  void Reserve(std::size_t length) { bytes_.append(length, '\0'); }
  template <class Number>
  void Store(std::size_t offset, const Number& number) {
    std::memcpy(bytes_.data() + offset, &number, sizeof(Number));
  }
  // The offset of a text; written at the end unless it is there already.
  std::uint32_t Text(std::string_view text) {
    if (text.empty()) {
      return 0;
    }
    if (const auto known = texts_.find(text); known != texts_.end()) {
      return known->second;
    }
    return texts_.emplace(text, OwnText(text)).first->second;
  }
  // The same for a text that hardly has its equal, such as a digest: it is not looked for.
  std::uint32_t OwnText(std::string_view text) {
    if (text.empty()) {
      return 0;
    }
    Align(sizeof(std::uint32_t));
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    Append(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
    return offset;
  }
  void Align(std::size_t alignment) {
    bytes_.append((alignment - bytes_.size() % alignment) % alignment, '\0');
  }

  std::string Take() && { return std::move(bytes_); }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::string bytes_;
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> texts_;
};

}  // namespace flowstone::index
