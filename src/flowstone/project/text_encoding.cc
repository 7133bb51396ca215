#include "flowstone/project/text_encoding.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "flowstone/base/text.h"

namespace flowstone::project {
namespace {

enum class Encoding : std::uint8_t {
  kUtf8,
  kUtf16Little,
  kUtf16Big,
  kUtf32Little,
  kUtf32Big,
  kAscii,
  kLatin1
};

struct ByteOrderMark {
  std::string_view bytes;
  Encoding encoding;
};

// The mark of UTF-16 begins that of UTF-32: the longer ones come first.
constexpr std::array<ByteOrderMark, 5> kByteOrderMarks = {{
    {{"\xEF\xBB\xBF", 3}, Encoding::kUtf8},
    {{"\xFF\xFE\0\0", 4}, Encoding::kUtf32Little},
    {{"\0\0\xFE\xFF", 4}, Encoding::kUtf32Big},
    {{"\xFF\xFE", 2}, Encoding::kUtf16Little},
    {{"\xFE\xFF", 2}, Encoding::kUtf16Big},
}};

Error WrongBytes(std::string_view encoding) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "the bytes are not " + std::string(encoding),
               .hints = {"save the file as UTF-8, or name its encoding in the first line: "
                         "# -*- coding: latin-1 -*-"}};
}

bool IsSurrogate(std::uint32_t point) {
  return point >= 0xD800 && point <= 0xDFFF;
}

void AppendUtf8(std::string& text, std::uint32_t point) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xE0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The number that `size` bytes from `at` make.
std::uint32_t UnitAt(std::string_view bytes, std::size_t at, std::size_t size, bool is_big) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t from = is_big ? at + i : at + size - 1 - i;
    unit = (unit << 8U) | static_cast<unsigned char>(bytes[from]);
  }
  return unit;
}

Result<std::string> FromUtf16(std::string_view bytes, Encoding encoding) {
  const bool is_big = encoding == Encoding::kUtf16Big;
  if (bytes.size() % 2 != 0) {
    return WrongBytes("UTF-16");
  }
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint32_t point = UnitAt(bytes, i, 2, is_big);
    if (IsSurrogate(point)) {
      const std::uint32_t low = i + 2 < bytes.size() ? UnitAt(bytes, i + 2, 2, is_big) : 0;
      if (point >= 0xDC00 || low < 0xDC00 || low > 0xDFFF) {
        return WrongBytes("UTF-16");
      }
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
      i += 2;
    }
    AppendUtf8(text, point);
  }
  return text;
}

Result<std::string> FromUtf32(std::string_view bytes, Encoding encoding) {
  if (bytes.size() % 4 != 0) {
    return WrongBytes("UTF-32");
  }
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    const std::uint32_t point = UnitAt(bytes, i, 4, encoding == Encoding::kUtf32Big);
    if (point > 0x10FFFF || IsSurrogate(point)) {
      return WrongBytes("UTF-32");
    }
    AppendUtf8(text, point);
  }
  return text;
}

Result<std::string> Decode(std::string_view bytes, Encoding encoding) {
  switch (encoding) {
    case Encoding::kUtf16Little:
    case Encoding::kUtf16Big:
      return FromUtf16(bytes, encoding);
    case Encoding::kUtf32Little:
    case Encoding::kUtf32Big:
      return FromUtf32(bytes, encoding);
    case Encoding::kLatin1: {
      std::string text;
      for (const char c : bytes) {
        AppendUtf8(text, static_cast<unsigned char>(c));
      }
      return text;
    }
    case Encoding::kAscii:
      for (const char c : bytes) {
        if (static_cast<unsigned char>(c) >= 0x80) {
          return WrongBytes("ASCII");
        }
      }
      return std::string(bytes);
    case Encoding::kUtf8:
      break;
  }
  if (!IsUtf8(bytes)) {
    return WrongBytes("UTF-8");
  }
  return std::string(bytes);
}

// What follows "coding:" or "coding=" in the line, as PEP 263 has it; empty when nothing does.
std::string DeclaredEncoding(std::string_view line) {
  constexpr std::string_view word = "coding";
  for (std::size_t at = line.find(word); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    std::string_view rest = line.substr(at + word.size());
    if (rest.empty() || (rest.front() != ':' && rest.front() != '=')) {
      continue;
    }
    rest = TrimText(rest.substr(1));
    std::size_t end = 0;
    while (end < rest.size() &&
           (IsAsciiAlnum(rest[end]) ||
            std::string_view("-_.").find(rest[end]) != std::string_view::npos)) {
      ++end;
    }
    if (end > 0) {
      return AsciiLower(rest.substr(0, end));
    }
  }
  return {};
}

std::optional<Encoding> EncodingNamed(std::string name) {
  for (char& c : name) {
    c = c == '_' ? '-' : c;
  }
  constexpr std::array<std::pair<std::string_view, Encoding>, 9> names = {{
      {"utf-8", Encoding::kUtf8},
      {"utf8", Encoding::kUtf8},
      {"ascii", Encoding::kAscii},
      {"us-ascii", Encoding::kAscii},
      {"latin-1", Encoding::kLatin1},
      {"latin1", Encoding::kLatin1},
      {"iso-8859-1", Encoding::kLatin1},
      {"iso8859-1", Encoding::kLatin1},
      {"l1", Encoding::kLatin1},
  }};
  for (const auto& [known, encoding] : names) {
    if (name == known) {
      return encoding;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> DecodeRequirementsText(std::string_view bytes) {
  for (const ByteOrderMark& mark : kByteOrderMarks) {
    if (bytes.starts_with(mark.bytes)) {
      return Decode(bytes.substr(mark.bytes.size()), mark.encoding);
    }
  }
  std::string_view rest = bytes;
  for (int line = 0; line < 2; ++line) {
    const std::string_view first = rest.substr(0, rest.find('\n'));
    const std::string name = first.starts_with('#') ? DeclaredEncoding(first) : std::string();
    if (!name.empty()) {
      const std::optional<Encoding> encoding = EncodingNamed(name);
      if (!encoding) {
        return Error{.code = ErrorCode::kInvalid,
                     .message = "the encoding '" + name + "' of the file is not known",
                     .hints = {"save the file as UTF-8"}};
      }
      return Decode(bytes, *encoding);
    }
    rest.remove_prefix(std::min(first.size() + 1, rest.size()));
  }
  return Decode(bytes, Encoding::kUtf8);
}

}  // namespace flowstone::project
