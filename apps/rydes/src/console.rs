//! The console: a page on the loopback interface that shows messages moving. It watches only while a page is open, and it receives no
//! message unless a person asks for its dead letters.

mod actions;
mod answers;
mod assets;
mod audit;
mod campaign;
mod dead_letters;
mod depth;
mod feed;
mod messages;
mod motion;
mod news;
mod pace;
mod patterns;
#[cfg(test)]
mod permissions;
mod quotes;
mod races;
mod record;
mod recording;
mod refusal;
mod replay;
mod routes;
mod safety;
mod saga;
mod switched_off;
mod tail;
#[cfg(test)]
mod testing;
mod watch;
mod world;

use std::{net::Ipv4Addr, path::Path, sync::Arc};

use axum::{Router, middleware::from_fn_with_state};
use client::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use self::{record::Tape, recording::Recording, replay::Player, switched_off::SwitchedOff, world::World};
use crate::global::Global;

/// Serves the page until Ctrl-C, records what it shows if a file is named, and switches on again all that it has switched off.
pub async fn serve(
    global: &Global,
    port: u16,
    allow_actions: bool,
    recording: Option<&Path>,
) -> Result<(), Error> {
    let deployment = global.deployment().await?;
    let (listener, keys) = listen(port).await?;
    let mut switched_off = SwitchedOff::default();
    if allow_actions {
        switched_off = SwitchedOff::open(&deployment.stage);
        let up = switched_off.bring_up(&deployment).await;
        if up > 0 {
            println!("Brought up what an earlier console had taken down. Event sources switched on: {up}.");
        }
    }
    let world = Arc::new(World::read(deployment, allow_actions, switched_off).await?);
    let (stop, stopped) = oneshot::channel();
    let recorded = recording
        .map(Tape::begin)
        .transpose()?
        .map(|tape| tokio::spawn(record::record(Arc::clone(&world), tape, world.feed.listen(), stopped)));
    let watching = tokio::spawn(watch::watch(Arc::clone(&world)));
    let served = host(listener, keys, routes::routes().with_state(Arc::clone(&world))).await;
    drop(stop);
    if let Some(recorded) = recorded {
        let _ = recorded.await;
    }
    watching.abort();
    world.bring_all_up().await;
    served
}

/// Serves the page until Ctrl-C with what a file has recorded.
pub async fn replay(port: u16, file: &Path) -> Result<(), Error> {
    let player = Arc::new(Player::new(Recording::read(file)?));
    let (listener, keys) = listen(port).await?;
    let playing = tokio::spawn({
        let player = Arc::clone(&player);
        async move { player.play().await }
    });
    let served = host(listener, keys, replay::routes().with_state(player)).await;
    playing.abort();
    served
}

async fn listen(port: u16) -> Result<(TcpListener, safety::Keys), Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|error| Error::Usage(format!("port {port} can't be used: {error}")))?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    Ok((listener, safety::Keys::new(port)))
}

/// Serves these addresses and the page's files until the program is told to end.
async fn host(listener: TcpListener, keys: safety::Keys, routes: Router) -> Result<(), Error> {
    let keys = Arc::new(keys);
    println!("The console is at {}\nCtrl-C ends it.", keys.address());
    let app = routes.fallback(assets::asset);
    let app = app.layer(from_fn_with_state(Arc::clone(&keys), safety::check));
    let served = tokio::select! {
        served = axum::serve(listener, app) => served,
        () = print_addresses(&keys) => Ok(()),
        () = ended() => Ok(()),
    };
    served.map_err(|error| Error::Unexpected(error.to_string()))
}

/// Prints another address for each SIGUSR1, which only this user can send: for another browser.
async fn print_addresses(keys: &safety::Keys) {
    let Ok(mut signals) = signal(SignalKind::user_defined1()) else { return std::future::pending().await };
    while signals.recv().await.is_some() {
        println!("The console is at {}", keys.address());
    }
}

/// Returns when the program is told to end, also by its terminal, which closes.
async fn ended() {
    let told = async |kind| match signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = told(SignalKind::terminate()) => {}
        () = told(SignalKind::hangup()) => {}
    }
}
