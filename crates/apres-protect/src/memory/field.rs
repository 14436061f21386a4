//! The field of 2⁶⁴ elements, modulo x⁶⁴ + x⁴ + x³ + x + 1.
//!
//! Sums are exclusive ors. Products take the same time whatever their factors.

/// What x⁶⁴ is worth.
const REDUCTION: u64 = 0b1_1011;

/// The product of two elements.
pub(super) fn product(left: u64, right: u64) -> u64 {
    Multiples::of(left).times(right)
}

/// The multiples of an element by the sixteen smallest ones: products by it are then four bits at a time.
pub(super) struct Multiples([u64; 16]);

impl Multiples {
    pub(super) fn of(element: u64) -> Self {
        let mut multiples = [0; 16];
        multiples[1] = element;
        for half in 1..8 {
            multiples[2 * half] = doubled(multiples[half]);
            multiples[2 * half + 1] = multiples[2 * half] ^ element;
        }
        Self(multiples)
    }

    pub(super) fn times(&self, factor: u64) -> u64 {
        (0..16).rev().fold(0, |product, nibble| {
            let high = product >> 60;
            // The four bits that leave, times the reduction: seven bits more at most, so nothing leaves again.
            let carried = high ^ (high << 1) ^ (high << 3) ^ (high << 4);
            let digit = usize::try_from((factor >> (4 * nibble)) & 0xf).expect("four bits");
            (product << 4) ^ carried ^ self.0[digit]
        })
    }
}

fn doubled(element: u64) -> u64 {
    (element << 1) ^ (REDUCTION & (element >> 63).wrapping_neg())
}
