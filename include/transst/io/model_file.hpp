// A model of the source in a file, and back: transst::LearnSource here, transst::FindRegions
// elsewhere, without the source.
//
// A file is a head of 48 bytes and the model's members one after the other. Numbers have 8 bytes,
// the least first; what has a size is led by it. The head is the same in every format:
//
//     0   16  "transst model\r\n\x1a"
//     16   4  CRC-32 of all that follows
//     20   4  format
//     24   8  bytes behind the head
//     32  16  version of transst that wrote it, padded with zeros
#pragma once

#include <transst/io/atomic_file.hpp>
#include <transst/io/file_marks.hpp>
#include <transst/io/text_file.hpp>
#include <transst/learn_source.hpp>
#include <transst/version.hpp>

#include <zlib.h>

#include <bit>
#include <fstream>

namespace transst {

/// What a model file says of itself.
struct ModelFileInfo {
    std::uint32_t format = 0;    ///< of the file; this version of the library knows one
    std::string version;         ///< of transst that wrote it
    std::uint32_t checksum = 0;  ///< CRC-32 of format, size, version and model
    Index bytes = 0;             ///< of the whole file

    /// The checksum in 8 hexadecimal digits.
    [[nodiscard]] std::string checksum_text() const {
        char digits[9];
        std::snprintf(digits, sizeof digits, "%08lx", static_cast<unsigned long>(checksum));
        return digits;
    }
};

namespace detail {

inline constexpr std::uint32_t model_format = 3;
inline constexpr std::size_t model_head = 48, model_checked_from = 20;

template <class T, class... Ts>
concept ConstOrNot = (std::same_as<std::remove_const_t<T>, Ts> || ...);

// What is kept of each type, in order: for both directions.

template <class A, ConstOrNot<SourceModel> M>
void members(A& a, M& m) {
    a(m.genes, m.symbols, m.class_names, m.sources);
    a.each_one_of(m.values, Values::log_expression);
    a(m.labelled_cells, m.seed, m.prepare, m.placed, m.scales, m.witness, m.pldr, m.anchors,
      m.information, m.profiles, m.warnings);
}

template <class A, ConstOrNot<Prepare::Options> M>
void members(A& a, M& m) {
    a.one_of(m.criterion, GeneCriterion::morans_i);
    a.one_of(m.genes_from, GenesFrom::both);
    a.one_of(m.standardize, StandardizeOver::all);
    a(m.genes, m.ignore, m.gene_list);
}

template <class A, ConstOrNot<SourceWitness<double>> M>
void members(A& a, M& m) {
    a(m.profiles, m.of_half_the_cells[0], m.of_half_the_cells[1], m.halves);
}

template <class A, ConstOrNot<SourceWitness<double>::Half> M>
void members(A& a, M& m) {
    a(m.calling, m.held_out, m.loading, m.axes, m.centers);
}

template <class A, ConstOrNot<PLDRFit<double>> M>
void members(A& a, M& m) {
    a(m.loading, m.noise_variance, m.means, m.covariances, m.class_sizes, m.score_moment, m.trace,
      m.log_likelihood, m.iterations, m.converged, m.stopped, m.warnings);
}

template <class A, ConstOrNot<SourceAnchors> M>
void members(A& a, M& m) {
    a.one_of(m.space.best, ScoreSpace::factors);
    a(m.space.discriminant_accuracy, m.space.factors_accuracy, m.space.largest_class_share,
      m.space.contradicted_share, m.classes.weights, m.classes.densities.gaussians.means,
      m.classes.densities.gaussians.covariances, m.classes.densities.sizes, m.classes.means,
      m.classes.within);
}

template <class T>
concept DoubleMatrix =
    std::derived_from<T, Eigen::PlainObjectBase<T>> && std::same_as<typename T::Scalar, double>;

/// The bytes of a whole number, the least first.
template <class = void>
void append_number(std::string& out, std::uint64_t value, int size = 8) {
    for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

/// Back, from at least `size` bytes.
template <class = void>
[[nodiscard]] std::uint64_t number_in(const char* bytes, int size = 8) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
}

/// Appends what it is called with.
class ModelWriter {
public:
    std::string out;

    template <class... Ts>
    void operator()(const Ts&... values) {
        (put(values), ...);
    }
    template <class Enum>
    void one_of(Enum value, Enum /*last*/) {
        put(static_cast<Index>(value));
    }
    template <class Enum>
    void each_one_of(const std::vector<Enum>& values, Enum last) {
        put(std::ssize(values));
        for (const Enum value : values) one_of(value, last);
    }

private:
    void put(double value) { append_number(out, std::bit_cast<std::uint64_t>(value)); }
    template <std::integral T>
    void put(T value) {
        append_number(out, static_cast<std::uint64_t>(value));
    }
    void put(const std::string& words) {
        put(std::ssize(words));
        out += words;
    }
    template <class T>
    void put(const std::vector<T>& all) {
        put(std::ssize(all));
        for (const auto& one : all) put(one);
    }
    template <DoubleMatrix T>
    void put(const T& m) {
        put(m.rows());
        put(m.cols());
        for (Index i = 0; i < m.size(); ++i) put(m.data()[i]);
    }
    template <class T>
        requires(std::is_class_v<T> && !DoubleMatrix<T>)
    void put(const T& parts) { members(*this, parts); }
};

/// Fills what it is called with. No size is believed that the bytes left cannot hold. Throws
/// BadData.
class ModelReader {
public:
    explicit ModelReader(std::string_view bytes) : rest_(bytes) {}

    template <class... Ts>
    void operator()(Ts&... values) {
        (get(values), ...);
    }
    template <class Enum>
    void one_of(Enum& value, Enum last) {
        value = static_cast<Enum>(whole(static_cast<Index>(last)));
    }
    template <class Enum>
    void each_one_of(std::vector<Enum>& values, Enum last) {
        values.resize(static_cast<std::size_t>(count(8)));
        for (Enum& value : values) one_of(value, last);
    }
    void end() const { hold(rest_.empty()); }

private:
    static void hold(bool holds) {
        require<BadData>(holds, "sizes or numbers in it cannot be those of a model");
    }
    [[nodiscard]] std::uint64_t next() {
        hold(rest_.size() >= 8);
        const auto value = number_in(rest_.data());
        rest_.remove_prefix(8);
        return value;
    }
    /// In [0, most].
    [[nodiscard]] Index whole(Index most) {
        const auto value = next();
        hold(value <= static_cast<std::uint64_t>(most));
        return static_cast<Index>(value);
    }
    /// How many follow of what takes `bytes` or more each.
    [[nodiscard]] Index count(Index bytes) {
        const Index value = whole(std::numeric_limits<Index>::max());
        hold(value <= std::ssize(rest_) / bytes);
        return value;
    }

    void get(double& value) { value = std::bit_cast<double>(next()); }
    void get(bool& value) { value = whole(1) != 0; }
    void get(Index& value) { value = whole(std::numeric_limits<Index>::max()); }
    void get(std::uint64_t& value) { value = next(); }
    void get(std::string& words) {
        const auto size = static_cast<std::size_t>(count(1));
        words = rest_.substr(0, size);
        rest_.remove_prefix(size);
    }
    template <class T>
    void get(std::vector<T>& all) {
        all.resize(static_cast<std::size_t>(count(8)));
        for (auto& one : all) get(one);
    }
    template <DoubleMatrix T>
    void get(T& m) {
        const Index rows = count(8), columns = count(8);
        hold(columns == 0 || rows <= std::ssize(rest_) / 8 / columns);
        hold(T::ColsAtCompileTime != 1 || columns == 1);
        m.resize(rows, columns);
        for (Index i = 0; i < m.size(); ++i) get(m.data()[i]);
    }
    template <class T>
        requires(std::is_class_v<T> && !DoubleMatrix<T>)
    void get(T& parts) { members(*this, parts); }

    std::string_view rest_;
};

template <class = void>
[[nodiscard]] std::uint32_t model_checksum(std::string_view bytes) {
    const auto checked = bytes.substr(model_checked_from);
    return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size()));
}

/// The file's content; throws FileError unless head, size, checksum and format are those of a model
/// that can be read.
template <class = void>
[[nodiscard]] std::string model_bytes(const std::filesystem::path& path, ModelFileInfo& info) {
    const std::string name = path.string();
    std::error_code error;
    require<FileError>(!std::filesystem::is_directory(path, error), name,
                       ": expected a model that transst fit wrote, found a folder");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw FileError(text(name, ": cannot be opened: ", std::generic_category().message(errno)));
    std::string bytes(model_head, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(model_head));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    const std::string_view start = std::string_view(bytes).substr(0, model_mark.size());
    require<FileError>(!start.empty() && model_mark.starts_with(start), name,
                       ": expected a model that transst fit wrote, found ",
                       start.empty() ? std::string("an empty file")
                                     : "a file that begins with " + in_quotes(start));
    const auto size = std::filesystem::file_size(path, error);
    require<FileError>(!error, name, ": cannot be read: ", error.message());
    const std::uint64_t promised = bytes.size() < model_head ? 0 : number_in(bytes.data() + 24);
    const auto wrong_size = [&](const std::string& whole) {
        throw FileError(text(name, ": the model is damaged: expected ", whole, ", found ", size,
                             size < promised + model_head ? ": it was cut short" : "",
                             "; copy it again, or fit it anew"));
    };
    if (bytes.size() < model_head) wrong_size(text("at least ", model_head, " bytes"));
    if (promised != size - model_head)
        wrong_size(promised < std::uint64_t{1} << 62 ? text(promised + model_head, " bytes")
                                                     : std::string("another size"));
    bytes.resize(static_cast<std::size_t>(size));
    file.read(bytes.data() + model_head, static_cast<std::streamsize>(size - model_head));
    require<FileError>(file.good(), name, ": cannot be read to its end");

    info.checksum = static_cast<std::uint32_t>(number_in(bytes.data() + 16, 4));
    info.format = static_cast<std::uint32_t>(number_in(bytes.data() + 20, 4));
    info.version = bytes.substr(32, 16);
    info.version.resize(info.version.find_last_not_of('\0') + 1);
    info.bytes = static_cast<Index>(size);
    ModelFileInfo found;
    found.checksum = model_checksum(bytes);
    require<FileError>(found.checksum == info.checksum, name,
                       ": the model is damaged: expected the checksum ", info.checksum_text(),
                       ", found ", found.checksum_text(), "; copy it again, or fit it anew");
    require<FileError>(info.format == model_format, name, ": expected a model of format ",
                       model_format, ", which is what transst ", version, " reads, found format ",
                       info.format, ", written by transst ", info.version,
                       info.format > model_format
                           ? text("; use transst ", info.version, " or newer, or fit it anew")
                           : std::string("; fit it anew"));
    return bytes;
}

}  // namespace detail

/// Whether a file begins as models do, damaged or not.
[[nodiscard]] inline bool is_model_file(const std::filesystem::path& path) {
    return detail::begins_with(path, detail::model_mark);
}

/// What a model file says of itself. Throws FileError, naming the file, what was found and the
/// remedy, for a file that is no model, damaged, or of a format that this version does not read.
template <class = void>
[[nodiscard]] ModelFileInfo read_model_info(const std::filesystem::path& path) {
    ModelFileInfo info;
    (void)detail::model_bytes(path, info);
    return info;
}

/// Writes a model to a file, which is complete at the end or stays as it was. The same model gives
/// the same bytes on any machine. Throws BadData for a model whose parts do not fit each other,
/// FileError where it cannot be written.
///
///     transst::write_model("cortex.transst", transst::LearnSource{}.fit(source));
template <class = void>
void write_model(const std::filesystem::path& path, const SourceModel& model) {
    model.check();
    detail::ModelWriter writer;
    writer(model);
    std::string head(detail::model_mark), checked;
    detail::append_number(checked, detail::model_format, 4);
    detail::append_number(checked, writer.out.size());
    std::string by(version);
    by.resize(16, '\0');
    checked += by + writer.out;
    detail::append_number(
        head, detail::model_checksum(std::string(detail::model_checked_from, '\0') + checked), 4);
    write_file(path, head + checked);
}

/// Reads what write_model wrote: the same model to the last bit. Throws FileError as
/// read_model_info does; head, size and checksum are looked at before anything is made of them.
///
///     const auto model = transst::read_model("cortex.transst");
template <class = void>
[[nodiscard]] SourceModel read_model(const std::filesystem::path& path) {
    ModelFileInfo info;
    const std::string bytes = detail::model_bytes(path, info);
    SourceModel model;
    try {
        detail::ModelReader reader(std::string_view(bytes).substr(detail::model_head));
        reader(model);
        reader.end();
        model.check();
    } catch (const BadData& error) {
        throw FileError(text(path.string(), ": the model is damaged: ", error.what(),
                             ", though the checksum is right; fit it anew"));
    }
    return model;
}

}  // namespace transst
