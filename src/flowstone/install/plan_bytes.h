// PlanWriter, PlanReader: the bytes of an archive plan (docs/formats/archive-plan.md):
// little-endian numbers, and texts behind their lengths, one after the other. Internal to archive
// plans.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"

namespace flowstone::install {

class PlanWriter {
 public:
  template <std::size_t width>
  void Number(std::uint64_t number) {
    for (std::size_t i = 0; i < width; ++i) {
      bytes_ += static_cast<char>(number >> (8 * i) & 0xFFU);
    }
  }
  void Text(std::string_view text) {
    Number<4>(text.size());
    bytes_ += text;
  }
  void Texts(const std::vector<std::string>& texts) {
    Number<4>(texts.size());
    for (const std::string& text : texts) {
      Text(text);
    }
  }
  void Raw(std::string_view bytes) { bytes_ += bytes; }
  void Raw(const Digest& digest) { bytes_.append(digest.bytes().begin(), digest.bytes().end()); }

  const std::string& bytes() const { return bytes_; }
  std::string Finish() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// What lies behind the end is 0 or empty; whether anything was read there is known afterwards.
// Views are of the bytes that it reads.
class PlanReader {
 public:
  explicit PlanReader(std::string_view bytes) : left_(bytes) {}

  std::string_view Take(std::size_t length) {
    if (length > left_.size()) {
      is_cut_off_ = true;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, length);
    left_.remove_prefix(length);
    return taken;
  }

  template <std::size_t width>
  std::uint64_t TakeNumber() {
    std::uint64_t number = 0;
    const std::string_view bytes = Take(width);
    for (std::size_t i = bytes.size(); i > 0; --i) {
      number = number << 8U | static_cast<unsigned char>(bytes[i - 1]);
    }
    return number;
  }

  std::string_view TakeText() { return Take(TakeNumber<4>()); }

  // How many items follow, each of at least so many bytes.
  std::size_t TakeCount(std::size_t least) {
    const std::uint64_t count = TakeNumber<4>();
    if (count > left_.size() / least) {
      is_cut_off_ = true;
      return 0;
    }
    return static_cast<std::size_t>(count);
  }

  std::vector<std::string> TakeTexts() {
    std::vector<std::string> texts(TakeCount(sizeof(std::uint32_t)));
    for (std::string& text : texts) {
      text = TakeText();
    }
    return texts;
  }

  Digest TakeDigest() {
    const std::string_view bytes = Take(Digest::kSize);
    std::array<std::uint8_t, Digest::kSize> raw{};
    std::copy(bytes.begin(), bytes.end(), raw.begin());
    return Digest(raw);
  }

  std::string_view left() const { return left_; }
  bool is_cut_off() const { return is_cut_off_; }

 private:
  std::string_view left_;
  bool is_cut_off_ = false;
};

}  // namespace flowstone::install
