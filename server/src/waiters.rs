//! Who waits for news, by scope.
//!
//! The devices of an account hold the same: they stand together, and what they hold is what the cache keeps, so that one
//! more device costs the same whether it holds ten scopes or thousands.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kapprum_protocol::frame::ScopeNumber;
use tokio::sync::Notify;

use crate::held::Held;

/// See the module.
#[derive(Default)]
pub struct Waiters {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last: u32,
    all: HashMap<u32, Together>,
    /// By where what they hold lies in memory: it stays there as long as they wait.
    by_held: HashMap<usize, u32>,
    by_scope: HashMap<ScopeNumber, Vec<u32>>,
}

/// Those who wait for news of the same.
struct Together {
    held: Arc<Held>,
    devices: Vec<Arc<Notify>>,
}

/// A place among the waiters; dropping it leaves.
pub struct Waiter<'a> {
    waiters: &'a Waiters,
    together: u32,
    notify: Arc<Notify>,
}

impl Waiters {
    /// Waits for a change in what is held from now on.
    pub fn join(&self, held: Arc<Held>) -> Waiter<'_> {
        let notify = Arc::new(Notify::new());
        let mut waiting = self.waiting();
        let together = waiting.together(held);
        if let Some(others) = waiting.all.get_mut(&together) {
            others.devices.push(notify.clone());
        }
        Waiter { waiters: self, together, notify }
    }

    /// Wakes who waits for one of these scopes.
    pub fn wake(&self, scopes: &[ScopeNumber]) {
        let waiting = self.waiting();
        let woken: BTreeSet<u32> =
            scopes.iter().filter_map(|scope| waiting.by_scope.get(scope)).flatten().copied().collect();
        let devices = woken.iter().filter_map(|together| waiting.all.get(together)).flat_map(|one| &one.devices);
        devices.for_each(|notify| notify.notify_one());
    }

    pub(crate) fn wake_all(&self) {
        let waiting = self.waiting();
        waiting.all.values().flat_map(|one| &one.devices).for_each(|notify| notify.notify_one());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting().all.is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// The number under which those stand who hold this.
    fn together(&mut self, held: Arc<Held>) -> u32 {
        let place = Arc::as_ptr(&held).addr();
        if let Some(together) = self.by_held.get(&place) {
            return *together;
        }
        // Some have waited while the numbers went once around.
        while self.all.contains_key(&self.last) {
            self.last = self.last.wrapping_add(1);
        }
        let number = self.last;
        self.last = number.wrapping_add(1);
        for scope in held.watched() {
            let others = self.by_scope.entry(scope).or_default();
            // Not twice as much room as is needed: there are many of these.
            others.reserve_exact(if others.len() == others.capacity() { 1 + others.len() / 8 } else { 0 });
            others.push(number);
        }
        self.by_held.insert(place, number);
        self.all.insert(number, Together { held, devices: Vec::with_capacity(1) });
        number
    }

    fn leave(&mut self, together: u32, notify: &Arc<Notify>) {
        let Some(others) = self.all.get_mut(&together) else { return };
        others.devices.retain(|one| !Arc::ptr_eq(one, notify));
        if !others.devices.is_empty() {
            return;
        }
        let Some(Together { held, .. }) = self.all.remove(&together) else { return };
        self.by_held.remove(&Arc::as_ptr(&held).addr());
        for scope in held.watched() {
            if let Some(others) = self.by_scope.get_mut(&scope) {
                others.retain(|one| *one != together);
                if others.is_empty() {
                    self.by_scope.remove(&scope);
                }
            }
        }
    }
}

impl Waiter<'_> {
    /// Returns at the first change since joining.
    pub async fn news(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.waiters.waiting().leave(self.together, &self.notify);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) async fn woken(waiter: &Waiter<'_>) -> bool {
        let news = waiter.news();
        tokio::pin!(news);
        std::future::poll_fn(|context| std::task::Poll::Ready(news.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn who_waits_for_a_scope_is_woken_by_it_alone_and_leaves_nothing_behind() {
        let (waiters, both) = (Waiters::default(), Held::of(&[1, 2]));
        let (one, two) = (waiters.join(both.clone()), waiters.join(Held::of(&[2])));
        waiters.wake(&[1, 3]);
        assert_eq!((woken(&one).await, woken(&two).await), (true, false));
        waiters.wake_all();
        assert_eq!((woken(&one).await, woken(&two).await), (true, true));
        let again = waiters.join(both);
        drop(one);
        waiters.wake(&[1]);
        assert_eq!((woken(&again).await, woken(&two).await), (true, false), "another device of the same account");
        drop(again);
        waiters.wake(&[2]);
        assert!(woken(&two).await);
        drop(two);
        let left = waiters.waiting();
        assert!(left.all.is_empty() && left.by_scope.is_empty() && left.by_held.is_empty());
    }
}
