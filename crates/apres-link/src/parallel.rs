//! Work shared between cores, with a result that does not depend on how many there are.
//!
//! Work is cut in blocks of a fixed size and the results are given back in the order of the blocks: sums of floats are then the same sums.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Items of a block.
const BLOCK: usize = 128;

/// Folds `0..count` block by block on every core; gives the result of each block, in order.
pub(crate) fn fold<T: Send>(count: usize, start: impl Fn() -> T + Sync, step: impl Fn(&mut T, usize) + Sync) -> Vec<T> {
    map(count.div_ceil(BLOCK), |block| {
        let mut result = start();
        (block * BLOCK..count.min((block + 1) * BLOCK)).for_each(|item| step(&mut result, item));
        result
    })
}

/// Does `0..count` on every core; gives the result of each, in order.
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut done = on_every_core(count, || {
        let mut done = Vec::new();
        loop {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= count {
                return done;
            }
            done.push((item, work(item)));
        }
    });
    done.sort_by_key(|(item, _)| *item);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Runs one piece of work on every core, no more of them than `most`, and joins what they give.
pub(crate) fn on_every_core<T: Send>(most: usize, work: impl Fn() -> Vec<T> + Sync) -> Vec<T> {
    let cores = cores().min(most);
    if cores <= 1 {
        return work();
    }
    thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(&work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(more) => all.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// Cores that may be used.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
