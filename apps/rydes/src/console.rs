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
mod pace;
mod patterns;
#[cfg(test)]
mod permissions;
mod quotes;
mod refusal;
mod routes;
mod safety;
mod saga;
mod switched_off;
mod tail;
#[cfg(test)]
mod testing;
mod watch;
mod world;

use std::{net::Ipv4Addr, sync::Arc};

use axum::Router;
use client::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use self::{switched_off::SwitchedOff, world::World};
use crate::global::Global;

/// Serves the page until Ctrl-C, and switches on again all that it has switched off.
pub async fn serve(global: &Global, port: u16, allow_actions: bool) -> Result<(), Error> {
    let deployment = global.deployment().await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|error| Error::Usage(format!("port {port} can't be used: {error}")))?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    let keys = safety::Keys::new(port);
    let address = keys.address();
    let mut switched_off = SwitchedOff::default();
    if allow_actions {
        switched_off = SwitchedOff::open(&deployment.stage);
        let up = switched_off.bring_up(&deployment).await;
        if up > 0 {
            println!("Brought up what an earlier console had taken down. Event sources switched on: {up}.");
        }
    }
    let world = Arc::new(World::read(deployment, allow_actions, switched_off).await?);
    let watching = tokio::spawn(watch::watch(Arc::clone(&world)));
    println!("The console is at {address}\nCtrl-C ends it.");
    let app = Router::new().merge(routes::routes()).fallback(assets::asset);
    let app = app.layer(axum::middleware::from_fn_with_state(Arc::new(keys), safety::check));
    let served = tokio::select! {
        served = axum::serve(listener, app.with_state(Arc::clone(&world))) => served,
        () = ended() => Ok(()),
    };
    watching.abort();
    world.bring_all_up().await;
    served.map_err(|error| Error::Unexpected(error.to_string()))
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
