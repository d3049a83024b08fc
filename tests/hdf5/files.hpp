// The files of make_files.py, unpacked; what is in them; and how to spoil them.
#pragma once

#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/io/read_sample.hpp>

#include <functional>
#include <hdf5.h>

namespace support {

using transst::Index;

/// files/NAME.gz as NAME in the folder.
inline std::filesystem::path unpack(const TempFolder& folder, const std::string& name) {
    const auto tests = place("TRANSST_TEST_DIR");
    const auto packed =
        tests.value_or(std::filesystem::path(__FILE__).parent_path().parent_path()) / "hdf5/files" /
        (name + ".gz");
    const gzFile in = gzopen(packed.c_str(), "rb");
    REQUIRE(in != nullptr);
    std::string content, block(1 << 16, ' ');
    for (int got = 0; (got = gzread(in, block.data(), 1 << 16)) > 0;)
        content.append(block, 0, static_cast<std::size_t>(got));
    gzclose(in);
    folder.put(name, content);
    return folder.path / name;
}

/// The count of cell i and gene j, as in make_files.py.
inline float count_of(Index i, Index j) {
    return (i + 2 * j) % 3 == 0 ? 0 : static_cast<float>((7 * i + 3 * j) % 5);
}

/// True where x, cells × genes from gene `first` on, is f(count), zeros are not stored, and columns
/// rise in every row.
template <transst::ExpressionRows Rows, class Function>
bool holds(const Rows& x, Function&& f, Index first = 0) {
    transst::Matrix<float> seen = transst::Matrix<float>::Zero(x.rows(), x.cols());
    Index stored = 0, last_row = -1, last_column = -1;
    bool rising = true;
    for_each_entry(x, 0, x.rows(), [&](Index i, Index j, float value) {
        rising = rising && value != 0 && (i != last_row || j > last_column);
        last_row = i;
        last_column = j;
        seen(i, j) = value;
        ++stored;
    });
    for (Index i = 0; i < x.rows(); ++i)
        for (Index j = 0; j < x.cols(); ++j)
            if (std::abs(seen(i, j) - f(count_of(i, first + j))) > 1e-5f * std::abs(seen(i, j)))
                return false;
    return rising && stored == x.non_zeros();
}

inline float same(float count) {
    return count;
}

/// A file that is open for writing, by HDF5's own functions.
struct Spoiled {
    hid_t file;

    explicit Spoiled(const std::filesystem::path& path)
        : file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)) {
        REQUIRE(file >= 0);
    }
    Spoiled(const Spoiled&) = delete;
    Spoiled& operator=(const Spoiled&) = delete;
    ~Spoiled() { H5Fclose(file); }

    /// Another number in a dataset of one or two dimensions.
    void set(const char* name, hsize_t at, double value) const {
        const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
        REQUIRE(dataset >= 0);
        const hid_t space = H5Dget_space(dataset);
        std::vector<double> all(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
        H5Sclose(space);
        CHECK(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()) >= 0);
        all.at(at) = value;
        CHECK(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()) >= 0);
        H5Dclose(dataset);
    }

    /// A new dataset of whole numbers.
    void add(const char* name, const std::vector<std::int64_t>& numbers) const {
        const hsize_t size = numbers.size();
        const hid_t space = H5Screate_simple(1, &size, nullptr);
        const hid_t dataset =
            H5Dcreate2(file, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        REQUIRE(dataset >= 0);
        CHECK(H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) >=
              0);
        H5Dclose(dataset);
        H5Sclose(space);
    }

    void remove(const char* name) const { CHECK(H5Ldelete(file, name, H5P_DEFAULT) >= 0); }

    void move(const char* from, const char* to) const {
        CHECK(H5Lmove(file, from, file, to, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    }
};

/// One of the files, as a sample.
inline transst::SampleFile read_one(const std::string& name,
                                    const transst::ReadOptions& options = {}) {
    const TempFolder folder;
    return transst::read_sample_file(unpack(folder, name), options);
}

/// The error for one of the files that was spoiled first.
inline std::string error_of_one(const std::string& name,
                                const std::function<void(const Spoiled&)>& spoil = {},
                                const transst::ReadOptions& options = {}) {
    const TempFolder folder;
    const auto path = unpack(folder, name);
    if (spoil) spoil(Spoiled(path));
    return error_of(folder, [&] { (void)transst::read_sample_file(path, options); });
}

}  // namespace support
