//! Other pages in the same browser, and other users of the machine, can't use the console.
//!
//! Each request must name this host exactly, which a page whose name was pointed at this machine can't. A token in the address, which
//! is printed once and works once, becomes a cookie that scripts can't read and other sites can't send. Actions need a header that
//! other sites can't set.

use std::{
    process,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::refusal::Refusal;

/// The hash is the one of the script that stands in `index.html`.
const POLICY: &str = "default-src 'self'; script-src 'self' 'sha256-LogqK0lY6oM9cIBRq/ZMEoNYJUDdp7ARuUh7tuivw3M='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const HEADER: &str = "x-rydes-console";

/// The port and the secrets that a browser needs.
#[derive(Debug)]
pub struct Keys {
    port: u16,
    /// The token that works next. None once it was used.
    token: Mutex<Option<String>>,
    cookie: String,
}

impl Keys {
    pub fn new(port: u16) -> Self {
        Self { port, token: Mutex::new(None), cookie: secret() }
    }

    /// A new address, which opens the page once. The one before opens nothing any more.
    pub fn address(&self) -> String {
        let token = secret();
        let address = format!("http://127.0.0.1:{}/?token={token}", self.port);
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        address
    }

    fn cookie_name(&self) -> String {
        format!("rydes_console_{}", self.port)
    }

    fn is_here(&self, host: &str) -> bool {
        [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)]
            .iter()
            .any(|known| known == host)
    }

    fn refuse(&self, request: &Request) -> Option<Refusal> {
        let headers = request.headers();
        let wrong = |message| Some(Refusal::new(StatusCode::FORBIDDEN, message, remedy()));
        let host = text(headers, header::HOST.as_str());
        if !host.is_some_and(|host| self.is_here(host)) {
            return wrong("The request names another host.");
        }
        let origin = text(headers, header::ORIGIN.as_str());
        if origin.is_some_and(|origin| !origin.strip_prefix("http://").is_some_and(|host| self.is_here(host)))
        {
            return wrong("The request comes from another page.");
        }
        if text(headers, "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return wrong("The request comes from another site.");
        }
        match *request.method() {
            Method::GET => None,
            Method::POST if text(headers, HEADER) == Some("1") && is_json(headers) => None,
            Method::POST => wrong("An action must be JSON, with the header X-Rydes-Console."),
            _ => Some(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Only GET and POST are known.", "")),
        }
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let wanted = format!("{}={}", self.cookie_name(), self.cookie);
        let sent = text(headers, header::COOKIE.as_str()).unwrap_or_default();
        sent.split(';').any(|cookie| cookie.trim() == wanted)
    }

    /// The cookie for the first visit with the token.
    fn admit(&self, request: &Request) -> Option<Response> {
        let query = request.uri().query()?;
        let sent = query.strip_prefix("token=")?;
        if request.uri().path() != "/" {
            return None;
        }
        self.token.lock().unwrap_or_else(PoisonError::into_inner).take_if(|token| token == sent)?;
        let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name(), self.cookie);
        Some(
            (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, "/".to_owned())])
                .into_response(),
        )
    }
}

/// Refuses what does not come from the page, and tells the browser what the page may do.
pub async fn check(State(keys): State<Arc<Keys>>, request: Request, next: Next) -> Response {
    let is_visit = is_visit(request.headers());
    let refused = |refusal: Refusal| if is_visit { refusal.page() } else { refusal.into_response() };
    let mut response = if let Some(refusal) = keys.refuse(&request) {
        refused(refusal)
    } else if keys.has_cookie(request.headers()) {
        if request.uri().query().is_some_and(|query| query.starts_with("token=")) {
            (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response()
        } else {
            next.run(request).await
        }
    } else if let Some(admitted) = keys.admit(&request) {
        admitted
    } else {
        let message = "This browser has not opened the console's address.";
        refused(Refusal::new(StatusCode::UNAUTHORIZED, message, remedy()))
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// True if a person's browser opens an address. Older browsers don't say so, but they ask for HTML.
fn is_visit(headers: &HeaderMap) -> bool {
    match text(headers, "sec-fetch-dest") {
        Some(destination) => destination == "document",
        None => text(headers, header::ACCEPT.as_str()).is_some_and(|kinds| kinds.contains("text/html")),
    }
}

fn secret() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The way in. The program prints addresses in its terminal only, which other users of the machine don't see.
fn remedy() -> String {
    let another = format!("kill -USR1 {}", process::id());
    format!(
        "Open the address that rydes console printed. It works once, in one browser. This command makes it print another one: {another}"
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn is_json(headers: &HeaderMap) -> bool {
    text(headers, header::CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn status(method: &str, headers: &[(&str, &str)]) -> Option<StatusCode> {
        Keys::new(7).refuse(&request(method, headers)).map(|refusal| refusal.into_response().status())
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:7");
    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn only_this_host_exactly_is_served() {
        assert_eq!(status("GET", &[HERE]), None);
        assert_eq!(status("GET", &[("host", "localhost:7")]), None);
        for host in ["127.0.0.1", "127.0.0.1:8", "127.0.0.1:7.example.com", "example.com", "localhost:70"] {
            assert_eq!(status("GET", &[("host", host)]), Some(StatusCode::FORBIDDEN), "{host}");
        }
        assert_eq!(status("GET", &[]), Some(StatusCode::FORBIDDEN), "no host at all");
    }

    #[test]
    fn other_pages_and_sites_are_refused() {
        assert_eq!(status("GET", &[HERE, ("origin", "http://127.0.0.1:7")]), None);
        for origin in ["null", "http://example.com", "https://127.0.0.1:7", "http://127.0.0.1:7.example.com"]
        {
            assert_eq!(status("GET", &[HERE, ("origin", origin)]), Some(StatusCode::FORBIDDEN), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                status("GET", &[HERE, ("sec-fetch-site", site)]),
                Some(StatusCode::FORBIDDEN),
                "{site}"
            );
        }
    }

    #[test]
    fn an_action_must_be_json_with_the_header() {
        let header = ("x-rydes-console", "1");
        assert_eq!(status("POST", &[HERE, JSON, header]), None);
        assert_eq!(status("POST", &[HERE, header]), Some(StatusCode::FORBIDDEN));
        assert_eq!(status("POST", &[HERE, JSON]), Some(StatusCode::FORBIDDEN));
        for method in ["PUT", "DELETE", "OPTIONS", "PATCH"] {
            assert_eq!(
                status(method, &[HERE, JSON, header]),
                Some(StatusCode::METHOD_NOT_ALLOWED),
                "{method}"
            );
        }
    }

    #[test]
    fn a_visit_is_told_from_a_request_of_the_page() {
        let is = |headers: &[(&str, &str)]| is_visit(request("GET", headers).headers());
        assert!(is(&[("sec-fetch-dest", "document")]) && is(&[("accept", "text/html,*/*")]));
        assert!(
            !is(&[("sec-fetch-dest", "empty"), ("accept", "text/html")])
                && !is(&[("accept", "*/*")])
                && !is(&[])
        );
    }

    #[test]
    fn the_token_works_once_and_the_cookie_goes_on() {
        let keys = Keys::new(7);
        let open = |token: &str| {
            let request = Request::builder().uri(format!("/?token={token}")).body(Body::empty()).unwrap();
            keys.admit(&request)
        };
        let next = || keys.address().split_once("token=").unwrap().1.to_owned();
        let (old, token) = (next(), next());
        assert!(open("another").is_none());
        assert!(open(&old).is_none(), "another address was printed since");
        let admitted = open(&token).unwrap();
        assert!(open(&token).is_none(), "the second visit");
        assert!(open(&next()).is_some(), "another browser's visit");
        let cookie = admitted.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        let sent = cookie.split(';').next().unwrap();
        let with = |cookie: &str| keys.has_cookie(request("GET", &[("cookie", cookie)]).headers());
        assert!(with(sent) && with(&format!("other=1; {sent}")));
        assert!(!with("rydes_console_7=guess") && !with(""));
    }
}
