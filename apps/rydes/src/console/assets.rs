//! The files of the page, which are a part of the program.

use std::borrow::Cow;

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
        Some((kind, file)) => ([(header::CONTENT_TYPE, kind)], slim(path, file.data)).into_response(),
        None => {
            Refusal::new(StatusCode::NOT_FOUND, format!("There is nothing at {path}."), "").into_response()
        }
    }
}

/// A file without what only its readers need: the indentation, and lines of comments, in scripts and style sheets of our own.
fn slim(path: &str, data: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    let is_ours = !path.starts_with("vendor/") && matches!(extension(path), Some("js" | "css"));
    let Ok(text) = str::from_utf8(&data) else { return data };
    if !is_ours {
        return data;
    }
    // A line stays a line, so that a browser's errors name the lines of the source.
    let is_comment = |line: &str| line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
    let lines = text.lines().map(str::trim_start);
    let kept = lines.map(|line| if is_comment(line) { "" } else { line });
    kept.collect::<Vec<_>>().join("\n").into_bytes().into()
}

/// The type of a file that the page uses. Other files, such as licences, have none.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match extension(path) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => return None,
    })
}

fn extension(path: &str) -> Option<&str> {
    path.rsplit('.').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(path: &str, text: &'static str) -> String {
        String::from_utf8(slim(path, text.as_bytes().into()).into_owned()).unwrap()
    }

    #[test]
    fn scripts_of_our_own_are_sent_without_indentation_and_comments() {
        let script = "// Why.\nif (a) {\n  b(\"// c\"); // d\n}\n";
        assert_eq!(sent("app.js", script), "\nif (a) {\nb(\"// c\"); // d\n}");
        assert_eq!(sent("a.css", "/* Why. */\na {\n  b: c; /* d */\n}\n"), "\na {\nb: c; /* d */\n}");
        assert_eq!(sent("vendor/a.js", script), script);
        assert_eq!(sent("icon.svg", "  // a"), "  // a");
    }

    #[test]
    fn no_string_of_our_own_scripts_spans_lines() {
        // Its indentation would get lost.
        let is_ours = |path: &str| !path.starts_with("vendor/") && extension(path) == Some("js");
        for path in Assets::iter().filter(|path| is_ours(path)) {
            let file = Assets::get(&path).unwrap();
            for line in str::from_utf8(&file.data).unwrap().lines() {
                assert_eq!(line.matches('`').count() % 2, 0, "{path}: {line}");
            }
        }
    }
}
