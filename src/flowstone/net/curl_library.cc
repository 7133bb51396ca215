#include "flowstone/net/curl_library.h"

#include <dlfcn.h>
#include <string>

namespace flowstone::net {
namespace {

// The name under which every system has installed it since 2006.
constexpr const char* kFileName = "libcurl.so.4";
constexpr unsigned int kOldestVersion = 0x075500;  // 7.85.0 brought CURLOPT_PROTOCOLS_STR
constexpr const char* kHint = "install libcurl 7.85 or later, in Debian the package libcurl4";

Error Unusable(std::string reason) {
  return Error{.code = ErrorCode::kIo,
               .message = "the network cannot be used: " + std::move(reason),
               .hints = {kHint}};
}

// Finds functions by name and remembers which one was missing first.
class FunctionFinder {
 public:
  explicit FunctionFinder(void* library) : library_(library) {}

  template <class Function>
  void Find(const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(dlsym(library_, name));
    if (function == nullptr && missing_.empty()) {
      missing_ = name;
    }
  }

  const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

std::string FindFunctions(void* library, CurlLibrary& curl) {
  FunctionFinder finder(library);
  finder.Find("curl_easy_cleanup", curl.easy_cleanup);
  finder.Find("curl_easy_getinfo", curl.easy_getinfo);
  finder.Find("curl_easy_init", curl.easy_init);
  finder.Find("curl_easy_reset", curl.easy_reset);
  finder.Find("curl_easy_setopt", curl.easy_setopt);
  finder.Find("curl_easy_strerror", curl.easy_strerror);
  finder.Find("curl_global_init", curl.global_init);
  finder.Find("curl_multi_add_handle", curl.multi_add_handle);
  finder.Find("curl_multi_cleanup", curl.multi_cleanup);
  finder.Find("curl_multi_info_read", curl.multi_info_read);
  finder.Find("curl_multi_init", curl.multi_init);
  finder.Find("curl_multi_perform", curl.multi_perform);
  finder.Find("curl_multi_poll", curl.multi_poll);
  finder.Find("curl_multi_remove_handle", curl.multi_remove_handle);
  finder.Find("curl_multi_setopt", curl.multi_setopt);
  finder.Find("curl_multi_wakeup", curl.multi_wakeup);
  finder.Find("curl_share_cleanup", curl.share_cleanup);
  finder.Find("curl_share_init", curl.share_init);
  finder.Find("curl_share_setopt", curl.share_setopt);
  finder.Find("curl_slist_append", curl.slist_append);
  finder.Find("curl_slist_free_all", curl.slist_free_all);
  finder.Find("curl_version_info", curl.version_info);
  return finder.missing();
}

}  // namespace

Result<CurlLibrary> LoadCurlLibrary(const char* file_name) {
  void* const library = dlopen(file_name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    return Unusable(dlerror());
  }
  CurlLibrary curl;
  if (const std::string missing = FindFunctions(library, curl); !missing.empty()) {
    return Unusable(std::string(file_name) + " has no " + missing);
  }
  const curl_version_info_data* const info = curl.version_info(CURLVERSION_NOW);
  if (info->version_num < kOldestVersion) {
    return Unusable(std::string(file_name) + " is libcurl " + info->version);
  }
  return curl;
}

Result<const CurlLibrary*> CurlLibrary::Load() {
  static const Result<CurlLibrary> loaded = []() -> Result<CurlLibrary> {
    FLOWSTONE_LET(const CurlLibrary curl, LoadCurlLibrary(kFileName));
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      return Unusable("libcurl cannot be initialised");
    }
    return curl;
  }();
  if (!loaded) {
    return loaded.error();
  }
  return &*loaded;
}

}  // namespace flowstone::net
