// HDF5 files through HDF5's own C library: what is in them, numbers and words, range by range.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/types.hpp>
#include <transst/io/file_marks.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <hdf5.h>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace transst::detail {

/// Something that HDF5 has opened, closed at the end. Converts to HDF5's number for it.
class Hdf5Id {
public:
    using Close = herr_t (*)(hid_t);

    Hdf5Id(hid_t id, Close close) : id_(id), close_(close) {}
    Hdf5Id(Hdf5Id&& other) noexcept
        : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
    Hdf5Id& operator=(Hdf5Id&&) = delete;
    ~Hdf5Id() {
        if (id_ >= 0) close_(id_);
    }

    operator hid_t() const { return id_; }  // NOLINT: HDF5's functions take nothing else
    [[nodiscard]] bool valid() const { return id_ >= 0; }

private:
    hid_t id_;
    Close close_;
};

/// While it lives, HDF5 prints nothing: what fails is said by exceptions.
class Hdf5Silence {
public:
    Hdf5Silence() {
        H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    Hdf5Silence(const Hdf5Silence&) = delete;
    Hdf5Silence& operator=(const Hdf5Silence&) = delete;
    ~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

private:
    H5E_auto2_t print_ = nullptr;
    void* data_ = nullptr;
};

/// HDF5's name for numbers in memory; it converts what the file has to these.
template <class Number>
[[nodiscard]] hid_t hdf5_number() {
    if constexpr (std::same_as<Number, float>) return H5T_NATIVE_FLOAT;
    if constexpr (std::same_as<Number, double>) return H5T_NATIVE_DOUBLE;
    if constexpr (std::same_as<Number, std::int8_t>) return H5T_NATIVE_INT8;
    if constexpr (std::same_as<Number, std::int32_t>) return H5T_NATIVE_INT32;
    if constexpr (std::same_as<Number, Index>) return H5T_NATIVE_INT64;
}

enum class Hdf5Access { read, write };

/// An open file. Objects in it are named by their path, "obs/label". Throws FileError: file and
/// object, what was expected, what was found.
class Hdf5File {
public:
    explicit Hdf5File(std::filesystem::path path, Hdf5Access access = Hdf5Access::read)
        : path_(std::move(path)),
          file_(H5Fopen(path_.string().c_str(),
                        access == Hdf5Access::read ? H5F_ACC_RDONLY : H5F_ACC_RDWR, H5P_DEFAULT),
                H5Fclose) {
        require<FileError>(file_.valid() || ::access(path_.c_str(), R_OK) == 0, path_.string(),
                           ": cannot be opened: ", std::generic_category().message(errno));
        require<FileError>(
            file_.valid() || std::filesystem::is_empty(path_) || begins_with(path_, hdf5_mark),
            path_.string(),
            ": expected an HDF5 file, as its name says, found another kind of file; "
            "give it the name that is its own, .csv or .tsv for a table");
        require<FileError>(file_.valid(), path_.string(),
                           ": cannot be opened as an HDF5 file: it is damaged or was cut short; "
                           "fetch it again");
    }

    [[nodiscard]] hid_t id() const { return file_; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    [[nodiscard]] bool has(const std::string& object) const {
        for (std::size_t end = 0; end != object.npos;) {
            end = object.find('/', end + 1);
            const std::string part = object.substr(0, end);
            if (H5Lexists(file_, part.c_str(), H5P_DEFAULT) <= 0) return false;
        }
        return H5Oexists_by_name(file_, object.c_str(), H5P_DEFAULT) > 0;
    }
    [[nodiscard]] bool has_group(const std::string& object) const {
        return kind(object) == H5I_GROUP;
    }
    [[nodiscard]] bool has_dataset(const std::string& object) const {
        return kind(object) == H5I_DATASET;
    }

    /// Names in a group, sorted; "/" is the file itself.
    [[nodiscard]] std::vector<std::string> names(const std::string& group) const {
        const Hdf5Id open(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose);
        H5G_info_t info{};
        if (!open.valid() || H5Gget_info(open, &info) < 0) fail(group, "expected a group");
        std::vector<std::string> out;
        for (hsize_t i = 0; i < info.nlinks; ++i) {
            const auto get = [&](char* to, std::size_t size) {
                return H5Lget_name_by_idx(open, ".", H5_INDEX_NAME, H5_ITER_INC, i, to, size,
                                          H5P_DEFAULT);
            };
            const auto length = get(nullptr, 0);
            if (length < 0) fail(group, "cannot be read: the file is damaged; fetch it again");
            std::string name(static_cast<std::size_t>(length), ' ');
            get(name.data(), name.size() + 1);
            out.push_back(std::move(name));
        }
        return out;
    }

    /// The words of an attribute; nothing where it is missing or holds none.
    [[nodiscard]] std::optional<std::vector<std::string>> word_attribute(const std::string& object,
                                                                         const char* name) const {
        const auto attribute = open_attribute(object, name);
        if (!attribute.valid()) return std::nullopt;
        const Hdf5Id type(H5Aget_type(attribute), H5Tclose),
            space(H5Aget_space(attribute), H5Sclose);
        if (H5Tget_class(type) != H5T_STRING) return std::nullopt;
        return read_words(type, space, object,
                          [&](hid_t as, void* to) { return H5Aread(attribute, as, to); });
    }

    /// The whole numbers of an attribute; nothing where it is missing or holds none.
    [[nodiscard]] std::optional<std::vector<Index>> number_attribute(const std::string& object,
                                                                     const char* name) const {
        const auto attribute = open_attribute(object, name);
        if (!attribute.valid()) return std::nullopt;
        const Hdf5Id space(H5Aget_space(attribute), H5Sclose);
        std::vector<Index> out(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
        if (!out.empty() && H5Aread(attribute, H5T_NATIVE_INT64, out.data()) < 0)
            return std::nullopt;
        return out;
    }

    /// Throws: path: object: …
    template <class... Parts>
    [[noreturn]] void fail(const std::string& object, const Parts&... parts) const {
        throw FileError(text(path_.string(), ": ", object, ": ", parts...));
    }

    /// Strings of fixed or variable length, read by read(type, to).
    template <class Read>
    [[nodiscard]] std::vector<std::string> read_words(hid_t type, hid_t space,
                                                      const std::string& object,
                                                      Read&& read) const {
        const auto points = H5Sget_simple_extent_npoints(space);
        const auto count = static_cast<std::size_t>(std::max<hssize_t>(points, 0));
        std::vector<std::string> out(count);
        if (count == 0) return out;
        if (H5Tis_variable_str(type) > 0) {
            std::vector<char*> found(count, nullptr);
            if (read(type, found.data()) < 0) fail_to_read(object);
            for (std::size_t i = 0; i < count; ++i)
                if (found[i] != nullptr) out[i] = found[i];
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, found.data());
            return out;
        }
        const std::size_t size = H5Tget_size(type);
        check_size(object, count, size);
        std::vector<char> found(count * size);
        if (read(type, found.data()) < 0) fail_to_read(object);
        const bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
        for (std::size_t i = 0; i < count; ++i) {
            std::string_view word(found.data() + i * size, size);
            word = word.substr(0, word.find('\0'));
            while (spaces && word.ends_with(' ')) word.remove_suffix(1);
            out[i] = word;
        }
        return out;
    }

    /// Refuses sizes that no compression explains, before memory is asked for.
    void check_size(const std::string& object, std::size_t count, std::size_t each) const {
        std::error_code ignored;
        const auto size = static_cast<double>(std::filesystem::file_size(path_, ignored));
        if (static_cast<double>(count) * static_cast<double>(each) > 1e6 + 1e5 * size)
            fail_to_read(object);
    }

    [[noreturn]] void fail_to_read(const std::string& object) const {
        fail(object, "cannot be read: the file is damaged or was cut short; fetch it again");
    }

private:
    [[nodiscard]] H5I_type_t kind(const std::string& object) const {
        if (!has(object)) return H5I_BADID;
        const Hdf5Id open(H5Oopen(file_, object.c_str(), H5P_DEFAULT), H5Oclose);
        return open.valid() ? H5Iget_type(open) : H5I_BADID;
    }

    [[nodiscard]] Hdf5Id open_attribute(const std::string& object, const char* name) const {
        const bool there = H5Aexists_by_name(file_, object.c_str(), name, H5P_DEFAULT) > 0;
        return {there ? H5Aopen_by_name(file_, object.c_str(), name, H5P_DEFAULT, H5P_DEFAULT)
                      : H5I_INVALID_HID,
                H5Aclose};
    }

    std::filesystem::path path_;
    Hdf5Silence silence_;
    Hdf5Id file_;
};

/// An open dataset of one or two dimensions, read some rows at a time.
class Hdf5Dataset {
public:
    Hdf5Dataset(const Hdf5File& file, std::string name)
        : file_(&file),
          name_(std::move(name)),
          set_(H5Dopen2(file.id(), name_.c_str(), H5P_DEFAULT), H5Dclose),
          type_(H5Dget_type(set_), H5Tclose),
          space_(H5Dget_space(set_), H5Sclose) {
        if (!file.has(name_)) file.fail(name_, "expected a dataset, found nothing of this name");
        if (!set_.valid()) file.fail(name_, "expected a dataset, found something else");
        const int dimensions = H5Sget_simple_extent_ndims(space_);
        if (dimensions > 2) file.fail(name_, "expected 1 or 2 dimensions, found ", dimensions);
        shape_.resize(static_cast<std::size_t>(std::max(dimensions, 0)));
        if (dimensions > 0) H5Sget_simple_extent_dims(space_, shape_.data(), nullptr);
        file.check_size(name_, static_cast<std::size_t>(rows()), static_cast<std::size_t>(cols()));
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::size_t dimensions() const { return shape_.size(); }
    [[nodiscard]] Index rows() const { return shape_.empty() ? 1 : static_cast<Index>(shape_[0]); }
    [[nodiscard]] Index cols() const {
        return shape_.size() < 2 ? 1 : static_cast<Index>(shape_[1]);
    }
    [[nodiscard]] H5T_class_t kind() const { return H5Tget_class(type_); }
    [[nodiscard]] bool has_numbers() const {
        return kind() == H5T_INTEGER || kind() == H5T_FLOAT || kind() == H5T_ENUM;
    }

    /// Reads `count` rows from `begin` on; `to` has room for count × cols() of them.
    template <class Number>
    void read(Index begin, Index count, Number* to) const {
        if (!has_numbers()) file_->fail(name_, "expected numbers, found something else");
        if (count * cols() == 0) return;
        const hsize_t start[2] = {static_cast<hsize_t>(begin), 0};
        const hsize_t extent[2] = {static_cast<hsize_t>(count), static_cast<hsize_t>(cols())};
        const Hdf5Id memory(
            H5Screate_simple(std::max(1, static_cast<int>(shape_.size())), extent, nullptr),
            H5Sclose);
        if (!shape_.empty())
            H5Sselect_hyperslab(space_, H5S_SELECT_SET, start, nullptr, extent, nullptr);
        if (H5Dread(set_, hdf5_number<Number>(), memory, space_, H5P_DEFAULT, to) < 0)
            fail_to_read();
    }

    template <class Number>
    [[nodiscard]] std::vector<Number> numbers() const {
        std::vector<Number> out(static_cast<std::size_t>(rows() * cols()));
        read(0, rows(), out.data());
        return out;
    }

    [[nodiscard]] std::vector<std::string> words() const {
        if (kind() != H5T_STRING) file_->fail(name_, "expected words, found something else");
        H5Sselect_all(space_);
        return file_->read_words(type_, space_, name_, [&](hid_t as, void* to) {
            const herr_t done = H5Dread(set_, as, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
            if (done < 0) fail_to_read();
            return done;
        });
    }

    /// Rows that lie together in the file, and are best read together; 1 where any will do.
    [[nodiscard]] Index chunk_rows() const {
        const Hdf5Id made(H5Dget_create_plist(set_), H5Pclose);
        hsize_t chunk[2] = {1, 1};
        if (H5Pget_layout(made) != H5D_CHUNKED || H5Pget_chunk(made, 2, chunk) < 1) return 1;
        return static_cast<Index>(chunk[0]);
    }

private:
    /// Says which compression is not known here, if it is that.
    [[noreturn]] void fail_to_read() const {
        const Hdf5Id made(H5Dget_create_plist(set_), H5Pclose);
        for (int i = 0; i < H5Pget_nfilters(made); ++i) {
            unsigned flags = 0, config = 0;
            std::size_t values = 0;
            char filter[64] = "";
            const auto id = H5Pget_filter2(made, static_cast<unsigned>(i), &flags, &values, nullptr,
                                           sizeof filter, filter, &config);
            if (id >= 0 && H5Zfilter_avail(id) <= 0)
                file_->fail(name_, "is compressed by ", *filter ? filter : "a filter",
                            ", which cannot be undone here; write the file again with "
                            "compression='gzip'");
        }
        file_->fail_to_read(name_);
    }

    const Hdf5File* file_;
    std::string name_;
    Hdf5Id set_, type_, space_;
    std::vector<hsize_t> shape_;
};

}  // namespace transst::detail
