// Weights, moments and gradients in and out, in torch's shapes; and the choice of the instruction set.
#include <stdexcept>

#include "trainer.h"

namespace glassnet {
namespace {

template <class Real>
Slice<Real>& slice_of(Member<Real>& m, int what) {
    return what == 0 ? m.weight : what == 1 ? m.moment : what == 2 ? m.square : what == 3 ? m.gradient : m.average;
}

}  // namespace

template <class Real>
void Trainer<Real>::get(int what, int member, int parameter, Real* to) const {
    const Parameter& p = layout_.parameters[parameter];
    const Slice<Real>& slice = slice_of(const_cast<Member<Real>&>(members_[member]), what);
    if (!slice) throw std::invalid_argument("this optimiser keeps no such state");
    layout_.copy_out(setup_, p, slice.data(), to);
}

template <class Real>
void Trainer<Real>::set(int what, int member, int parameter, const Real* from) {
    const Parameter& p = layout_.parameters[parameter];
    Member<Real>& m = members_[member];
    Slice<Real>& slice = slice_of(m, what);
    if (!slice) throw std::invalid_argument("this optimiser keeps no such state");
    layout_.copy_in(setup_, p, from, slice.data());
    for (Workspace<Real>& space : spaces_) space.held = -1;
    if (what != 0) return;
    m.has_failed = false;
    for (const Block& b : layout_.blocks) {
        const bool is_within = b.place >= p.place && b.place < p.place + p.rows * p.stride;
        if (is_within || (p.is_first_weight && b.number >= 0)) pack(m, b);
    }
}

template <class Real>
void Trainer<Real>::set_steps(std::int64_t steps) {
    for (Member<Real>& m : members_) m.steps = steps;
}

template <class Real>
const Kernels<Real>& choose_kernels(const std::string& set) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    if ((set == "best" || set == "avx512") && has_avx512) return kernels_avx512<Real>();
    if ((set == "best" || set == "avx2") && has_avx2) return kernels_avx2<Real>();
#endif
    if (set == "best" || set == "baseline") return kernels_baseline<Real>();
    throw std::invalid_argument("this processor has no " + set);
}

#define GLASSNET_MAKE(Real)                                                    \
    template const Kernels<Real>& choose_kernels<Real>(const std::string&);    \
    template void Trainer<Real>::get(int, int, int, Real*) const;              \
    template void Trainer<Real>::set(int, int, int, const Real*);              \
    template void Trainer<Real>::set_steps(std::int64_t);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
