// Expression in HDF5 files, compressed by cell or by gene, or dense, becomes compressed rows.
#pragma once

#include <transst/hdf5/file.hpp>
#include <transst/io/row_builder.hpp>
#include <transst/io/sample_file.hpp>

#include <span>

namespace transst::detail {

/// A matrix in a file: cells × genes as they lie there, and which genes are kept.
struct Hdf5Matrix {
    std::string name;
    Index cells = 0, genes = 0;
    bool by_cell = true;                    ///< where it is compressed: by gene otherwise
    std::vector<std::int32_t> column_of{};  ///< of each gene, rising, −1 where it is left out;
                                            ///< empty: all are kept
    [[nodiscard]] Index kept() const {
        return column_of.empty() ? genes
                                 : 1 + *std::max_element(column_of.begin(), column_of.end());
    }
};

/// Looks at values one by one, as long as they are what is wanted.
class Hdf5Entries {
public:
    Hdf5Entries(const Hdf5File& file, const Hdf5Matrix& matrix, Wanted wanted, ValueScan& scan)
        : file_(&file), matrix_(&matrix), wanted_(wanted), scan_(&scan) {}

    /// The column of the result that the value goes to; −1: none, it is zero or its gene left out.
    [[nodiscard]] std::int32_t column(Index gene, float value) const {
        return value == 0                   ? -1
               : matrix_->column_of.empty() ? static_cast<std::int32_t>(gene)
                                            : matrix_->column_of[static_cast<std::size_t>(gene)];
    }

    /// False where the value is not what is wanted.
    [[nodiscard]] bool accept(Index cell, Index gene, float value) {
        if (!std::isfinite(value)) {
            if (wanted_ == Wanted::counts) return false;
            file_->fail(matrix_->name, "expected finite values, found ", value, " for cell ",
                        cell + 1, " and gene ", gene + 1, "; remove or impute that cell or gene");
        }
        scan_->add(value);
        return scan_->fits(wanted_);
    }

private:
    const Hdf5File* file_;
    const Hdf5Matrix* matrix_;
    Wanted wanted_;
    ValueScan* scan_;
};

/// A group with data, indices and indptr. Nothing where the values are not what is wanted, as soon
/// as that is seen. What is compressed by gene is read twice: each cell's entries are counted, then
/// put in their place.
[[nodiscard]] inline std::optional<StoredRows<float>> read_sparse(const Hdf5File& file,
                                                                  const Hdf5Matrix& matrix,
                                                                  Wanted wanted, ValueScan& scan,
                                                                  const RunOptions& run) {
    constexpr Index step = Index{1} << 20;
    const Hdf5Dataset pointers(file, matrix.name + "/indptr");
    const Hdf5Dataset indices(file, matrix.name + "/indices");
    const Hdf5Dataset values(file, matrix.name + "/data");
    const Index slices = matrix.by_cell ? matrix.cells : matrix.genes;
    const Index within = matrix.by_cell ? matrix.genes : matrix.cells;
    const std::string_view slice = matrix.by_cell ? "cell" : "gene";
    const Index entries = values.rows();
    if (pointers.rows() != slices + 1)
        file.fail(pointers.name(), "expected ", slices + 1, " numbers for ", slices, " ", slice,
                  "s, found ", pointers.rows());
    if (indices.rows() != entries)
        file.fail(indices.name(), "expected as many as data has, ", entries, ", found ",
                  indices.rows());
    if (static_cast<double>(entries) >
        static_cast<double>(matrix.cells) * static_cast<double>(matrix.genes))
        file.fail(values.name(), "expected at most cells x genes entries, found ", entries);
    const auto starts = pointers.numbers<Index>();
    if (starts.front() != 0 || starts.back() != entries ||
        !std::is_sorted(starts.begin(), starts.end()))
        file.fail(pointers.name(), "expected numbers that rise from 0 to ", entries,
                  ", found others: the file is damaged");

    /// Calls visit(cell, gene, value) in the order of the file, until it returns false.
    const auto all = [&](auto&& visit) {
        std::vector<Index> index(static_cast<std::size_t>(std::min(step, entries)));
        std::vector<float> value(index.size());
        std::size_t at = 0;  // the slice
        for (Index begin = 0; begin < entries; begin += step) {
            const Index count = std::min(step, entries - begin);
            indices.read(begin, count, index.data());
            values.read(begin, count, value.data());
            for (Index e = 0; e < count; ++e) {
                while (starts[at + 1] <= begin + e) ++at;
                const Index i = index[static_cast<std::size_t>(e)], major = static_cast<Index>(at);
                if (i < 0 || i >= within)
                    file.fail(indices.name(), "expected numbers from 0 to ", within - 1, ", found ",
                              i, " in ", slice, " ", at + 1);
                if (!visit(matrix.by_cell ? major : i, matrix.by_cell ? i : major,
                           value[static_cast<std::size_t>(e)]))
                    return false;
            }
        }
        return true;
    };
    Hdf5Entries entry(file, matrix, wanted, scan);
    const auto refuse_duplicate = [&](const std::optional<std::pair<Index, Index>>& twice) {
        if (twice)
            file.fail(matrix.name, "expected each entry once, found one of cell ", twice->first + 1,
                      " twice; call sum_duplicates() on the matrix and write the file again");
    };
    if (matrix.by_cell) {
        RowBuilder builder(matrix.cells, matrix.kept(), run);
        builder.reserve(entries);
        const bool done = all([&](Index cell, Index gene, float value) {
            const auto column = entry.column(gene, value);
            if (column < 0) return true;
            builder.add(cell, column, value);
            return entry.accept(cell, gene, value);
        });
        if (!done) return std::nullopt;
        auto rows = builder.finish();
        refuse_duplicate(builder.duplicate());
        return rows;
    }
    const Index bytes = entries * Index{sizeof(std::int32_t) + sizeof(float)};
    if (run.matrix_bytes > 0 && bytes > run.matrix_bytes)
        file.fail(matrix.name,
                  "is sorted by gene (csc), so that it cannot be read in pieces; it "
                  "takes ",
                  (bytes + 999999) / 1000000, " MB, and of the memory allowed ",
                  run.matrix_bytes / 1000000,
                  " MB are for it; allow more, or write it sorted by "
                  "cell (csr: adata.X = adata.X.tocsr())");
    CompressedRows<float> rows{.genes = matrix.kept()};
    rows.starts.assign(static_cast<std::size_t>(matrix.cells) + 1, 0);
    const bool done = all([&](Index cell, Index gene, float value) {
        if (entry.column(gene, value) < 0) return true;
        ++rows.starts[static_cast<std::size_t>(cell) + 1];
        return entry.accept(cell, gene, value);
    });
    if (!done) return std::nullopt;
    std::partial_sum(rows.starts.begin(), rows.starts.end(), rows.starts.begin());
    rows.columns.resize(static_cast<std::size_t>(rows.starts.back()));
    rows.values.resize(rows.columns.size());
    std::vector<Index> next(rows.starts.begin(), rows.starts.end() - 1);
    all([&](Index cell, Index gene, float value) {
        const auto column = entry.column(gene, value);
        if (column < 0) return true;
        const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(cell)]++);
        rows.columns[to] = column;
        rows.values[to] = value;
        return true;
    });
    refuse_duplicate(RowBuilder::find_duplicate(rows));
    return StoredRows<float>(std::move(rows));
}

/// A dataset of cells × genes, read in blocks: zeros are dropped.
[[nodiscard]] inline std::optional<StoredRows<float>> read_dense(const Hdf5File& file,
                                                                 const Hdf5Matrix& matrix,
                                                                 Wanted wanted, ValueScan& scan,
                                                                 const RunOptions& run) {
    constexpr Index numbers = Index{1} << 22;
    const Hdf5Dataset values(file, matrix.name);
    if (values.dimensions() != 2 || values.rows() != matrix.cells || values.cols() != matrix.genes)
        file.fail(matrix.name, "expected ", matrix.cells, " cells x ", matrix.genes,
                  " genes, found ", values.rows(), " x ", values.cols());
    // whole chunks, so that none is unpacked twice
    const Index fit = std::max<Index>(1, numbers / std::max<Index>(1, matrix.genes));
    const Index chunk = values.chunk_rows();
    const Index step = chunk < fit ? fit / chunk * chunk : fit;

    Hdf5Entries entry(file, matrix, wanted, scan);
    RowBuilder builder(matrix.cells, matrix.kept(), run);
    std::vector<float> block(static_cast<std::size_t>(std::min(step, matrix.cells) * matrix.genes));
    for (Index begin = 0; begin < matrix.cells; begin += step) {
        const Index count = std::min(step, matrix.cells - begin);
        values.read(begin, count, block.data());
        const auto more = std::count_if(block.begin(), block.begin() + count * matrix.genes,
                                        [](float value) { return value != 0; });
        // as much as all blocks need if they are like those so far
        const double share = static_cast<double>(begin + count) / static_cast<double>(matrix.cells);
        const Index needed = builder.size() + more;
        if (needed > builder.capacity())
            builder.reserve(
                std::max(needed, static_cast<Index>(1.05 * static_cast<double>(needed) / share)));
        for (Index i = 0; i < count; ++i)
            for (Index j = 0; j < matrix.genes; ++j) {
                const float value = block[static_cast<std::size_t>(i * matrix.genes + j)];
                const auto column = entry.column(j, value);
                if (column < 0) continue;
                builder.add(begin + i, column, value);
                if (!entry.accept(begin + i, j, value)) return std::nullopt;
            }
    }
    return builder.finish();
}

/// Whichever it is.
[[nodiscard]] inline std::optional<StoredRows<float>> read_matrix(const Hdf5File& file,
                                                                  const Hdf5Matrix& matrix,
                                                                  Wanted wanted, ValueScan& scan,
                                                                  const RunOptions& run) {
    scan = {};
    return file.has_group(matrix.name) ? read_sparse(file, matrix, wanted, scan, run)
                                       : read_dense(file, matrix, wanted, scan, run);
}

/// Refuses what stands twice among the names of genes or cells.
inline void refuse_repeated(const Hdf5File& file, const std::string& object, std::string_view what,
                            std::span<const std::string> names, std::string_view remedy) {
    if (const auto found = find_repeated(names))
        file.fail(object, "expected each ", what, " once, found '", found->name, "' in places ",
                  found->first + 1, " and ", found->again + 1, remedy);
}

}  // namespace transst::detail
