// All kernels for one instruction set: compiled once per set, with the set's own flags and GLASSNET_SET as its name.
#include "backward.h"
#include "columns.h"
#include "drop.h"
#include "forward.h"
#include "functions.h"
#include "idle.h"
#include "lookup.h"
#include "loss.h"
#include "random.h"
#include "table.h"
#include "team.h"
#include "transpose.h"
#include "update.h"

#define GLASSNET_JOIN2(a, b) a##b
#define GLASSNET_JOIN(a, b) GLASSNET_JOIN2(a, b)
#define GLASSNET_TEXT2(a) #a
#define GLASSNET_TEXT(a) GLASSNET_TEXT2(a)

namespace glassnet {

// rows.cpp, which is compiled without contraction
template <class Real>
void GLASSNET_JOIN(scale_rows_, GLASSNET_SET)(const ScaleRows<Real>&);
template <class Real>
void GLASSNET_JOIN(piece_rows_, GLASSNET_SET)(const PieceRows<Real>&);
void GLASSNET_JOIN(locate_rows_, GLASSNET_SET)(const LocateRows&);

namespace {

template <class Real>
void sigmoid(long count, Real* values) {
    for (long i = 0; i < count; i += kLanes<Real>) store(values + i, vsigmoid<Real>(load(values + i)));
}

template <class Real>
void function(int which, long count, Real* values) {
    for (long i = 0; i < count; i += kLanes<Real>) {
        const Vec<Real> x = load(values + i);
        store(values + i, which == 0   ? vexp<Real>(x)
                          : which == 1 ? vlog1p<Real>(x)
                          : which == 2 ? vtanh<Real>(x)
                                       : vsigmoid<Real>(x));
    }
}

template <class Real>
constexpr Kernels<Real> kTable = {
    GLASSNET_TEXT(GLASSNET_SET),
    kWide * kLanes<Real>,
    GLASSNET_JOIN(scale_rows_, GLASSNET_SET)<Real>,
    GLASSNET_JOIN(piece_rows_, GLASSNET_SET)<Real>,
    GLASSNET_JOIN(locate_rows_, GLASSNET_SET),
    forward<Real>,
    forward_narrow<Real>,
    gather_columns<Real>,
    gather_records<Real>,
    forward_columns<Real>,
    backward_columns<Real>,
    lookup<Real>,
    scatter<Real>,
    sum_up<Real>,
    sum_down<Real>,
    backward_inputs<Real>,
    backward_weights<Real>,
    drop<Real>,
    loss<Real>,
    update<Real>,
    transpose<Real>,
    clear_moving<Real>,
    share<Real>,
    spread<Real>,
    add<Real>,
    square_sum<Real>,
    square_difference<Real>,
    draw,
    sigmoid<Real>,
    function<Real>,
};

}  // namespace

template <>
const Kernels<float>& GLASSNET_JOIN(kernels_, GLASSNET_SET)<float>() {
    return kTable<float>;
}
template <>
const Kernels<double>& GLASSNET_JOIN(kernels_, GLASSNET_SET)<double>() {
    return kTable<double>;
}

}  // namespace glassnet
