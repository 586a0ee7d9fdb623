//! RFC 9457 problem documents.

use lambda_http::{
    Response,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
};
use serde_json::{Value, json};

use super::answer;
use crate::{Failure, Fault, Faults};

/// A refused request, with all its faults. Its status says if a retry helps: one with 503, or 404 and a `Retry-After`, may succeed later.
///
/// ```
/// use lambda_messaging::{
///     Failure, Faults,
///     api::{Problem, Response, StatusCode},
/// };
///
/// let mut faults = Faults::none();
/// faults.add("count", "must be at least 1");
/// let problem = Problem::invalid(&faults);
/// assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
/// let answer = Response::from(problem);
/// assert!(answer.body().contains("must be at least 1"));
///
/// assert_eq!(Problem::malformed("a field is given twice", &faults).status(), StatusCode::BAD_REQUEST);
/// assert_eq!(Problem::header("Idempotency-Key", "must be sent once").status(), StatusCode::BAD_REQUEST);
/// assert_eq!(Problem::new(StatusCode::CONFLICT, "the order was shipped").into_faults().len(), 1);
///
/// // A retry helps.
/// let busy = Failure::transient("WarehouseBusy", "try later");
/// assert_eq!(Problem::failure(&busy), Problem::try_later());
/// assert!(Response::from(Problem::not_yet("the order is being stored")).headers().contains_key("retry-after"));
/// // It doesn't.
/// assert_eq!(Problem::not_found("no such order").status(), StatusCode::NOT_FOUND);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    faults: Faults,
    header: Option<Fault>,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// A problem of the request as a whole.
    #[must_use]
    pub fn new(status: StatusCode, detail: &str) -> Self {
        Self {
            status,
            detail: detail.to_owned(),
            faults: Faults::none(),
            header: None,
            retry_after_seconds: None,
        }
    }

    /// 422: the fields that break a rule.
    #[must_use]
    pub fn invalid(faults: &Faults) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "some fields break a rule").with(faults)
    }

    /// 400: the same field more than once.
    #[must_use]
    pub fn malformed(detail: &str, faults: &Faults) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail).with(faults)
    }

    /// 400: a header that can't be used.
    #[must_use]
    pub fn header(name: &str, rule: &str) -> Self {
        let fault = Fault { field: name.to_owned(), rule: rule.to_owned() };
        Self { header: Some(fault), ..Self::new(StatusCode::BAD_REQUEST, "a header can't be used") }
    }

    /// 503. The caller should send the request again with the same `Idempotency-Key`, which finds the effect if there was one.
    #[must_use]
    pub fn try_later() -> Self {
        let detail =
            "a service behind this one is in trouble; send the request again with the same Idempotency-Key";
        Self { retry_after_seconds: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// A failure behind the edge: 503 if a retry may succeed, otherwise 500.
    #[must_use]
    pub fn failure(failure: &Failure) -> Self {
        if failure.is_retryable() {
            Self::try_later()
        } else {
            let detail =
                "this request can't be handled, by no fault of its own; sending it again doesn't help";
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        }
    }

    /// 404: the item does not exist, and a retry will not find it.
    #[must_use]
    pub fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 404: the item does not exist yet, and a retry may find it.
    #[must_use]
    pub fn not_yet(detail: &str) -> Self {
        Self { retry_after_seconds: Some(1), ..Self::not_found(detail) }
    }

    /// The problem's faults, field by field, or its detail as a single fault. They are published as reasons when there is no caller to
    /// answer.
    #[must_use]
    pub fn into_faults(self) -> Vec<Fault> {
        if self.faults.is_empty() {
            vec![Fault { field: String::new(), rule: self.detail }]
        } else {
            self.faults.into_iter().collect()
        }
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    fn with(self, faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..self }
    }

    fn errors(&self) -> Vec<Value> {
        // RFC 6901: ~ and / are escaped in a pointer.
        let pointer = |field: &str| format!("#/{}", field.replace('~', "~0").replace('/', "~1"));
        let header = self.header.iter().map(|f| json!({"header": f.field, "detail": f.rule}));
        let fields = self.faults.iter().map(|f| json!({"pointer": pointer(&f.field), "detail": f.rule}));
        header.chain(fields).collect()
    }
}

impl From<Problem> for Response<String> {
    fn from(problem: Problem) -> Self {
        let errors = problem.errors();
        let Problem { status, detail, retry_after_seconds, .. } = problem;
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": detail,
        });
        if let (Value::Object(fields), false) = (&mut body, errors.is_empty()) {
            fields.insert("errors".to_owned(), Value::Array(errors));
        }
        let mut response = answer(status, "application/problem+json", &body);
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
