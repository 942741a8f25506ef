//! What is left to chance, repeated by a seed.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One stream of chance. What a thread draws does not depend on the others.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this number under a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self(random)
    }

    /// Less than this, which is not 0.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0.next_u64() % most.max(1)
    }

    /// One of these; none of none.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let at = self.below(of.len() as u64) as usize;
        of.get(at).copied()
    }

    /// Lets up to so many milliseconds pass, in which others go on.
    pub(crate) fn pause(&mut self, from: u64, to: u64) {
        std::thread::park_timeout(Duration::from_millis(from + self.below(to.saturating_sub(from))));
    }
}
