// Compressed rows in memory or, beyond a limit of the caller's, in a file of their own.
#pragma once

#include <transst/core/run.hpp>
#include <transst/matrix/rows.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

namespace transst {

namespace detail {

/// A file without a name, gone with the process however that ends. Reading is safe from several
/// threads. Throws FileError.
class ScratchFile {
public:
    /// folder: where it takes its space; empty: the system's folder for temporary files.
    explicit ScratchFile(std::string folder) : folder_(std::move(folder)) {
        if (folder_.empty()) {
            const char* const system = std::getenv("TMPDIR");
            folder_ = system && *system ? system : "/tmp";
        }
        std::string path = folder_ + "/transst-XXXXXX";
        file_ = ::mkstemp(path.data());
        if (file_ < 0) fail("no scratch file can be made");
        ::unlink(path.c_str());
    }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    ~ScratchFile() { ::close(file_); }

    /// Bytes written so far.
    [[nodiscard]] Index size() const { return size_; }

    void append(const void* data, std::size_t bytes) {
        const char* from = static_cast<const char*>(data);
        while (bytes > 0) {
            const auto done = ::pwrite(file_, from, bytes, static_cast<off_t>(size_));
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) fail("a scratch file cannot be written");
            from += done;
            bytes -= static_cast<std::size_t>(done);
            size_ += static_cast<Index>(done);
        }
    }

    void read(void* data, std::size_t bytes, Index at) const {
        char* to = static_cast<char*>(data);
        while (bytes > 0) {
            const auto done = ::pread(file_, to, bytes, static_cast<off_t>(at));
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) fail("a scratch file cannot be read");
            to += done;
            bytes -= static_cast<std::size_t>(done);
            at += static_cast<Index>(done);
        }
    }

private:
    [[noreturn]] void fail(std::string_view what) const {
        throw FileError(text(folder_, ": ", what, ": ", std::strerror(errno),
                             "; name another folder for scratch files, or allow more memory"));
    }

    std::string folder_;
    int file_ = -1;
    Index size_ = 0;
};

}  // namespace detail

/// n × p compressed rows that take at most RunOptions::matrix_bytes of memory, the offsets of the
/// rows (8 bytes each) aside: beyond that the entries go to a scratch file, from which each block
/// of rows is read as it is needed. Copies share the file.
template <class Value>
class StoredRows {
public:
    using Scalar = Value;  ///< of the entries

    StoredRows() = default;
    /// Holds rows that are in memory already.
    explicit StoredRows(CompressedRows<Value> rows) : rows_(std::move(rows)) {}
    /// No rows yet, of `genes` columns; more are appended.
    StoredRows(Index genes, const RunOptions& run)
        : most_(static_cast<Index>(run.matrix_bytes)), folder_(run.scratch) {
        rows_.genes = genes;
    }

    [[nodiscard]] Index rows() const { return rows_.rows(); }              ///< n
    [[nodiscard]] Index cols() const { return rows_.cols(); }              ///< p
    [[nodiscard]] Index non_zeros() const { return rows_.starts.back(); }  ///< entries stored
    [[nodiscard]] bool in_file() const { return file_ != nullptr; }  ///< whether entries are there

    /// The rows, which must be in memory; throws InvalidArgument if they are in a file.
    [[nodiscard]] const CompressedRows<Value>& in_memory() const& {
        require(!file_, "StoredRows::in_memory: the entries are in a file; allow more memory");
        return rows_;
    }
    /// The same, moved out.
    [[nodiscard]] CompressedRows<Value> in_memory() && {
        (void)static_cast<const StoredRows&>(*this).in_memory();
        return std::move(rows_);
    }

    /// Appends the rows of a block. `rows_to_come`: how many more will follow, 0 if unknown; it
    /// spares memory that would be moved about.
    void append(const SparseBlock<Value, Index, std::int32_t>& block, Index rows_to_come = 0) {
        const Index first = block.starts[0], entries = block.starts[block.rows] - first;
        const Index before = non_zeros();
        for (Index i = 1; i <= block.rows; ++i)
            rows_.starts.push_back(before + block.starts[i] - first);
        const auto* const columns = block.columns + first;
        const auto* const values = block.values + first;
        if (!file_ && most_ > 0 && non_zeros() * entry_bytes > most_) move_to_file(before);
        if (file_) {
            write(columns, values, entries);
            return;
        }
        if (before + entries > static_cast<Index>(rows_.values.capacity())) {
            const double share = static_cast<double>(rows()) /
                                 static_cast<double>(std::max<Index>(1, rows() + rows_to_come));
            const auto expected =
                static_cast<Index>(1.02 * static_cast<double>(before + entries) / share);
            const auto wanted = static_cast<std::size_t>(
                rows_to_come > 0 ? expected : std::max(before + entries, before + before / 2));
            rows_.columns.reserve(wanted);
            rows_.values.reserve(wanted);
        }
        rows_.columns.insert(rows_.columns.end(), columns, columns + entries);
        rows_.values.insert(rows_.values.end(), values, values + entries);
    }

    /// Rows [begin, end).
    [[nodiscard]] LoadedBlock<Value> row_block(Index begin, Index end) const {
        const Index* const starts = rows_.starts.data();
        if (!file_) return {.lying = rows_.row_block(begin, end)};
        LoadedBlock<Value> out{.was_read = true};
        auto& read = out.read;
        for (Index i = begin; i < end; ++i) read.starts.push_back(starts[i + 1] - starts[begin]);
        read.columns.resize(static_cast<std::size_t>(read.starts.back()));
        read.values.resize(read.columns.size());
        auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), starts[begin],
                                      [](Index e, const Piece& p) { return e < p.first; }) -
                     1;
        for (Index e = starts[begin]; e < starts[end]; ++piece) {
            const Index stop = std::min(starts[end], piece->first + piece->entries);
            const auto count = static_cast<std::size_t>(stop - e);
            const auto to = static_cast<std::size_t>(e - starts[begin]);
            const Index from = e - piece->first;
            file_->read(read.columns.data() + to, count * sizeof(std::int32_t),
                        piece->at + from * Index{sizeof(std::int32_t)});
            file_->read(read.values.data() + to, count * sizeof(Value),
                        piece->at + piece->entries * Index{sizeof(std::int32_t)} +
                            from * Index{sizeof(Value)});
            e = stop;
        }
        return out;
    }

private:
    static constexpr Index entry_bytes = sizeof(std::int32_t) + sizeof(Value);
    static constexpr Index piece_entries = Index{1} << 20;

    /// Entries that lie together in the file, all columns before all values.
    struct Piece {
        Index first, entries;  // of the entries of all rows
        Index at;              // in the file
    };

    void write(const std::int32_t* columns, const Value* values, Index entries) {
        if (entries == 0) return;
        const Index first = pieces_.empty() ? 0 : pieces_.back().first + pieces_.back().entries;
        pieces_.push_back({first, entries, file_->size()});
        file_->append(columns, static_cast<std::size_t>(entries) * sizeof(std::int32_t));
        file_->append(values, static_cast<std::size_t>(entries) * sizeof(Value));
    }

    void move_to_file(Index entries) {
        file_ = std::make_shared<detail::ScratchFile>(folder_);
        for (Index e = 0; e < entries; e += piece_entries)
            write(rows_.columns.data() + e, rows_.values.data() + e,
                  std::min(piece_entries, entries - e));
        rows_.columns = {};
        rows_.values = {};
    }

    CompressedRows<Value> rows_;  // without entries where those are in the file
    Index most_ = 0;              // bytes of entries in memory; 0: no limit
    std::string folder_;
    std::shared_ptr<detail::ScratchFile> file_;
    std::vector<Piece> pieces_;
};

}  // namespace transst
