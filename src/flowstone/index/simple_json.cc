// PEP 691: project pages in JSON, read with simdjson in one pass.
#include <simdjson.h>

#include <string>
#include <utility>

#include "flowstone/index/page_file.h"
#include "flowstone/index/simple_page.h"

namespace flowstone::index {
namespace {

namespace ondemand = simdjson::ondemand;

// Reads one page. Values of other types than expected count as absent; JSON that is broken ends it.
class JsonPage {
 public:
  explicit JsonPage(const net::Url& url) : url_(url) {}

  Result<ProjectPage> Read(std::string_view body) {
    const simdjson::padded_string padded(body);
    ondemand::parser parser;
    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      return Broken();
    }
    for (auto field : object) {
      std::string_view key;
      ondemand::value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS ||
          TakeField(std::string(key), value) != simdjson::SUCCESS) {
        return Broken();
      }
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      return Broken();  // something follows the object
    }
    if (!has_files_) {
      return Error{.code = ErrorCode::kCorrupt,
                   .message = "the page " + url_.Redacted() + " lists no files"};
    }
    FLOWSTONE_TRY(CheckApiVersion(api_version_, url_, page_.warnings));
    FinishPage(page_);
    return std::move(page_);
  }

 private:
  Error Broken() const {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the page " + url_.Redacted() + " is not valid JSON"};
  }

  // Calls `take` with each key and value of `value`, if it is an object.
  template <class Take>
  static simdjson::error_code EachField(ondemand::value value, const Take& take) {
    ondemand::object object;
    const simdjson::error_code opened = value.get_object().get(object);
    if (opened != simdjson::SUCCESS) {
      return opened == simdjson::INCORRECT_TYPE ? simdjson::SUCCESS : opened;
    }
    for (auto field : object) {
      std::string_view key;
      ondemand::value inner;
      if (const auto code = field.unescaped_key().get(key); code != simdjson::SUCCESS) {
        return code;
      }
      // The key lives in the parser's string buffer, which reading the value extends only.
      if (const auto code = field.value().get(inner); code != simdjson::SUCCESS) {
        return code;
      }
      if (const auto code = take(key, inner); code != simdjson::SUCCESS) {
        return code;
      }
    }
    return simdjson::SUCCESS;
  }

  // The text, or nothing when the value is no string.
  static simdjson::error_code TakeString(ondemand::value value, std::optional<std::string>& text) {
    std::string_view view;
    const simdjson::error_code code = value.get_string().get(view);
    if (code == simdjson::INCORRECT_TYPE) {
      return simdjson::SUCCESS;
    }
    if (code == simdjson::SUCCESS) {
      text = std::string(view);
    }
    return code;
  }
  static simdjson::error_code TakeString(ondemand::value value, std::string& text) {
    std::optional<std::string> found;
    const simdjson::error_code code = TakeString(value, found);
    text = std::move(found).value_or("");
    return code;
  }

  simdjson::error_code TakeField(const std::string& key, ondemand::value value) {
    if (key == "name") {
      return TakeString(value, page_.name);
    }
    if (key == "meta") {
      return EachField(value, [&](std::string_view name, ondemand::value inner) {
        return name == "api-version" ? TakeString(inner, api_version_) : simdjson::SUCCESS;
      });
    }
    if (key == "project-status") {
      return EachField(value, [&](std::string_view name, ondemand::value inner) {
        return TakeStatus(name, inner);
      });
    }
    return key == "files" ? TakeFiles(value) : simdjson::SUCCESS;
  }

  simdjson::error_code TakeStatus(std::string_view name, ondemand::value value) {
    if (name == "reason") {
      return TakeString(value, page_.status_reason);
    }
    if (name != "status") {
      return simdjson::SUCCESS;
    }
    std::string status;
    const simdjson::error_code code = TakeString(value, status);
    page_.status = ParseProjectStatus(status);
    return code;
  }

  simdjson::error_code TakeFiles(ondemand::value value) {
    ondemand::array array;
    if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) {
      return code == simdjson::INCORRECT_TYPE ? simdjson::SUCCESS : code;
    }
    has_files_ = true;
    for (auto element : array) {
      ondemand::value entry;
      if (const auto code = element.get(entry); code != simdjson::SUCCESS) {
        return code;
      }
      if (const auto code = TakeFile(entry); code != simdjson::SUCCESS) {
        return code;
      }
    }
    return simdjson::SUCCESS;
  }

  // The facts about one file, before its link is resolved.
  struct Entry {
    std::string filename;
    std::string link;
    IndexFile facts;
    bool has_core_metadata = false;
    std::vector<std::string> bad = {};  // keys whose values are malformed
  };

  simdjson::error_code TakeFile(ondemand::value value) {
    Entry entry;
    const simdjson::error_code code = EachField(
        value,
        [&](std::string_view key, ondemand::value inner) { return TakeFact(entry, key, inner); });
    if (code != simdjson::SUCCESS) {
      return code;
    }
    Result<IndexFile> file = MakeIndexFile(url_, entry.link, entry.filename);
    if (!file || entry.filename.empty() || entry.link.empty()) {
      const std::string reason = file ? "it has no name or no URL" : file.error().message;
      page_.warnings.push_back("left out the file '" + entry.filename + "': " + reason);
      return simdjson::SUCCESS;
    }
    for (const std::string& key : entry.bad) {
      page_.warnings.push_back("ignored the malformed " + key + " of " + entry.filename);
    }
    entry.facts.filename = std::move(file->filename);
    entry.facts.url = std::move(file->url);
    page_.files.push_back(std::move(entry.facts));
    return simdjson::SUCCESS;
  }

  static simdjson::error_code TakeFact(Entry& entry, std::string_view key, ondemand::value value) {
    if (key == "filename") {
      return TakeString(value, entry.filename);
    }
    if (key == "url") {
      return TakeString(value, entry.link);
    }
    if (key == "hashes") {
      return TakeHashes(entry, value);
    }
    if (key == "requires-python") {
      return TakeString(value, entry.facts.requires_python);
    }
    if (key == "core-metadata" || key == "dist-info-metadata") {
      return TakeMetadataOffer(entry, key, value);
    }
    if (key == "yanked") {
      return TakeYanked(entry, value);
    }
    if (key == "size") {
      return TakeSize(entry, value);
    }
    return key == "upload-time" ? TakeUploadTime(entry, value) : simdjson::SUCCESS;
  }

  static simdjson::error_code TakeHashes(Entry& entry, ondemand::value value) {
    return EachField(value, [&](std::string_view algorithm, ondemand::value inner) {
      const std::string name(algorithm);
      std::string hex;
      const simdjson::error_code code = TakeString(inner, hex);
      if (!AddHash(entry.facts, name, hex) && name == "sha256") {
        entry.bad.emplace_back("sha256");
      }
      return code;
    });
  }

  // PEP 714: "core-metadata" counts before "dist-info-metadata", whatever their order.
  static simdjson::error_code TakeMetadataOffer(Entry& entry, std::string_view key,
                                                ondemand::value value) {
    if (key == "dist-info-metadata" && entry.has_core_metadata) {
      return simdjson::SUCCESS;
    }
    ondemand::json_type type{};
    if (const auto code = value.type().get(type); code != simdjson::SUCCESS) {
      return code;
    }
    if (type == ondemand::json_type::null) {
      return simdjson::SUCCESS;
    }
    entry.has_core_metadata = key == "core-metadata";
    entry.facts.metadata.reset();
    if (type == ondemand::json_type::boolean) {
      bool offered = false;
      const simdjson::error_code code = value.get_bool().get(offered);
      if (offered) {
        entry.facts.metadata.emplace();
      }
      return code;
    }
    if (type != ondemand::json_type::object) {
      return simdjson::SUCCESS;
    }
    IndexFile hashes;
    const simdjson::error_code code =
        EachField(value, [&](std::string_view algorithm, ondemand::value inner) {
          const std::string name(algorithm);
          std::string hex;
          const simdjson::error_code taken = TakeString(inner, hex);
          (void)AddHash(hashes, name, hex);
          return taken;
        });
    entry.facts.metadata = MetadataOffer{.sha256 = hashes.sha256};
    return code;
  }

  // Any string is a reason, the empty one included: what is yanked by mistake costs less than what
  // is installed by mistake.
  static simdjson::error_code TakeYanked(Entry& entry, ondemand::value value) {
    bool yanked = false;
    const simdjson::error_code code = value.get_bool().get(yanked);
    if (code == simdjson::SUCCESS) {
      if (yanked) {
        entry.facts.yanked = "";
      }
      return code;
    }
    return code == simdjson::INCORRECT_TYPE ? TakeString(value, entry.facts.yanked) : code;
  }

  static simdjson::error_code TakeSize(Entry& entry, ondemand::value value) {
    ondemand::json_type type{};
    if (const auto code = value.type().get(type); code != simdjson::SUCCESS) {
      return code;
    }
    if (type == ondemand::json_type::null) {
      return simdjson::SUCCESS;
    }
    std::uint64_t size = 0;
    if (value.get_uint64().get(size) == simdjson::SUCCESS) {
      entry.facts.size = size;
    } else {
      entry.bad.emplace_back("size");
    }
    return simdjson::SUCCESS;
  }

  static simdjson::error_code TakeUploadTime(Entry& entry, ondemand::value value) {
    std::optional<std::string> text;
    const simdjson::error_code code = TakeString(value, text);
    if (text) {
      entry.facts.upload_time_us = ParseUploadTime(*text);
      if (!entry.facts.upload_time_us) {
        entry.bad.emplace_back("upload-time");
      }
    }
    return code;
  }

  const net::Url& url_;
  ProjectPage page_;
  std::string api_version_;
  bool has_files_ = false;
};

}  // namespace

Result<ProjectPage> ParseSimpleJson(std::string_view body, const net::Url& page_url) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (body.starts_with(byte_order_mark)) {
    body.remove_prefix(byte_order_mark.size());
  }
  return JsonPage(page_url).Read(body);
}

}  // namespace flowstone::index
