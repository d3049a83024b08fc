#include "png.hpp"

#ifdef TRANSST_HAS_RSVG
#include <cairo.h>
#include <cmath>
#include <librsvg/rsvg.h>
#include <memory>

namespace transst_program {
namespace {

struct Release {
    void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
    void operator()(GInputStream* stream) const { g_object_unref(stream); }
    void operator()(GError* error) const { g_error_free(error); }
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

cairo_status_t append(void* out, const unsigned char* bytes, unsigned size) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
    return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Png png_of_svg(const std::string& svg, double scale) {
    GError* failure = nullptr;
    const auto failed = [&] { return Png{{}, Owned<GError>(failure)->message}; };
    const Owned<GInputStream> stream(
        g_memory_input_stream_new_from_data(svg.data(), static_cast<gssize>(svg.size()), nullptr));
    // a line for each spot may be more than a picture found somewhere should have
    const Owned<RsvgHandle> handle(rsvg_handle_new_from_stream_sync(
        stream.get(), nullptr, RSVG_HANDLE_FLAG_UNLIMITED, nullptr, &failure));
    if (!handle) return failed();
    double width = 0, height = 0;
    rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height);
    width = std::ceil(width * scale);
    height = std::ceil(height * scale);
    const Owned<cairo_surface_t> surface(cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)));
    const Owned<cairo_t> context(cairo_create(surface.get()));
    const RsvgRectangle all{0, 0, width, height};
    if (!rsvg_handle_render_document(handle.get(), context.get(), &all, &failure)) return failed();
    std::string out;
    const auto status = cairo_surface_write_to_png_stream(surface.get(), append, &out);
    if (status != CAIRO_STATUS_SUCCESS) return {{}, cairo_status_to_string(status)};
    return {std::move(out), {}};
}

}  // namespace transst_program
#else
namespace transst_program {

Png png_of_svg(const std::string&, double) {
    return {{}, "this was built without librsvg"};
}

}  // namespace transst_program
#endif
