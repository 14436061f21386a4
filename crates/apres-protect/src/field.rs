//! Arithmetic modulo the prime 2^61 − 1, in which linear dependence is decided without fractions.
//!
//! A dependence with whole coefficients holds modulo the prime as well, unless the prime divides what it was divided by: for sums of people
//! that is one chance in 10^18, and whoever relies on it says which side such an error would fall on.

/// 2^61 − 1.
pub(crate) const PRIME: u64 = (1 << 61) - 1;

pub(crate) fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

pub(crate) fn negate(a: u64) -> u64 {
    if a == 0 { 0 } else { PRIME - a }
}

pub(crate) fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    // 2^61 is 1 here, so the upper part is added to the lower one.
    let low = u64::try_from(product & u128::from(PRIME)).expect("61 bits fit");
    let high = u64::try_from(product >> 61).expect("a product of two 61-bit numbers has 122 bits");
    add(low, high)
}

/// What multiplied by `a` gives 1.
///
/// # Panics
/// When `a` is zero, which has none.
pub(crate) fn inverse(a: u64) -> u64 {
    assert!(a != 0, "zero has no inverse");
    power(a, PRIME - 2)
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_arithmetic_of_remainders(a in 0..PRIME, b in 0..PRIME) {
            let modulo = |value: u128| u64::try_from(value % u128::from(PRIME)).unwrap();
            prop_assert_eq!(add(a, b), modulo(u128::from(a) + u128::from(b)));
            prop_assert_eq!(multiply(a, b), modulo(u128::from(a) * u128::from(b)));
            prop_assert_eq!(add(a, negate(a)), 0);
            prop_assert!(a == 0 || multiply(a, inverse(a)) == 1);
        }
    }
}
