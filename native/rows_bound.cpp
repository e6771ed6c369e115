// Rows of an encoded table, and what a fold learned of it, in the Python module.
#include <algorithm>
#include <utility>
#include <vector>

#include "bind.h"

namespace glassnet {
namespace {

// Writes all rows, (R, D), (R, B), (R, B) and (R, E).
template <class Real>
void show_rows(HeldRows<Real>& held, Matrix<Real> dense, Matrix<std::uint16_t> bin, Matrix<Real> fraction,
               Matrix<std::int32_t> slot) {
    const Rows<Real>& rows = held.rows();
    const Preparation& p = rows.preparation();
    const std::size_t count = rows.rows(), numbers = p.bins.size(), embedded = p.embedded(), width = p.dense();
    check(dense.shape(0) == count && dense.shape(1) == width && bin.shape(0) == count && bin.shape(1) == numbers &&
              fraction.shape(0) == count && fraction.shape(1) == numbers && slot.shape(0) == count &&
              slot.shape(1) == embedded,
          "the room for rows has the wrong shape");
    const long stride = row_stride<Real>(static_cast<long>(width)) + kLineReals<Real>;
    Buffer<Real> room(kPartRows * stride), share(kPartRows * static_cast<long>(numbers));
    std::vector<std::int32_t> slots(kPartRows * embedded), bins(kPartRows * numbers);
    std::uint32_t row[kPartRows];
    for (std::size_t first = 0; first < count; first += kPartRows) {
        const int here = static_cast<int>(std::min<std::size_t>(kPartRows, count - first));
        for (int b = 0; b < here; ++b) row[b] = static_cast<std::uint32_t>(first + b);
        rows.gather(row, here, {room.data(), stride, slots.data(), bins.data(), share.data()});
        for (int b = 0; b < here; ++b) {
            std::copy_n(room.data() + b * stride, width, dense.data() + (first + b) * width);
            std::copy_n(slots.data() + b * embedded, embedded, slot.data() + (first + b) * embedded);
            for (std::size_t n = 0; n < numbers; ++n) {
                bin.data()[(first + b) * numbers + n] = static_cast<std::uint16_t>(bins[n * kPartRows + b]);
                fraction.data()[(first + b) * numbers + n] = share.data()[n * kPartRows + b];
            }
        }
    }
}

template <class Real>
void bind_rows_of(nb::module_& m, const char* name) {
    using H = HeldRows<Real>;
    nb::class_<H>(m, name)
        .def(nb::init<const Preparation&, Matrix<const float>, Codes, Matrix<const float>>(), nb::arg("preparation"),
             nb::arg("number"), nb::arg("code"), nb::arg("own"))
        .def("kept_bytes", [](H& h) { return h.rows().kept_bytes(); })
        .def("keep", [](H& h) { h.rows().keep(); }, nb::call_guard<nb::gil_scoped_release>())
        .def("is_kept", [](H& h) { return h.rows().kept() != nullptr; })
        .def("show", &show_rows<Real>, nb::arg("dense"), nb::arg("bin"), nb::arg("fraction"), nb::arg("slot"));
}

// A part of a preparation, which takes arrays of its number type.
template <class T>
void bind_part(nb::class_<Preparation>& c, const char* name, std::vector<T> Preparation::*part) {
    c.def_prop_rw(name, [part](Preparation& p) { return p.*part; },
                  [part](Preparation& p, Vector<const T> values) {
                      (p.*part).assign(values.data(), values.data() + values.shape(0));
                  });
}

void bind_preparation(nb::module_& m) {
    nb::class_<Preparation> c(m, "Preparation");
    c.def(nb::init<>()).def_rw("means", &Preparation::means);
    using P = Preparation;
    const std::pair<const char*, std::vector<float> P::*> floats[] = {
        {"location", &P::location},   {"scale", &P::scale},       {"low", &P::low},
        {"high", &P::high},           {"least", &P::least},       {"most", &P::most},
        {"piece_low", &P::piece_low}, {"piece_width", &P::piece_width}, {"edge", &P::edge}, {"mean", &P::mean}};
    for (const auto& [name, part] : floats) bind_part(c, name, part);
    const std::pair<const char*, std::vector<std::int32_t> P::*> whole[] = {
        {"is_clipped", &P::is_clipped}, {"marked", &P::marked},   {"piece_of", &P::piece_of},
        {"looked_up", &P::looked_up},   {"bins", &P::bins},       {"slot", &P::slot},
        {"first", &P::first},           {"levels", &P::levels},   {"missing", &P::missing},
        {"slots", &P::slots},           {"is_one_hot", &P::is_one_hot}, {"mean_category", &P::mean_category},
        {"mean_first", &P::mean_first}, {"mean_size", &P::mean_size}};
    for (const auto& [name, part] : whole) bind_part(c, name, part);
}

}  // namespace

void bind_rows(nb::module_& m) {
    bind_preparation(m);
    bind_rows_of<float>(m, "Rows32");
    bind_rows_of<double>(m, "Rows64");
}

}  // namespace glassnet
