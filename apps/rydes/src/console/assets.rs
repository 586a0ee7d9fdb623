//! The files of the page, which are a part of the program.

use axum::{
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::refusal::Refusal;

#[derive(RustEmbed)]
#[folder = "src/console/assets"]
struct Assets;

/// A file of the page.
pub async fn asset(uri: Uri) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    match content_type(path).zip(Assets::get(path)) {
        Some((kind, file)) => ([(header::CONTENT_TYPE, kind)], file.data).into_response(),
        None => {
            Refusal::new(StatusCode::NOT_FOUND, format!("There is nothing at {path}."), "").into_response()
        }
    }
}

/// The type of a file that the page uses. Other files, such as licences, have none.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => return None,
    })
}
