// A matrix type of the user's own: two bytes a value in a memory-mapped file, larger than memory if
// need be. Nothing of it is read but the rows asked for.
#include <transst/transfer/transfer_loading.hpp>

#include <fcntl.h>
#include <fstream>
#include <support/catch.hpp>
#include <support/random.hpp>
#include <sys/mman.h>
#include <unistd.h>

using namespace transst;

namespace {

class MappedCounts {
public:
    using Scalar = float;

    MappedCounts(const std::filesystem::path& path, Index rows, Index cols)
        : rows_(rows), cols_(cols), bytes_(static_cast<std::size_t>(2 * rows * cols)) {
        const int file = ::open(path.c_str(), O_RDONLY);
        REQUIRE(file >= 0);
        memory_ = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, 0);
        ::close(file);
        REQUIRE(memory_ != MAP_FAILED);
    }
    ~MappedCounts() { ::munmap(memory_, bytes_); }
    MappedCounts(const MappedCounts&) = delete;
    MappedCounts& operator=(const MappedCounts&) = delete;

    [[nodiscard]] Index rows() const { return rows_; }
    [[nodiscard]] Index cols() const { return cols_; }
    [[nodiscard]] RowMatrix<float> row_block(Index begin, Index end) const {
        const auto* at = static_cast<const std::uint16_t*>(memory_) + begin * cols_;
        return Eigen::Map<const RowMatrix<std::uint16_t>>(at, end - begin, cols_).cast<float>();
    }

private:
    Index rows_, cols_;
    std::size_t bytes_;
    void* memory_ = nullptr;
};

/// And one whose rows do not lie anywhere: made when asked for, and sparse.
struct MadeUpRows {
    using Scalar = double;

    [[nodiscard]] Index rows() const { return 1300; }
    [[nodiscard]] Index cols() const { return 15; }
    [[nodiscard]] OwnedSparseBlock<double> row_block(Index begin, Index end) const {
        OwnedSparseBlock<double> block;
        for (Index i = begin; i < end; ++i) {
            RandomStream random(7, static_cast<std::uint64_t>(i));
            for (std::int32_t j = 0; j < 15; ++j) {
                if (random.uniform() > 0.4) continue;
                block.columns.push_back(j);
                block.values.push_back(random.gamma(2) + (i % 3 == j % 3 ? 2 : 0));
            }
            block.end_row();
        }
        return block;
    }
};

static_assert(ExpressionRows<MappedCounts> && ExpressionRows<MadeUpRows>);
static_assert(Expression<MappedCounts> && Expression<MadeUpRows>);
static_assert(Expression<RowMatrix<float>> && Expression<Eigen::SparseMatrix<double>>);
static_assert(!ExpressionRows<RowMatrix<double>> && !Expression<std::vector<double>>);

template <class Mine, class Known>
void compare(const Mine& mine, const Known& known, Index n) {
    const auto labels = support::labels(n, 3, 1);
    const PLDR pldr{{.factors = 3, .max_iterations = 12}};
    const auto source = pldr.fit(standardize(mine), labels);
    const auto expected = pldr.fit(standardize(known), labels);
    CHECK(source.log_likelihood == Approx(expected.log_likelihood).epsilon(1e-10));
    CHECK((source.loading - expected.loading).norm() < 1e-5 * expected.loading.norm());
    const TransferLoading transfer{{.lambda = 0.3, .max_iterations = 10}};
    const auto one = transfer.fit(standardize(mine), expected);
    const auto other = transfer.fit(standardize(known), expected);
    CHECK((one.scores - other.scores).norm() < 1e-8 * other.scores.norm());
    CHECK(pldr.fit(standardize(mine), labels, {.threads = 7}).trace == source.trace);
    // some cells are left out, which takes rows one by one
    auto fewer = labels;
    fewer[5] = fewer[77] = left_out;
    CHECK(pldr.fit(mine, fewer).log_likelihood ==
          Approx(pldr.fit(known, fewer).log_likelihood).epsilon(1e-10));
}

}  // namespace

TEST_CASE("a file in memory is an expression matrix") {
    const Index n = 700, p = 12;
    RandomStream random(3);
    Eigen::Matrix<std::uint16_t, -1, -1, Eigen::RowMajor> counts(n, p);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < p; ++j)
            counts(i, j) =
                static_cast<std::uint16_t>(random.poisson(2 + static_cast<double>((i + j) % 3)));
    const auto path =
        std::filesystem::temp_directory_path() / ("transst_counts_" + std::to_string(::getpid()));
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(counts.data()), 2 * counts.size());
    {
        const MappedCounts mapped(path, n, p);
        compare(mapped, RowMatrix<float>(counts.cast<float>()), n);
    }
    std::filesystem::remove(path);
}

TEST_CASE("rows made when asked for are an expression matrix") {
    const MadeUpRows made;
    Matrix<double> known = Matrix<double>::Zero(made.rows(), made.cols());
    for_each_entry(made, 0, made.rows(),
                   [&](Index i, Index j, double value) { known(i, j) = value; });
    compare(made, known, made.rows());
}
