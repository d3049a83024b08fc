// Text out, compressed on its way where that is wanted.
#pragma once

#include <transst/io/atomic_file.hpp>

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace transst::detail {

/// An AtomicFile that may be gzip. Append to `text`, call drain() now and then, finish() at the
/// end, and commit() when everything else that belongs together is finished too.
class GzipOutput {
public:
    std::string text;

    GzipOutput(std::filesystem::path path, bool gzip) : file_(std::move(path)) {
        if (!gzip) return;
        stream_.reset(new z_stream{});
        constexpr int gzip_format = 15 + 16, memory = 8;
        require<FileError>(deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                        gzip_format, memory, Z_DEFAULT_STRATEGY) == Z_OK,
                           file_.path().string(), ": cannot be written: zlib has no memory");
    }

    /// Passes the text on when it has become long.
    void drain() {
        if (text.size() >= (std::size_t{1} << 20)) pass_on(Z_NO_FLUSH);
    }

    void finish() { pass_on(Z_FINISH); }
    void commit() { file_.commit(); }

private:
    struct End {
        void operator()(z_stream* stream) const {
            deflateEnd(stream);
            delete stream;
        }
    };

    void pass_on(int flush) {
        if (!stream_) {
            file_.write(text);
        } else {
            std::vector<char> packed(std::size_t{1} << 16);
            stream_->next_in = reinterpret_cast<Bytef*>(text.data());
            stream_->avail_in = static_cast<uInt>(text.size());
            do {
                stream_->next_out = reinterpret_cast<Bytef*>(packed.data());
                stream_->avail_out = static_cast<uInt>(packed.size());
                deflate(stream_.get(), flush);
                file_.write({packed.data(), packed.size() - stream_->avail_out});
            } while (stream_->avail_out == 0);
        }
        text.clear();
    }

    AtomicFile file_;
    // By pointer: zlib remembers where its stream lies.
    std::unique_ptr<z_stream, End> stream_;
};

}  // namespace transst::detail
