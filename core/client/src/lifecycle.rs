//! How accounts come, sleep and go. One at a time: each holds `lifecycle` for its local part, never over the network.

use std::sync::Arc;

use kapprum_protocol::session::Activated;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::kapprum::{Inner, Surroundings};
use crate::key_store::Secret;
use crate::profile::{Accounts, Loss, ProfileId, SignedIn};
use crate::seat::{Seat, new_key, random};
use crate::store::{Reader, Unsent};
use crate::sync::wire::Wire;

impl Inner {
    pub(crate) async fn sign_in(
        self: &Arc<Self>,
        server: String,
        token: String,
        join: Option<ProfileId>,
    ) -> Result<SignedIn> {
        let (inner, address) = (self.clone(), server.clone());
        let wire = self.blocking(move || (inner.surroundings.wires)(&address)).await?;
        let activated = wire.activate(&token).await?;
        let suspended = self.lifecycle.lock().await;
        let mut known = self.seats().iter().find(|seat| seat.signed_in().account == activated.account).cloned();
        if let Some(seat) = &known {
            seat.stop().await;
            if seat.store.is_lost() {
                self.give_up(seat.clone()).await;
                known = None;
            }
        }
        let (inner, sleeping) = (self.clone(), *suspended);
        self.blocking(move || {
            let admitted = inner.admit(known.as_ref(), activated, server, join, (!sleeping).then_some(wire));
            match known.filter(|_| admitted.is_err() && !sleeping) {
                // As it was before.
                Some(seat) => inner.wake(&seat).and(admitted),
                None => admitted,
            }
        })
        .await
    }

    /// Takes an account in; without a wire it sleeps, as all do.
    fn admit(
        self: &Arc<Self>,
        known: Option<&Arc<Seat>>,
        activated: Activated,
        server: String,
        join: Option<ProfileId>,
        wire: Option<Arc<dyn Wire>>,
    ) -> Result<SignedIn> {
        let Activated { device, account, bearer } = activated;
        let new = SignedIn { id: Uuid::from_bytes(random()?), account, profile: ProfileId(0), server, device };
        let mut accounts = self.accounts().clone();
        let signed_in = accounts.sign_in(new, join);
        let keys = &self.surroundings.keys;
        keys.set(&signed_in.session_key(), &Zeroizing::new(bearer))?;
        let seat = match known {
            Some(seat) => {
                seat.signed_in_again(signed_in.clone());
                self.keep(|kept| *kept = accounts)?;
                seat.clone()
            }
            None => {
                keys.set(&signed_in.database_key(), &new_key()?)?;
                let opened = self.open_seat(signed_in.clone(), true).and_then(|seat| {
                    self.keep(|kept| *kept = accounts)?;
                    Ok(seat)
                });
                let seat = match opened {
                    Ok(seat) => seat,
                    Err(error) => {
                        self.destroy(&signed_in, None)?;
                        return Err(error);
                    }
                };
                self.write_seats().push(seat.clone());
                seat
            }
        };
        match wire {
            // The connection that signed in is there already.
            Some(wire) => self.start_over(wire, &seat)?,
            None => seat.store.suspend(),
        }
        self.wake_feeds();
        Ok(signed_in)
    }

    pub(crate) async fn sign_out(self: &Arc<Self>, account: Uuid, drop_unsent: bool) -> Result<()> {
        let suspended = self.lifecycle.lock().await;
        if *suspended {
            return Err(Error::Closed);
        }
        let found = self.seats().iter().find(|seat| seat.signed_in().id == account).cloned();
        let seat = found.ok_or(Error::SignedOut)?;
        // Asked before anything changes, and once more when nobody can save any more.
        let own = seat.clone();
        self.blocking(move || own.store.read(|reader| may_go(reader, drop_unsent)).or_else(unless_unreadable)).await?;
        self.write_seats().retain(|one| !Arc::ptr_eq(one, &seat));
        seat.stop().await;
        let (inner, own) = (self.clone(), seat.clone());
        let closed = self.blocking(move || {
            let closed = inner.close(&own, drop_unsent);
            if closed.is_err() {
                inner.write_seats().push(own.clone());
                inner.wake(&own)?;
            }
            closed
        });
        let session = closed.await?;
        seat.end();
        drop(suspended);
        // What is here is gone by now, whatever the network says.
        let (inner, server) = (self.clone(), seat.signed_in().server);
        let wire = self.blocking(move || (inner.surroundings.wires)(&server)).await;
        if let (Some(bearer), Ok(wire)) = (session, wire)
            && wire.sign_out(&bearer).await.is_err()
        {
            tracing::warn!("the server could not be told of the sign-out");
        }
        Ok(())
    }

    /// Closes a seat and destroys its data; its session, if it is known.
    fn close(&self, seat: &Seat, drop_unsent: bool) -> Result<Option<Secret>> {
        seat.store.close_if(|reader| may_go(reader, drop_unsent).or_else(unless_unreadable))?;
        let signed_in = seat.signed_in();
        let session = self.surroundings.keys.get(&signed_in.session_key())?;
        self.destroy(&signed_in, None)?;
        Ok(session)
    }

    pub(crate) async fn suspend(self: &Arc<Self>) -> Result<()> {
        let mut suspended = self.lifecycle.lock().await;
        *suspended = true;
        let seats = self.seats().clone();
        for seat in &seats {
            seat.stop().await;
        }
        let closing = move || {
            seats.iter().for_each(|seat| seat.store.suspend());
            Ok(())
        };
        self.blocking(closing).await
    }

    pub(crate) async fn resume(self: &Arc<Self>) -> Result<()> {
        let mut suspended = self.lifecycle.lock().await;
        *suspended = false;
        let inner = self.clone();
        let opening = move || {
            let mut result = Ok(());
            for seat in inner.seats().clone() {
                result = result.and(inner.wake(&seat).or_else(unless_unreadable));
            }
            result
        };
        let result = self.blocking(opening).await;
        self.give_up_lost();
        result
    }

    /// Opens and starts what is closed.
    fn wake(self: &Arc<Self>, seat: &Seat) -> Result<()> {
        if seat.is_at_work() {
            return Ok(());
        }
        seat.store.resume()?;
        self.start(seat)
    }

    pub(crate) async fn dismiss_lost(self: &Arc<Self>, profile: ProfileId) -> Result<()> {
        let _lifecycle = self.lifecycle.lock().await;
        let inner = self.clone();
        self.blocking(move || {
            inner.keep(|accounts| accounts.lost.retain(|loss| loss.profile != profile))?;
            inner.wake_feeds();
            Ok(())
        })
        .await
    }

    /// Notices with what was done that a store can't be read any more.
    pub(crate) fn noticing<T>(self: &Arc<Self>, done: Result<T>) -> Result<T> {
        if done.is_err() {
            self.give_up_lost();
        }
        done
    }

    /// Lets go of the accounts whose stores can't be read any more, as soon as nothing else comes or goes.
    pub(crate) fn give_up_lost(self: &Arc<Self>) {
        let lost: Vec<Arc<Seat>> = self.seats().iter().filter(|seat| seat.store.is_lost()).cloned().collect();
        for seat in lost {
            let inner = self.clone();
            #[expect(clippy::let_underscore_future, reason = "goes on by itself")]
            let _ = self.handle.spawn(async move {
                let _lifecycle = inner.lifecycle.lock().await;
                inner.give_up(seat).await;
            });
        }
    }

    /// With `lifecycle` held.
    async fn give_up(self: &Arc<Self>, seat: Arc<Seat>) {
        let before = self.seats().len();
        self.write_seats().retain(|one| !Arc::ptr_eq(one, &seat));
        if self.seats().len() == before {
            return;
        }
        seat.stop().await;
        let (inner, own) = (self.clone(), seat.clone());
        let lost = self.blocking(move || {
            own.store.suspend();
            inner.lose(&own.signed_in())
        });
        if let Err(error) = lost.await {
            tracing::error!(%error, "an account that can't be read could not be let go");
        }
        seat.end();
        self.wake_feeds();
    }

    /// Destroys what can't be read any more, and remembers what was unsent.
    pub(crate) fn lose(&self, signed_in: &SignedIn) -> Result<()> {
        let unsent = Unsent::beside(&signed_in.store(&self.surroundings.home));
        let loss = Loss { account: signed_in.account, profile: signed_in.profile, unsent };
        self.destroy(signed_in, Some(loss))
    }

    /// The key first: without it the files are noise.
    fn destroy(&self, signed_in: &SignedIn, loss: Option<Loss>) -> Result<()> {
        let Surroundings { home, keys, .. } = &self.surroundings;
        keys.delete(&signed_in.database_key())?;
        keys.delete(&signed_in.session_key())?;
        let kept = self.keep(|accounts| {
            accounts.signed_in.retain(|one| one.id != signed_in.id);
            accounts.lost.extend(loss);
        });
        let removed = match std::fs::remove_dir_all(signed_in.folder(home)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        self.wake_feeds();
        // On a full disk there is room for the list only now.
        kept.or_else(|_| self.keep(|_| ()))?;
        Ok(removed?)
    }

    /// Changes what the device remembers of its accounts.
    fn keep(&self, change: impl FnOnce(&mut Accounts)) -> Result<()> {
        let mut accounts = self.write_accounts();
        change(&mut accounts);
        let kept = accounts.clone();
        drop(accounts);
        kept.write(&self.surroundings.home)
    }
}

fn may_go(reader: &Reader<'_>, drop_unsent: bool) -> Result<()> {
    let unsent = if drop_unsent { 0 } else { reader.unsent()?.count };
    if unsent > 0 { Err(Error::Unsent(unsent)) } else { Ok(()) }
}

/// What can't be read can't be kept either.
fn unless_unreadable(error: Error) -> Result<()> {
    if matches!(error, Error::Unreadable) { Ok(()) } else { Err(error) }
}
