// A matrix type of your own: anything that hands out blocks of rows. This one lies in a file that
// is mapped into memory, so that it may be larger than memory.
#include <transst/transst.hpp>

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/mman.h>
#include <unistd.h>

/// n × p floats in a file, row after row.
class MappedRows {
public:
    using Scalar = float;

    MappedRows(const std::filesystem::path& path, transst::Index rows, transst::Index cols)
        : rows_(rows), cols_(cols), bytes_(static_cast<std::size_t>(rows * cols) * sizeof(float)) {
        const int file = ::open(path.c_str(), O_RDONLY);
        if (file < 0) throw transst::FileError(path.string() + ": cannot be opened");
        void* mapped = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, 0);
        ::close(file);
        if (mapped == MAP_FAILED) throw transst::FileError(path.string() + ": cannot be mapped");
        values_ = static_cast<const float*>(mapped);
    }
    ~MappedRows() { ::munmap(const_cast<float*>(values_), bytes_); }
    MappedRows(const MappedRows&) = delete;
    MappedRows& operator=(const MappedRows&) = delete;

    // What makes it an expression matrix, besides Scalar:
    transst::Index rows() const { return rows_; }
    transst::Index cols() const { return cols_; }
    auto row_block(transst::Index begin, transst::Index end) const {
        return Eigen::Map<const transst::RowMatrix<float>>(values_ + begin * cols_, end - begin,
                                                           cols_);
    }

private:
    transst::Index rows_, cols_;
    std::size_t bytes_;
    const float* values_ = nullptr;
};
static_assert(transst::ExpressionRows<MappedRows>);

int main() {
    const auto tissue = transst::TissueSimulation{{.height = 30, .width = 30, .genes = 300}}
                            .log_expression<float>();
    const auto& x = tissue.source.expression;
    const auto path = std::filesystem::temp_directory_path() /
                      ("transst_own_matrix_" + std::to_string(::getpid()) + ".bin");
    std::ofstream(path, std::ios::binary)
        .write(
            reinterpret_cast<const char*>(x.data()),
            static_cast<std::streamsize>(x.size()) * static_cast<std::streamsize>(sizeof(float)));

    const auto classes = transst::code_labels(tissue.source.labels);
    const transst::PLDR<float> pldr{{.factors = 10}};
    double from_file = 0;
    {
        const MappedRows mapped(path, x.rows(), x.cols());
        from_file = pldr.fit(transst::standardize(mapped), classes.codes).log_likelihood;
    }
    std::filesystem::remove(path);
    const double from_memory = pldr.fit(transst::standardize(x), classes.codes).log_likelihood;
    std::cout << "log-likelihood " << from_file << " from the file, " << from_memory
              << " from memory\n";
    return from_file == from_memory ? 0 : 1;
}
