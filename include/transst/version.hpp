// The one place with the version number: CMake reads it from here.
#pragma once

#define TRANSST_VERSION_MAJOR 0
#define TRANSST_VERSION_MINOR 1
#define TRANSST_VERSION_PATCH 0

/// The library. What is in its namespace detail may change at any time.
namespace transst {

inline constexpr int version_major =
    TRANSST_VERSION_MAJOR;  ///< while 0, minor versions may break what was
inline constexpr int version_minor = TRANSST_VERSION_MINOR;  ///< new features
inline constexpr int version_patch = TRANSST_VERSION_PATCH;  ///< repairs only

#define TRANSST_TEXT_(x) #x
#define TRANSST_TEXT(x) TRANSST_TEXT_(x)
/// The version as text, "0.1.0" say.
inline constexpr const char* version = TRANSST_TEXT(TRANSST_VERSION_MAJOR) "." TRANSST_TEXT(
    TRANSST_VERSION_MINOR) "." TRANSST_TEXT(TRANSST_VERSION_PATCH);
#undef TRANSST_TEXT
#undef TRANSST_TEXT_

}  // namespace transst
