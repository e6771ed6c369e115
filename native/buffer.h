// Zeroed memory that begins on a cache line.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace glassnet {

constexpr std::size_t kLargePage = std::size_t{1} << 21;
constexpr std::size_t kLine = 64;  // bytes of a cache line, and of the widest vector

template <class Real>
constexpr long kLineReals = static_cast<long>(kLine / sizeof(Real));

template <class Real>
constexpr long padded(long count) {
    return (count + kLineReals<Real> - 1) / kLineReals<Real> * kLineReals<Real>;
}

// The distance between rows of `count` numbers: an odd number of cache lines, so that rows one below the other spread
// over all sets of the cache. (64 floats apart they would share a quarter of them, 1024 apart a sixty-fourth.)
template <class Real>
constexpr long row_stride(long count) {
    const long lines = padded<Real>(count > 0 ? count : 1) / kLineReals<Real>;
    return (lines > 2 && lines % 2 == 0 ? lines + 1 : lines) * kLineReals<Real>;
}

template <class Real>
class Buffer {
   public:
    Buffer() = default;
    explicit Buffer(long count) {
        // One line more than asked for: kernels read and write whole vectors.
        const std::size_t wanted = static_cast<std::size_t>(padded<Real>(count)) * sizeof(Real) + kLine;
        const std::size_t unit = wanted >= kLargePage / 2 ? kLargePage : kLine;
        const std::size_t bytes = (wanted + unit - 1) / unit * unit;
        void* memory = std::aligned_alloc(unit, bytes);
        if (memory == nullptr) throw std::bad_alloc();
#if defined(__linux__)
        // A wide layer's rows lie on some hundred small pages, more than the processor keeps at hand.
        if (unit == kLargePage) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
        std::memset(memory, 0, bytes);
        memory_.reset(static_cast<Real*>(memory));
    }
    Real* data() { return memory_.get(); }
    const Real* data() const { return memory_.get(); }
    explicit operator bool() const { return memory_ != nullptr; }

   private:
    struct Free {
        void operator()(Real* memory) const { std::free(memory); }
    };
    std::unique_ptr<Real, Free> memory_;
};

// A part of a buffer.
template <class Real>
class Slice {
   public:
    Slice() = default;
    Slice(Real* start) : start_(start) {}
    Real* data() { return start_; }
    const Real* data() const { return start_; }
    explicit operator bool() const { return start_ != nullptr; }

   private:
    Real* start_ = nullptr;
};

}  // namespace glassnet
